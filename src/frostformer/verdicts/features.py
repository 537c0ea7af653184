"""Sequences as rows of numbers, for models that know no order: all values side by side, or a summary of each channel.

What stands in a column is the same for all splits of a task, and follows from its training sequences alone. Padding
never counts as a value: where values stand side by side it is 0, and means, extremes and counts leave it out.
Shapes: N sequences, T positions, C channels of an input vector, K tokens, R read positions, F features.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from frostformer.data.sequences import Sequences
from frostformer.tasks.readings import Reading
from frostformer.tasks.recorded import Recorded
from frostformer.tasks.shape import TaskShape
from frostformer.tasks.task import Task
from frostformer.words import counted

MOST_COLUMNS = 4096
_MOST_AROUND = 1024  # columns for one position: there are as many rows as positions
_MOST_PAIRS = 1024  # of neighbouring tokens
_REACH = 3  # positions on either side of the one that is answered
_BLOCK = 50_000  # positions that are looked at together, to save memory


@dataclass(frozen=True)
class Columns:
    """What decides on the columns, the same for all splits of a task."""

    shape: TaskShape

    common: np.ndarray
    """(K,) token numbers, the most common ones in training first; empty for vectors."""

    gaps: tuple[int, ...]
    """Channels that are 1 where a value is missing."""

    @staticmethod
    def of(task: Task, train: Sequences) -> Columns:
        """The columns of a task, of which these are the training sequences."""
        common = np.zeros(0, np.int64)
        if task.shape.input_kind == "tokens":
            plain = _plain(train.still(), task.shape)
            tokens = plain.inputs[_real(plain.lengths, task.shape.length)]
            common = np.argsort(-np.bincount(tokens, minlength=task.shape.channels), kind="stable")
        return Columns(task.shape, common, gap_channels(task.reading))

    def rows(self, features: str, split: Sequences) -> np.ndarray:
        """(N, F) float32 features, by their name in `FEATURES`; (N, R, F) those around each read position."""
        make, still, size = FEATURES[features], split.still(), max(1, _BLOCK // self.shape.length)
        blocks = (still[start : start + size] for start in range(0, len(split), size))
        return np.concatenate([make(_plain(block, self.shape), self).astype(np.float32) for block in blocks])


def gap_channels(reading: Reading) -> tuple[int, ...]:
    """The channels of an input vector that are 1 where a value of the user's file is missing."""
    if not isinstance(reading, Recorded):
        return ()
    values, marks = len(reading.used), len(reading.missing)  # of one step; a position is made of several
    return tuple(step * (values + marks) + values + mark for step in range(reading.patch) for mark in range(marks))


def in_words(features: str, shape: TaskShape) -> str:
    """What features, by their name in `FEATURES`, are called for a task of this shape."""
    if features == "flattened" and shape.input_kind == "tokens":
        return "flattened tokens" if shape.length * shape.channels <= MOST_COLUMNS else "token counts"
    if features == "flattened" and (joined := _joined(shape, shape.channels)) > 1:
        return f"means of {joined} neighbouring positions"
    if features == "around":
        return f"the inputs within {counted(_reach(shape), 'position')}"
    return {
        "flattened": "flattened values",
        "summary": "summary features",
        "length": "the length alone",
        "missing": "what is missing",
        "nothing": "any columns",
    }[features]


def flattened(block: Sequences, columns: Columns) -> np.ndarray:
    """(N, F) all values or tokens side by side; where they are too many, means over neighbours, or counts of tokens."""
    shape = columns.shape
    if shape.input_kind == "vectors":
        return _side_by_side(block.inputs, block.lengths, shape)
    if shape.length * shape.channels <= MOST_COLUMNS:
        return _one_hot(block, columns, MOST_COLUMNS).reshape(len(block), -1)
    return _counts(block, columns, MOST_COLUMNS)


def summary(block: Sequences, columns: Columns) -> np.ndarray:
    """(N, F) of each channel or token what `_of_channels` or `_of_tokens` says, and the length."""
    of_inputs = _of_tokens if columns.shape.input_kind == "tokens" else _of_channels
    return np.concatenate([*of_inputs(block, columns), length_alone(block, columns)], 1)


def length_alone(block: Sequences, columns: Columns) -> np.ndarray:
    """(N, 1)."""
    return block.lengths[:, None].astype(np.float32)


def gaps_alone(block: Sequences, columns: Columns) -> np.ndarray:
    """(N, F) where a value is missing, and the share that is missing in each channel."""
    marks = block.inputs[..., list(columns.gaps)]
    share = marks.sum(1) / block.lengths[:, None]
    return np.concatenate([share, _side_by_side(marks, block.lengths, columns.shape)], 1)


