"""`frostformer demo`."""

from __future__ import annotations

from pathlib import Path


def demo(out: Path = Path("runs/demo"), *, seeds: int = 3) -> None:
    """Compare pretrained with random frozen weights on bit-xor and digits; writes OUT/report.html.

    Parameters
    ----------
    out
        Folder for the runs and the report; finished runs in it are kept.
    seeds
        Runs per arm and task.
    """
    from frostformer.cli.sweep import run_all
    from frostformer.studies.ours import DEMO_REFERENCE
    from frostformer.studies.ours import demo as demo_runs

    title = "Does language pretraining help a frozen transformer? A demonstration"
    run_all(demo_runs(seeds), out, title, DEMO_REFERENCE)
