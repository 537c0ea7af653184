"""`python -m benchmarks.simulate results/verdicts/simulations`: one file per table; about four minutes on one core."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.simulate import halving, tables, tuning
from frostformer.files import write_whole

TABLES: dict[str, Callable[[int], Iterator[dict[str, Any]]]] = {
    "equal_arms": tables.equal_arms,
    "power": tables.power,
    "readings": tables.readings,
    "rivals": tables.rivals,
    "folds": tables.folds,
    "tuned_once": tuning.tuned_once,
    "choice_of_rate": halving.choice_of_rate,
    "failing_runs": halving.failing_runs,
    "bias": halving.bias,
}
"""Name of the file -> its rows, made with so many repeats in the usual cell."""


def main(words: list[str]) -> None:
    """Make the tables that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repeats", type=int, default=2000, help="simulated data sets in a usual cell")
    parser.add_argument("--tables", nargs="+", choices=list(TABLES), default=list(TABLES))
    asked = parser.parse_args(words)
    for name in asked.tables:
        about, *_ = (TABLES[name].__doc__ or "").splitlines()
        rows = ",\n".join(f"    {json.dumps(row)}" for row in TABLES[name](asked.repeats))
        head = f'{{\n  "about": {json.dumps(about)},\n  "command": "python -m benchmarks.simulate",\n'
        asked.folder.mkdir(parents=True, exist_ok=True)
        write_whole(asked.folder / f"{name}.json", f'{head}  "rows": [\n{rows}\n  ]\n}}\n')


if __name__ == "__main__":
    main(sys.argv[1:])
