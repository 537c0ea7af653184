"""Reads the attention maps that a run keeps beside its result (Lu et al. 2021, figures 3 and 4). It imports no torch.

Runs have them on tasks that know which input positions each answer is made of: bit XOR and bit memory. How much of the
attention goes there stands in the result itself, see `Result.attention_share`.
L blocks, R read positions, T positions, C channels of an input vector.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import numpy as np

from frostformer.results.arrays import stored_arrays
from frostformer.results.metrics import METRICS
from frostformer.results.result import Result

ATTENTION_NAME = "attention.npz"
_SUM_TOLERANCE = 0.03  # of a row's sum: its numbers have 16 bits, and may have been computed with fewer digits


@dataclass(frozen=True)
class AttentionMaps:
    """What each read position attends to, in every block."""

    maps: np.ndarray
    """(L, R, T) float32, mean over heads; every row sums to 1. The read positions are the last R of the T."""

    combined: np.ndarray
    """(R, T) bool: the positions that each answer is made of."""

    row: int | None
    """The validation sequence that the maps are of; None for the mean of several, which combine the same positions."""

    inputs: np.ndarray | None
    """(T, C) or (T,) inputs of that sequence."""


def read_attention(folder: Path) -> AttentionMaps | None:
    """The maps of the run in a folder; None if it kept none.

    Raises:
        InputError: the file is not what a run writes.
    """
    path = folder / ATTENTION_NAME
    if not path.is_file() or path.stat().st_size == 0:  # an empty file is on its way out, see `runs.folder`
        return None
    with stored_arrays(path, ("maps", "combined", "row", "inputs"), "attention maps") as arrays:
        maps, combined, row, inputs = (arrays[name] for name in ("maps", "combined", "row", "inputs"))
        _check_maps(maps, combined)
        if row.shape != () or row.dtype != np.int64 or row < -1:
            raise ValueError("its row is not the number of a sequence")
        if inputs.dtype.kind not in "biuf" or inputs.shape[:2] != (row >= 0, maps.shape[2]):
            raise ValueError("its inputs are not those of one sequence")
    if row < 0:
        return AttentionMaps(maps.astype(np.float32), combined, None, None)
    return AttentionMaps(maps.astype(np.float32), combined, int(row), inputs[0])


def share_text(results: Sequence[Result]) -> str | None:
    """Attention on the positions that answers are made of, mean over blocks and seeds, beside the uniform share.

    Such as `41.2 ± 3.0 % (3.9 % if uniform)`; None where no run has measured it.
    """
    shares = [one.attention_share for one in results if one.attention_share is not None]
    if not shares:
        return None
    percent = METRICS["accuracy"]
    text, uniform = percent.mean_text([share["mean"] for share in shares]), mean(share["uniform"] for share in shares)
    of = f"; {len(shares)} of {len(results)} runs" if len(shares) < len(results) else ""
    return f"{text} ({percent.text(uniform)} if uniform{of})"


def _check_maps(maps: np.ndarray, combined: np.ndarray) -> None:
    if maps.ndim != 3 or maps.dtype != np.float16 or 0 in maps.shape or maps.shape[1] > maps.shape[2]:
        raise ValueError("its maps are not (blocks, read positions, positions) in 16 bits")
    if combined.shape != maps.shape[1:] or combined.dtype != np.bool_:
        raise ValueError("it does not say for each place of a map whether it is combined")
    sums = maps.astype(np.float32).sum(-1)
    if not (maps >= 0).all() or not (np.abs(sums - 1) <= _SUM_TOLERANCE).all():
        raise ValueError("a row of its maps does not sum to 1")
