"""`python -m benchmarks`: speed and memory side by side, on a machine that does nothing else.

python -m benchmarks steps peak --out runs/bench
"""

from __future__ import annotations

import sys
from pathlib import Path

from cyclopts import App

from benchmarks.suite import run_suite
from frostformer.config import Device
from frostformer.errors import InputError

app = App(name="benchmarks", help_format="plaintext")


@app.default
def bench(*names: str, out: Path = Path("runs/bench"), seconds: float = 15, device: Device = "auto") -> None:
    """Measure speed and memory side by side, on a machine that does nothing else; writes OUT/bench.json anew.

    Parameters
    ----------
    names
        Measurements: steps, compiled, trainer, peak, growth, shares, cohort, cached, data, memory, start; all if none
        is given.
    out
        Folder for the JSON file.
    seconds
        Seconds for each comparison; slow steps get more. All measurements together take about 10 minutes.
    device
        Where to train; `auto` takes a GPU where there is one.
    """
    run_suite(names, out, seconds, device)


if __name__ == "__main__":
    try:
        app()
    except InputError as error:
        sys.exit(f"benchmarks: {error}")
