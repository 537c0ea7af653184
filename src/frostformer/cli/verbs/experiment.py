"""`frostformer experiment`."""

from __future__ import annotations

from pathlib import Path

from frostformer.cli.options import Paths


def experiment(name: str, *, out: Path | None = None, seeds: int = 3, folders: Paths = ()) -> None:
    """Run an experiment: arms, demo or precision, all arms at one budget; writes OUT/*/result.json and OUT/report.html.

    Architectures whose weights are not in the package have fresh weights and two layers.

    Parameters
    ----------
    name
        Which experiment: `arms` compares every kind of weights, of what trains and of control, on bit-xor and digits;
        `precision` compares the frozen backbone in 32, 16 and 8 bits.
    out
        Folder for the runs and the report, `runs/NAME` if not given; finished runs in it are kept.
    seeds
        Runs per arm and task.
    folders
        Backbones of yours to add, each as it is and with random weights; for `precision` in each precision.
    """
    from frostformer.errors import InputError, unknown_name
    from frostformer.studies.laptop import EXPERIMENTS, REFERENCES

    if name not in EXPERIMENTS:
        raise unknown_name("experiment", name, EXPERIMENTS)
    for folder in folders:  # an experiment is long, and its runs on this folder may be the last
        if not folder.exists():
            raise InputError(f"there is no folder at {folder}: give folders of Hugging Face models")
    configs = EXPERIMENTS[name](seeds, folders)
    from frostformer.cli.sweep import run_all

    run_all(configs, out or Path("runs") / name, f"Experiment: {name}", REFERENCES[name])
