"""Neighbouring sequences that repeat each other's values: windows of one recording. L steps of a window."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from frostformer.data.files.traps.evidence import Evidence
from frostformer.data.files.traps.finding import Finding
from frostformer.words import counted

_LEAST_SHARE = 0.3  # of the neighbouring pairs
_LEAST_STEPS = 3  # that are repeated; fewer may be chance
_PAIRS = 500  # that are looked at to find the hop
_TRIES = 8  # places at which the next window may start


@dataclass(frozen=True)
class Overlap:
    """Windows of recordings, in the order of the file."""

    hop: int
    """Steps from the start of a window to the start of the next."""

    length: int
    recordings: np.ndarray
    """(N,) number of the recording of each window."""

    pairs: int
    """Neighbours that overlap."""

    @property
    def gap(self) -> int:
        """Windows to leave out between two parts, so that a whole one lies between them."""
        return -(-self.length // self.hop)

    def finding(self, count: int) -> Finding:
        """What is to be said of it."""
        number = int(self.recordings.max()) + 1
        return Finding(
            "overlap",
            f"{self.pairs:,} of {counted(count - 1, 'sequence')} repeat {self.length - self.hop:,} of the "
            f"{self.length:,} values of the one before: windows of {counted(number, 'recording')}, divided so that "
            "none overlaps with another part",
        )


def find_overlap(evidence: Evidence) -> Overlap | None:
    """The overlap of neighbours, if at least three in ten overlap by half or more."""
    arrays = evidence.arrays
    if len(arrays) < 4:
        return None
    length = Counter(map(len, arrays)).most_common(1)[0][0]
    pairs = [row for row in range(len(arrays) - 1) if len(arrays[row]) == len(arrays[row + 1]) == length]
    if not pairs or length < 2 * _LEAST_STEPS - 1:
        return None
    sample = [pairs[place] for place in np.linspace(0, len(pairs) - 1, min(_PAIRS, len(pairs))).astype(int)]
    hops = Counter(hop for row in sample if (hop := _hop(arrays[row], arrays[row + 1])))
    if not hops or hops.most_common(1)[0][1] < _LEAST_SHARE * len(sample):
        return None
    hop = hops.most_common(1)[0][0]
    linked = np.zeros(len(arrays), bool)
    linked[[row + 1 for row in pairs if _overlaps(arrays[row], arrays[row + 1], hop)]] = True
    if linked.sum() < _LEAST_SHARE * (len(arrays) - 1):
        return None
    return Overlap(hop, length, np.cumsum(~linked) - 1, int(linked.sum()))


def _hop(first: np.ndarray, second: np.ndarray) -> int:
    """The smallest hop by which `second` is a later window of the recording of `first`; 0 if there is none."""
    most = min(len(first) // 2 + len(first) % 2, len(first) - _LEAST_STEPS)
    same = first[1 : most + 1] == second[0]
    starts = (same if same.ndim == 1 else same.all(1)).nonzero()[0] + 1
    return next((int(hop) for hop in starts[:_TRIES] if _overlaps(first, second, int(hop))), 0)


def _overlaps(first: np.ndarray, second: np.ndarray, hop: int) -> bool:
    """Whether the values agree; values that are all equal may agree by chance."""
    tail, head = first[hop:], second[: len(second) - hop]
    return bool(np.array_equal(tail, head, equal_nan=tail.dtype.kind == "f") and (tail != tail[0]).any())
