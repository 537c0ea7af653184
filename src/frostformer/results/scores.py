"""Reads the score of every test sequence, which a run keeps beside its result. It imports no torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from frostformer.results.arrays import stored_arrays

SCORES_NAME = "test_scores.npz"


def read_scores(folder: Path) -> np.ndarray | None:
    """(N,) float64, the score of each test sequence in the split's order; None if the run kept none.

    Raises:
        InputError: the file is not what a run writes: `row`, (N,) whole numbers 0 to N - 1, and `score`, (N,) float64.
    """
    path = folder / SCORES_NAME
    if not path.is_file():
        return None
    with stored_arrays(path, ("row", "score"), "test scores") as arrays:
        rows, scores = arrays["row"], arrays["score"]
        if scores.ndim != 1 or scores.dtype != np.float64 or not np.array_equal(rows, np.arange(len(scores))):
            raise ValueError("rows and scores do not fit each other")
    return scores
