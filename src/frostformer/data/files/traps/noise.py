"""Labels that differ from those of the nearest neighbours, where these agree: noise, or a hard task.

N sequences that are looked at, F features of each, K classes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from frostformer.data.files.traps.evidence import Evidence
from frostformer.data.files.traps.finding import Finding
from frostformer.data.files.traps.tables import majority
from frostformer.words import percent

_NEIGHBOURS = 5
_AGREE = 4  # of them, so that a label can be called odd
_MOST_ROWS, _MOST_FEATURES = 1000, 512  # of a file, so that it takes no time
_LEAST_ROWS, _LEAST_ODD = 30, 5
_TIGHT = 0.5  # share of the sequences whose neighbours agree; with fewer, classes lie within one another
_TELLING = 2 / 3  # of the mistakes of always naming the commonest class; with more, neighbours say little
_ODD = 0.07  # share of odd labels that is worth a sentence: clean public sets have up to 0.05


def look_at_noise(evidence: Evidence) -> Iterator[Finding]:
    """Compare each label with those of the nearest sequences; nothing is said where neighbours say little."""
    labels = evidence.labels
    if labels is None or len(labels) < _LEAST_ROWS or len(np.unique(labels)) < 2:
        return
    rows = np.linspace(0, len(labels) - 1, min(_MOST_ROWS, len(labels))).astype(int)
    labels = np.unique(labels[rows], return_inverse=True)[1]
    near = labels[_nearest(_scaled(_features([evidence.arrays[row] for row in rows.tolist()])))]
    votes = np.apply_along_axis(np.bincount, 1, near, minlength=int(labels.max()) + 1)  # (N, K)
    odd, agree = votes.argmax(1) != labels, votes.max(1) >= _AGREE
    found, of = int((odd & agree).sum()), int(agree.sum())
    telling = odd.mean() <= _TELLING * (1 - majority(labels))
    if telling and of >= max(_LEAST_ROWS, _TIGHT * len(labels)) and found >= max(_LEAST_ODD, _ODD * of):
        yield Finding(
            "noise",
            f"of the {of:,} sequences whose {_NEIGHBOURS} nearest neighbours agree, {found:,} ({percent(found / of)}) "
            "have another label than these: noise in the labels, or a hard task",
            weight="note",
        )


def _features(arrays: list[np.ndarray]) -> np.ndarray:
    """(N, F): the values themselves where all sequences are of one shape, else what sums them up."""
    if arrays[0].dtype.kind == "i":
        return _shares(arrays)
    if len({one.shape for one in arrays}) > 1:
        return np.stack([_summary(one.astype(np.float64)) for one in arrays])
    flat = np.stack([one.ravel() for one in arrays]).astype(np.float64)
    return flat[:, np.linspace(0, flat.shape[1] - 1, min(_MOST_FEATURES, flat.shape[1])).astype(int)]


def _shares(arrays: list[np.ndarray]) -> np.ndarray:
    """How much of each sequence every common token is, and its length."""
    counts = [Counter(one.tolist()) for one in arrays]
    common = [token for token, _ in sum(counts, Counter[int]()).most_common(_MOST_FEATURES)]
    return np.array([[*(count[token] / max(1, count.total()) for token in common), count.total()] for count in counts])


def _summary(values: np.ndarray) -> np.ndarray:
    """Of each channel of (T, C) numbers the mean, the spread, the least, the largest and the mean step; the length."""
    known = np.where(np.isfinite(values), values, np.nan)
    if len(known) == 0 or np.isnan(known).all():
        return np.zeros(5 * values.shape[1] + 1)
    known = np.where(np.isnan(known), np.nanmean(known), known)
    steps = np.abs(np.diff(known, axis=0)).sum(0) / max(1, len(known) - 1)
    return np.concatenate([known.mean(0), known.std(0), known.min(0), known.max(0), steps, [len(known)]])


def _scaled(features: np.ndarray) -> np.ndarray:
    """(N, F) with mean 0 and spread 1, and 0 where a value is missing."""
    known = np.where(np.isfinite(features), features, np.nan)
    counts = np.maximum(1, (~np.isnan(known)).sum(0))
    apart = known - np.nansum(known, 0) / counts
    spread = np.sqrt(np.nansum(apart**2, 0) / counts)
    scaled: np.ndarray = np.nan_to_num(apart / np.where(spread > 0, spread, 1))
    return scaled


def _nearest(features: np.ndarray) -> np.ndarray:
    """(N, 5) rows of the nearest other sequences."""
    squares = (features**2).sum(1)
    distances = squares[:, None] + squares - 2 * features @ features.T
    np.fill_diagonal(distances, np.inf)
    nearest: np.ndarray = np.argpartition(distances, _NEIGHBOURS, axis=1)[:, :_NEIGHBOURS]
    return nearest
