"""Results made by hand, of every kind of scoring, for the tests of what is made from results."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from frostformer.config import RunConfig
from frostformer.results.result import Result
from frostformer.results.scores import SCORES_NAME

SETTLED = {"weights": "pretrained", "backbone_precision": "fp32"}  # nothing is left at `auto`


def result(accuracy: float = 0.9, milestones: dict[str, int] | None = None, **changes: Any) -> Result:
    """A run as format 1 has it, three evaluations long, with these changes to the default configuration.

    `version` is the task's, `fingerprint` the backbone's, `data_fingerprint` that of the data.
    """
    version, fingerprint = changes.pop("version", 1), changes.pop("fingerprint", "f" * 64)
    data, resolved = changes.pop("data_fingerprint", None), changes.pop("resolved", {})
    config = asdict(RunConfig(**(SETTLED | changes)))
    return Result(
        config=config,
        task={
            "name": config["task"],
            "version": version,
            "splits": {"train": None, "validation": 1234, "test": 567},
            "source": "drawn by hand",
            "trivial": {"majority class": 0.5},
            "marked": None,
            "note": "Some were left out.",
        }
        | ({} if data is None else {"fingerprint": data}),
        backbone={"fingerprint": fingerprint},
        groups=[
            {"group": "input", "trained": True, "tensors": 2, "parameters": 1250, "percent": 12.5},
            {"group": "attention", "trained": False, "tensors": 4, "parameters": 8750, "percent": 87.5},
        ],
        metrics={split: {"loss": 0.1, "accuracy": accuracy} for split in ("validation", "test")},
        chosen_step=1500,
        steps=3000,
        milestones=milestones or {},
        curve=[{"step": 1000 * i, "validation_accuracy": accuracy - 0.1 / i} for i in (1, 2, 3)],
        seconds=75.04,
        adapter_bytes=22032,
        attention=[[[1.0, 0.0], [0.25, 0.75]], [[1.0, 0.0], [0.5, 0.5]]],
        environment={"python": "3.11", "versions": {"torch": "2.0", "numpy": None}, "git": None},
        resolved=resolved,
    )


def classes(confusion: list[list[int]], names: list[str] | None = None, **changes: Any) -> Result:
    """A classification chosen by balanced accuracy, whose metrics are those of this confusion matrix."""
    rows = [sum(row) for row in confusion]
    right = [row[i] for i, row in enumerate(confusion)]
    recall = [hits / whole if whole else None for hits, whole in zip(right, rows, strict=True)]
    known = [share for share in recall if share is not None]
    made = result(sum(right) / sum(rows), **changes)
    _scored(made, "classification", "balanced_accuracy", names)
    balanced = sum(known) / len(known)
    for metrics in made.metrics.values():
        metrics |= {"balanced_accuracy": balanced, "macro_f1": 0.5, "recall": recall, "confusion": confusion}
    made.curve[:] = [{"step": 1000 * i, "validation_balanced_accuracy": balanced - 0.1 / i} for i in (1, 2, 3)]
    return made


def labels(accuracy: float = 0.95, exact: float = 0.6, **changes: Any) -> Result:
    """Several labels at once."""
    made = result(accuracy, **changes)
    _scored(made, "multilabel", "accuracy", ["angry", "loud"])
    for metrics in made.metrics.values():
        metrics |= {"exact": exact, "macro_f1": 0.7}
    return made


def numbers(r2: float | None = 0.5, mae: float | None = 2.0, **changes: Any) -> Result:
    """A regression; None where the run diverged."""
    made = result(**changes)
    _scored(made, "regression", "r2", None)
    made.task["trivial"] = {"mean of the training targets": -0.01}
    for split in made.metrics:
        made.metrics[split] = {"loss": None if r2 is None else 1 - r2, "mae": mae, "rmse": mae, "r2": r2}
    made.curve[:] = [{"step": 1000 * i, "validation_r2": None if r2 is None else r2 - 6 / i**2} for i in (1, 2, 3)]
    return made


def _scored(made: Result, kind: str, chosen_by: str, names: list[str] | None) -> None:
    made.task["scoring"] = {"kind": kind, "per_position": False, "names": names, "chosen_by": chosen_by}


def write_scores(folder: Path, scores: np.ndarray) -> None:
    """Write the score (N,) of each test sequence as a run does."""
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / SCORES_NAME, row=np.arange(len(scores)), score=scores)


def stored(folder: Path, made: Result, scores: np.ndarray) -> Result:
    """A result of the data "d" with these test scores beside it; 4,000 rows of training."""
    write_scores(folder, scores)
    task = made.task | {"fingerprint": made.task.get("fingerprint", "d" * 64)}
    task["splits"] = task["splits"] | {"train": 4000, "test": len(scores)}
    return replace(made, task=task, folder=folder)
