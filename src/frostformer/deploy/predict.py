"""New sequences from a file through a trained adapter; one JSON line per sequence out.

frostformer predict runs/xor bits.jsonl
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from frostformer.data.sequences import Sequences
from frostformer.errors import InputError
from frostformer.runs.adapters import load_adapter
from frostformer.tasks.registry import build_task
from frostformer.tasks.task import TaskShape, check_inputs
from frostformer.training.evaluation import Metrics, evaluate, predict_logits

BATCH_SIZE = 64


def predict_file(adapter_path: Path, path: Path, backbone: str | None = None) -> Iterator[str]:
    """For each sequence a JSON line with `classes` and `probabilities` of the chosen classes.

    Both are lists over read positions of lists over predictions; a task with one prediction gives plain values.
    """
    model, adapter = load_adapter(adapter_path, backbone)
    sequences = read_sequences(path, adapter.shape)
    probabilities = predict_logits(model, sequences, BATCH_SIZE).softmax(-1)  # (N, R, G, K)
    best, classes = probabilities.max(-1)
    single = adapter.shape.read_positions == adapter.shape.predictions == 1
    for row_classes, row_best in zip(classes.tolist(), best.tolist(), strict=True):
        rounded = [[round(value, 6) for value in position] for position in row_best]
        values = (row_classes[0][0], rounded[0][0]) if single else (row_classes, rounded)
        yield json.dumps({"classes": values[0], "probabilities": values[1]}) + "\n"


def read_sequences(path: Path, shape: TaskShape) -> Sequences:
    """Unlabelled sequences of a `.npy` or `.jsonl` file, padded on the right.

    Raises:
        InputError: missing, damaged, of another format, or not what a model of this shape reads.
    """
    if not path.is_file():
        raise InputError(f"no file at {path}: give a .npy or .jsonl file of sequences")
    readers = {".npy": _read_npy, ".jsonl": _read_jsonl}
    if path.suffix not in readers:
        raise InputError(f"{path} is not a .npy or .jsonl file: save the sequences as one of these")
    arrays = readers[path.suffix](path)
    if not arrays:
        raise InputError(f"{path} holds no sequences: give at least one")
    axes = 1 if shape.input_kind == "tokens" else 2
    for number, array in enumerate(arrays, 1):
        if array.ndim == 1 and axes == 2 and shape.channels == 1:
            arrays[number - 1] = array = array[:, None]  # plain numbers are vectors of one channel
        if array.ndim != axes or (axes == 2 and array.shape[1] != shape.channels):
            raise InputError(f"{path}: sequence {number} has shape {array.shape}, wanted {_wanted(shape)}")
        if axes == 1 and not np.equal(array, array.astype(np.int64)).all():
            raise InputError(f"{path}: sequence {number} holds numbers that are not whole; tokens are whole numbers")
    sequences = _pad(arrays, shape)
    check_inputs(sequences.inputs, sequences.lengths, shape, str(path))
    return sequences


def _pad(arrays: list[np.ndarray], shape: TaskShape) -> Sequences:
    lengths = np.array([len(array) for array in arrays])
    dtype = np.int64 if shape.input_kind == "tokens" else np.float32
    inputs = np.zeros((len(arrays), lengths.max(), *arrays[0].shape[1:]), dtype)
    with np.errstate(over="ignore"):  # what is too large for float32 becomes infinite and is refused
        for row, array in zip(inputs, arrays, strict=True):
            row[: len(array)] = array
    targets = np.zeros((len(arrays), shape.read_positions, shape.predictions), np.int64)  # not known, not used
    return Sequences(inputs, lengths, targets)


def _read_npy(path: Path) -> list[np.ndarray]:
    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise InputError(
            f"{path} is not a plain .npy array ({error}): save it with numpy.save, numbers only"
        ) from error
    if not isinstance(array, np.ndarray) or array.ndim == 0 or array.dtype.kind not in "buif":
        raise InputError(f"{path} is not one array of numbers (N, T) or (N, T, C): save it with numpy.save")
    return list(array)


def _read_jsonl(path: Path) -> list[np.ndarray]:
    arrays = []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            array = np.array(json.loads(line))
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path}, line {number}: not one JSON list per line ({error})") from error
        if array.dtype.kind not in "buif" or array.ndim == 0:
            raise InputError(f"{path}, line {number}: wanted a list of numbers or of equally long lists of numbers")
        arrays.append(array)
    return arrays


def _wanted(shape: TaskShape) -> str:
    return "(positions,)" if shape.input_kind == "tokens" else f"(positions, {shape.channels})"


def evaluate_adapter(path: Path, split: str, backbone: str | None = None) -> Metrics:
    """Score the adapter at `path` on `train` (in memory), `validation` or `test` of the task it was trained for."""
    model, adapter = load_adapter(path, backbone)
    task = build_task(adapter.config.task, adapter.config.task_options)
    if task.version != adapter.task_version:
        raise InputError(
            f"{path} was trained on version {adapter.task_version} of '{task.name}', now at {task.version}"
        )
    chosen = getattr(task, split)
    if not isinstance(chosen, Sequences):
        raise InputError(f"the {split} split of '{task.name}' has no end: evaluate on validation or test")
    return evaluate(model, chosen, adapter.config.evaluation_batch_size)