def around(block: Sequences, columns: Columns) -> np.ndarray:
    """(N, R, F) the inputs up to three positions before and after each read position, and its own number.

    The last read position is a sequence's last real one. What lies outside the sequence is 0.
    """
    shape, reach = columns.shape, _reach(columns.shape)
    values = block.inputs
    if shape.input_kind == "tokens":
        values = _one_hot(block, columns, _MOST_AROUND // (2 * reach + 1))
    padded = np.pad(values, [(0, 0), (reach, reach), (0, 0)])
    places = block.lengths[:, None] - shape.read_positions + np.arange(shape.read_positions)  # (N, R)
    near = np.maximum(places, 0)[..., None] + np.arange(2 * reach + 1)  # (N, R, 2 * reach + 1), in `padded`
    found = padded[np.arange(len(block))[:, None, None], near].reshape(*places.shape, -1)
    return np.concatenate([found, places[..., None]], 2)


def nothing(block: Sequences, columns: Columns) -> np.ndarray:
    """(N, 1) zeros, (N, R, 1) where every position is answered: for models that look at no input."""
    return np.zeros((len(block), columns.shape.read_positions, 1) if columns.shape.per_position else (len(block), 1))


FEATURES: dict[str, Callable[[Sequences, Columns], np.ndarray]] = {
    "flattened": flattened,
    "summary": summary,
    "length": length_alone,
    "missing": gaps_alone,
    "around": around,
    "nothing": nothing,
}


def _plain(block: Sequences, shape: TaskShape) -> Sequences:
    """The sequences as a model sees them, (N, T, C) or (N, T) with T as in the shape and 0 where there is padding."""
    inputs = block.inputs
    if block.transform is not None:
        import torch

        from frostformer.training.batch import inputs_on

        inputs = inputs_on(torch.device("cpu"), block)[0].numpy()
    whole = np.zeros((len(inputs), shape.length, *inputs.shape[2:]), np.float32 if inputs.ndim == 3 else np.int64)
    whole[:, : inputs.shape[1]] = inputs
    whole[~_real(block.lengths, shape.length)] = 0
    return replace(block, inputs=whole, transform=None)


def _real(lengths: np.ndarray, positions: int) -> np.ndarray:
    """(N, T) whether a position is no padding."""
    real: np.ndarray = np.arange(positions) < lengths[:, None]
    return real


def _side_by_side(values: np.ndarray, lengths: np.ndarray, shape: TaskShape) -> np.ndarray:
    """(N, T, C) -> (N, F), as means over as many neighbouring positions as it takes to have few enough columns."""
    joined = _joined(shape, values.shape[2])
    if joined > 1:
        counts = _groups(_real(lengths, shape.length)[..., None], joined).sum(2)
        values = _groups(values, joined).sum(2, dtype=np.float64) / np.maximum(counts, 1)
    return values.reshape(len(values), -1)


def _joined(shape: TaskShape, channels: int) -> int:
    """How many neighbouring positions one mean is taken over."""
    return -(-shape.length // max(1, MOST_COLUMNS // channels))


def _groups(values: np.ndarray, size: int) -> np.ndarray:
    """(N, T, C) -> (N, T / size, size, C), the last group filled up with zeros."""
    filled = np.pad(values, [(0, 0), (0, -values.shape[1] % size), (0, 0)])
    return filled.reshape(len(values), -1, size, values.shape[2])


def _reach(shape: TaskShape) -> int:
    """How many positions before and after a position are looked at; fewer of vectors with many channels."""
    return _REACH if shape.input_kind == "tokens" else max(0, min(_REACH, (_MOST_AROUND // shape.channels - 1) // 2))


def _of_channels(block: Sequences, columns: Columns) -> list[np.ndarray]:
    """(N, C) each: mean, deviation, minimum, maximum, first, last, and slope over the positions."""
    values, lengths = block.inputs.astype(np.float64), block.lengths  # squares of large values fit
    real, count = _real(lengths, columns.shape.length)[..., None], lengths[:, None]
    mean = values.sum(1) / count
    centred = np.where(real, values - mean[:, None], 0)
    time = np.where(real[..., 0], np.arange(columns.shape.length) - (count - 1) / 2, 0)  # (N, T), centred, too
    return [
        mean,
        np.sqrt((centred**2).sum(1) / count),
        np.where(real, values, np.inf).min(1),
        np.where(real, values, -np.inf).max(1),
        values[:, 0],
        values[np.arange(len(values)), lengths - 1],
        np.einsum("nt,ntc->nc", time, centred) / np.maximum((time**2).sum(1), 1)[:, None],
    ]


def _of_tokens(block: Sequences, columns: Columns) -> list[np.ndarray]:
    """How often each token is there, its share, the first and the last token, and which token follows which."""
    most = MOST_COLUMNS // 4  # for each of four parts
    counts, ends = _counts(block, columns, most), np.stack([np.zeros_like(block.lengths), block.lengths - 1], 1)
    of_ends = replace(block, inputs=np.take_along_axis(block.inputs, ends, 1), lengths=np.full(len(block), 2))
    parts = [counts, counts / block.lengths[:, None], _one_hot(of_ends, columns, most).reshape(len(block), -1)]
    kinds = columns.shape.channels
    if kinds**2 <= _MOST_PAIRS:
        pairs = block.inputs[:, :-1] * kinds + block.inputs[:, 1:]
        parts.append(_counted(pairs, _real(block.lengths - 1, pairs.shape[1]), kinds**2))
    return parts


def _one_hot(block: Sequences, columns: Columns, most: int) -> np.ndarray:
    """(N, T, K) float32, 1 for the token that is there; of a large vocabulary only the most common tokens."""
    kept = np.sort(columns.common[:most])
    found: np.ndarray = block.inputs[..., None] == kept
    found &= _real(block.lengths, block.inputs.shape[1])[..., None]
    return found.astype(np.float32)


def _counts(block: Sequences, columns: Columns, most: int) -> np.ndarray:
    """(N, K) how often each token is there; of a large vocabulary only the most common tokens."""
    kept = np.sort(columns.common[:most])
    place = np.full(columns.shape.channels, -1)
    place[kept] = np.arange(len(kept))
    places = place[block.inputs]
    return _counted(places, _real(block.lengths, places.shape[1]) & (places >= 0), len(kept))


def _counted(places: np.ndarray, chosen: np.ndarray, size: int) -> np.ndarray:
    """(N, size) how often each number below `size` is among those chosen in a row of `places` (N, T)."""
    each = np.arange(len(places))[:, None] * size + places
    return np.bincount(each[chosen], minlength=len(places) * size).reshape(len(places), size)
