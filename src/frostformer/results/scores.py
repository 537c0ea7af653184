"""Reads the score of every test sequence, which a run keeps beside its result. It imports no torch."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from frostformer.errors import InputError

SCORES_NAME = "test_scores.npz"
MOST_BYTES = 2**28  # of one array; 33 million sequences


def read_scores(folder: Path) -> np.ndarray | None:
    """(N,) float64, the score of each test sequence in the split's order; None if the run kept none.

    Raises:
        InputError: the file is not what a run writes: `row`, (N,) whole numbers 0 to N - 1, and `score`, (N,) float64.
    """
    path = folder / SCORES_NAME
    if not path.is_file():
        return None
    try:
        with zipfile.ZipFile(path) as archive:  # sizes first: a small file can unpack to more than memory holds
            _check_sizes(archive)
        with np.load(path, allow_pickle=False) as stored:
            rows, scores = stored["row"], stored["score"]
        if scores.ndim != 1 or scores.dtype != np.float64 or not np.array_equal(rows, np.arange(len(scores))):
            raise ValueError("rows and scores do not fit each other")
    except (OSError, ValueError, KeyError, EOFError, NotImplementedError, RuntimeError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} holds no test scores ({error}): make the run again with --overwrite") from error
    return np.asarray(scores)


def _check_sizes(archive: zipfile.ZipFile) -> None:
    for name in ("row.npy", "score.npy"):
        if archive.getinfo(name).file_size > MOST_BYTES:
            raise ValueError(f"{name} is larger than {MOST_BYTES:,} bytes")
