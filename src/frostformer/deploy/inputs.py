"""Makes inputs of new sequences without targets, from files, arrays or cases, in the same way as the adapter's task."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from frostformer.data.files.case import Case
from frostformer.data.masked import unmasked
from frostformer.data.sequences import Sequences
from frostformer.errors import CannotRead, InputError
from frostformer.files import is_file, read_at_most
from frostformer.schema import parse_json
from frostformer.tasks.arrays import padded
from frostformer.tasks.readings import Reading
from frostformer.tasks.recorded import Recorded
from frostformer.tasks.shape import TaskShape, check_inputs, sequence_name, too_long
from frostformer.words import counted


def read_sequences(source: Path | Iterable[Any], reading: Reading, shape: TaskShape) -> Sequences:
    """Unlabelled sequences of a `.npy` or `.jsonl` file, or of an array or a list, padded on the right.

    Raises:
        InputError: the file is missing, damaged or of another format, or a model of this shape cannot read it.
    """
    where = str(source) if isinstance(source, Path) else "the sequences"
    values = _from_file(source) if isinstance(source, Path) else source
    if not isinstance(values, Iterable):
        raise InputError(f"{where}: wanted an array or a list, not {type(values).__name__}")
    rows = [_one(one, reading, shape, f"{where}: {sequence_name(index)}") for index, one in enumerate(values)]
    if not rows:
        raise InputError(f"{where}: there are no sequences; give at least one")
    sequences = unlabelled(rows, shape)
    check_inputs(sequences.inputs, sequences.lengths, shape, where)
    return sequences


def unlabelled(rows: Sequence[np.ndarray], shape: TaskShape) -> Sequences:
    """Padded sequences of these inputs (T,) or (T, C), with targets that are not known and not used."""
    return padded(list(rows), np.zeros((len(rows), shape.read_positions, shape.predictions), np.int64))


def _one(values: Any, reading: Reading, shape: TaskShape, where: str) -> np.ndarray:
    """(T,) int64 tokens or (T, C) float32 vectors."""
    values = unmasked(values, where)
    try:
        array = reading.sequence(values)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    if array.ndim and len(array) > shape.length:  # before padding: one long sequence would widen all others
        raise InputError(too_long(where, len(array), shape.length))
    if shape.input_kind == "tokens":
        wanted, fits = "(positions,)", array.ndim == 1
    else:
        if array.ndim == 1 and shape.channels == 1:
            array = array[:, None]  # plain numbers are vectors of one channel
        wanted, fits = f"(positions, {shape.channels})", array.ndim == 2 and array.shape[1] == shape.channels
    if not fits:
        raise InputError(f"{where} has shape {array.shape}, wanted {wanted}")
    with np.errstate(over="ignore", invalid="ignore"):  # what the type cannot hold is refused here or later
        fitted = array.astype(np.int64 if shape.input_kind == "tokens" else np.float32)
    if shape.input_kind == "tokens" and not np.equal(array, fitted).all():
        raise InputError(f"{where} holds numbers that are not whole or too large; tokens are whole numbers")
    return fitted


def _from_file(path: Path) -> Iterator[Any]:
    if not is_file(path):
        raise InputError(f"no file at {path}: give a .npy or .jsonl file of sequences")
    readers = {".npy": _read_npy, ".jsonl": _read_jsonl}
    if path.suffix not in readers:
        raise InputError(f"{path} is not a .npy or .jsonl file: save the sequences as one of these")
    return readers[path.suffix](path)


def _read_npy(path: Path) -> Iterator[Any]:
    """The array is mapped before it is copied: a header that claims more than the file has takes no memory."""
    try:
        array = np.array(np.lib.format.open_memmap(path, mode="r"))  # it refuses objects, which are pickles
    except Exception as error:
        reason = str(error).partition("\n")[0]
        raise InputError(
            f"{path} is not a plain .npy array ({reason}): save it with numpy.save, numbers only"
        ) from error
    if array.ndim == 0 or array.size == 0 or array.dtype.kind not in "buif":
        raise InputError(f"{path} is not one array of numbers (N, T) or (N, T, C): save it with numpy.save")
    return iter(array)


def _read_jsonl(path: Path) -> Iterator[Any]:
    """One value for each line that is not blank."""
    for number, line in enumerate(read_at_most(path).removeprefix(codecs.BOM_UTF8).splitlines(), 1):
        if line.strip():
            try:
                yield parse_json(line)
            except ValueError as error:
                raise InputError(f"{path}, line {number}: not one JSON list per line ({error})") from error


def inputs_of(case: Case, reading: Reading, shape: TaskShape) -> np.ndarray:
    """(T,) int64 tokens or (T, C) float32 vectors, as the model reads them.

    Raises:
        CannotRead: the sequence is empty, too long, has other channels, or numbers that are too large.
    """
    steps = len(case.values)
    if not steps:
        raise CannotRead(f"{case.place} is empty")
    if isinstance(reading, Recorded) and case.values.shape[1:] != (reading.file_channels,):
        had = counted(case.values.shape[1], "channel") if case.values.ndim == 2 else "no channels"
        raise CannotRead(f"{case.place} has {had}, and the run was trained on {reading.file_channels:,}")
    try:
        inputs = reading.sequence(case.values)
    except InputError as error:
        raise CannotRead(f"{case.place}: {error}") from None
    if len(inputs) > shape.length:
        most = shape.length * getattr(reading, "patch", 1)
        raise CannotRead(too_long(case.place, steps, most, "steps"))
    if not np.isfinite(inputs).all():
        raise CannotRead(f"{case.place} has numbers that are too large")
    return inputs
