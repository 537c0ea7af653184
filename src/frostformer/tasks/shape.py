"""All that a model needs to know of a task, and whether inputs fit it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from frostformer.errors import InputError, check_range

MOST = 2**31  # of everything that a shape counts

InputKind = Literal["tokens", "vectors"]


@dataclass(frozen=True)
class TaskShape:
    """All that a model needs to know of a task."""

    input_kind: InputKind
    """`tokens` go through an embedding, `vectors` through a linear layer."""

    channels: int
    """Size of the vocabulary (tokens) or of each input vector (vectors)."""

    length: int
    """Largest number of positions of a sequence, T."""

    classes: int
    """Classes of each prediction, K; 1 where a prediction is a number, or a label that is there or not."""

    read_positions: int = 1
    """How many of the last positions are read, R."""

    predictions: int = 1
    """Predictions per read position, G."""

    per_position: bool = False
    """Whether every real position is read; R is then T, and positions that a shorter sequence lacks are not scored."""

    def __post_init__(self) -> None:
        """Refuse what no task can have."""
        for name in ("channels", "length", "classes", "read_positions", "predictions"):
            check_range(name, getattr(self, name), 1, MOST)
        if self.read_positions > self.length:
            raise InputError(f"read_positions is {self.read_positions}, more than the length {self.length}")


def sequence_name(index: int) -> str:
    """What users call the sequence with this index: lines of a file are counted from 1, and so are sequences."""
    return f"sequence {index + 1:,} (counted from 1)"


def too_long(which: str, count: int, most: int, what: str = "positions") -> str:
    """The sentence on a sequence that has more positions, or more of something else, than a model reads."""
    return (
        f"{which} has {count:,} {what}, and the model reads {most:,} at most: cut it, or train on sequences as long as "
        "this one"
    )


def check_inputs(inputs: np.ndarray, lengths: np.ndarray, shape: TaskShape, where: str) -> None:
    """Refuse inputs that a model of this shape cannot read.

    Raises:
        InputError: wrong number of axes or channels, too long, too short to read out, token out of range, not finite.
    """
    wanted = "(sequences, positions)" if shape.input_kind == "tokens" else f"(sequences, positions, {shape.channels})"
    axes = 2 if shape.input_kind == "tokens" else 3
    if inputs.ndim != axes or (axes == 3 and inputs.shape[2] != shape.channels):
        raise InputError(f"{where}: inputs have shape {inputs.shape}, wanted {wanted}")
    if len(inputs) == 0:
        raise InputError(f"{where}: no sequences; give at least one")
    if inputs.shape[1] > shape.length:
        raise InputError(too_long(f"{where}: a sequence", inputs.shape[1], shape.length))
    if lengths.max() > inputs.shape[1]:
        raise InputError(f"{where}: a length is {lengths.max()}, but the inputs have only {inputs.shape[1]} positions")
    least = 1 if shape.per_position else shape.read_positions
    if lengths.min() < least:
        short = f"{where}: {sequence_name(int(lengths.argmin()))}"
        raise InputError(f"{short} has {lengths.min()} positions, but needs at least {least}")
    if shape.input_kind == "tokens" and not (inputs.min() >= 0 and inputs.max() < shape.channels):
        raise InputError(
            f"{where}: token ids run from {inputs.min()} to {inputs.max()}, wanted 0 to {shape.channels - 1}"
        )
    if shape.input_kind == "vectors" and not (finite := np.isfinite(inputs).all(axis=(1, 2))).all():
        bad = f"{where}: {sequence_name(int(finite.argmin()))}"
        raise InputError(f"{bad} holds numbers that are not finite or too large; replace or drop them")
