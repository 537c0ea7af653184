"""Sequences as rows of numbers, for models that know no order: all values side by side, or a summary of each channel.

N sequences, T positions, C channels, K tokens, R read positions, F features. Padding is never counted as a value.
"""

from __future__ import annotations

import numpy as np

from frostformer.data.sequences import Sequences
from frostformer.tasks.shape import TaskShape

MOST_COLUMNS = 4096
_MOST_PAIRS = 1024  # of neighbouring tokens
_AROUND = 3  # positions on either side of the one that has an answer


def vectors(split: Sequences, shape: TaskShape) -> np.ndarray:
    """(N, T, C) numbers, or (N, T, K) with a 1 for the token that is there; zero where there is padding."""
    inputs = split.inputs
    if split.transform is not None:
        import torch

        inputs = split.still().transform(torch.from_numpy(inputs)).numpy()  # type: ignore[misc]
    if shape.input_kind == "vectors":
        found = np.zeros((len(split), shape.length, shape.channels), np.float32)
        found[:, : inputs.shape[1]] = inputs
    else:
        found = np.zeros((len(split), shape.length, shape.channels), np.float32)
        np.put_along_axis(found[:, : inputs.shape[1]], inputs[..., None].astype(np.int64), 1.0, 2)
    if split.transform is None:
        found[np.arange(shape.length) >= split.lengths[:, None]] = 0
    return found


def flattened(split: Sequences, shape: TaskShape) -> np.ndarray:
    """(N, F) all values side by side; where they are too many, means over neighbouring positions."""
    if shape.input_kind == "tokens" and shape.length * shape.channels > MOST_COLUMNS:
        return counts(split, shape)
    values = vectors(split, shape)
    joined = -(-shape.length * values.shape[2] // MOST_COLUMNS)
    if joined > 1:
        missing = -shape.length % joined
        values = np.pad(values, [(0, 0), (0, missing), (0, 0)])
        values = values.reshape(len(values), -1, joined, values.shape[2]).mean(2)
    return values.reshape(len(values), -1)


def counts(split: Sequences, shape: TaskShape) -> np.ndarray:
    """(N, K) how often each token is there."""
    real = np.arange(split.inputs.shape[1]) < split.lengths[:, None]
    places = np.arange(len(split))[:, None] * shape.channels + split.inputs
    found = np.bincount(places[real], minlength=len(split) * shape.channels)
    return found.reshape(len(split), shape.channels).astype(np.float32)


def summary(split: Sequences, shape: TaskShape) -> np.ndarray:
    """(N, F) of each channel mean, deviation, extremes, ends and slope, and the length; of tokens what is counted."""
    lengths = split.lengths if split.transform is None else np.full(len(split), shape.length)
    length = lengths[:, None].astype(np.float32)
    if shape.input_kind == "tokens":
        ends = [split.inputs[:, :1], split.inputs[np.arange(len(split)), lengths - 1][:, None]]
        parts = [counts(split, shape), counts(split, shape) / length, *ends, length]
        if shape.channels**2 <= _MOST_PAIRS:
            parts.append(_pairs(split, shape))
        return np.concatenate([part.astype(np.float32) for part in parts], 1)
    values = vectors(split, shape)  # (N, T, C)
    real = (np.arange(shape.length) < lengths[:, None])[..., None]
    mean = values.sum(1) / length
    centred = np.where(real, values - mean[:, None], 0)
    time = np.where(real[..., 0], np.arange(shape.length) - (length - 1) / 2, 0)  # (N, T)
    spread = np.maximum((time**2).sum(1), 1)[:, None]
    parts = [
        mean,
        np.sqrt((centred**2).sum(1) / length),
        np.where(real, values, np.inf).min(1),
        np.where(real, values, -np.inf).max(1),
        values[:, 0],
        values[np.arange(len(values)), lengths - 1],
        (centred * time[..., None]).sum(1) / spread,
        length,
    ]
    return np.concatenate(parts, 1).astype(np.float32)


def _pairs(split: Sequences, shape: TaskShape) -> np.ndarray:
    """(N, K * K) how often each token follows each other one."""
    first, second = split.inputs[:, :-1], split.inputs[:, 1:]
    real = np.arange(1, split.inputs.shape[1]) < split.lengths[:, None]
    size = shape.channels**2
    places = np.arange(len(split))[:, None] * size + first * shape.channels + second
    return np.bincount(places[real], minlength=len(split) * size).reshape(len(split), size)


def length_alone(split: Sequences, shape: TaskShape) -> np.ndarray:
    """(N, 1)."""
    return split.lengths[:, None].astype(np.float32)


def gaps_alone(split: Sequences, shape: TaskShape) -> np.ndarray:
    """(N, F) the channels that only have 0 and 1, as those have that mark missing values: their means and places."""
    values = vectors(split, shape)
    marks = values[..., (np.isin(values, (0, 1))).all((0, 1))]
    return np.concatenate([marks.sum(1), marks.reshape(len(values), -1)[:, :MOST_COLUMNS]], 1)


def around(split: Sequences, shape: TaskShape) -> np.ndarray:
    """(N, R, F) for each read position, from the right, the inputs within three positions, and its own number."""
    values = vectors(split, shape)
    lengths = split.lengths if split.transform is None else np.full(len(split), shape.length)
    padded = np.pad(values, [(0, 0), (_AROUND, _AROUND), (0, 0)])
    windows = np.stack([padded[:, step : step + shape.length] for step in range(2 * _AROUND + 1)], 2)  # (N, T, 7, C)
    rows = lengths[:, None] - shape.read_positions + np.arange(shape.read_positions)  # (N, R)
    clipped = np.clip(rows, 0, shape.length - 1)
    found = windows[np.arange(len(values))[:, None], clipped].reshape(len(values), shape.read_positions, -1)
    return np.concatenate([found, rows[..., None].astype(np.float32)], 2)
