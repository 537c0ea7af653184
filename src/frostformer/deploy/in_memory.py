"""Arrays and lists in memory become the values that the reader of the run's file would have made of them.

N sequences, T steps, C channels; pictures of H rows and W columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from frostformer.data.files.arrays.answers import text_of
from frostformer.data.files.folders.images import values_of_pixels
from frostformer.data.files.parsing.values import without_end
from frostformer.data.files.schema import Schema
from frostformer.data.masked import unmasked
from frostformer.errors import InputError
from frostformer.tasks.shape import sequence_name


def as_in_file(values: Iterable[Any], schema: Schema) -> Iterator[Any]:
    """The sequences, one after the other: with the axes of the file, tokens as texts, pictures as patches.

    Args:
        values: an array (N, ...) or a list of N arrays.
        schema: how the run's file was read.

    Raises:
        InputError: an array does not have the axes of the file.
    """
    if hasattr(values, "detach"):  # a tensor of torch
        values = values.detach().cpu().numpy()
    axes = (schema.settings.get("axes") or "case").split(",")
    if isinstance(values, np.ndarray) and values.ndim == len(axes):
        values = np.moveaxis(values, axes.index("case"), 0)
    own = [axis for axis in axes if axis != "case"]
    for number, each in enumerate(values):
        one = unmasked(each, f"the sequences: {sequence_name(number)}")
        if schema.kind == "tokens":
            yield _texts(one)
        elif schema.format == "images" and getattr(one, "dtype", None) in (np.uint8, np.uint16):
            yield values_of_pixels(np.asarray(one), schema)
        elif own == ["channel", "time"]:
            yield _ended(_turned(one, schema, sequence_name(number)), schema)
        else:
            yield _ended(one, schema)


def _numbers(values: Any) -> np.ndarray | None:
    """An array or a list of numbers as an array."""
    try:
        array = np.asarray(values)
    except (TypeError, ValueError):  # lists of different lengths
        return None
    return array if array.dtype.kind in "iuf" else None


def _texts(values: Any) -> Any:
    """Numbers that stand for symbols as texts, as a file of them is read."""
    array = _numbers(values)
    return values if array is None or array.ndim != 1 else [text_of(one) or "" for one in array.tolist()]


def _turned(values: Any, schema: Schema, name: str) -> np.ndarray:
    """(C, T) as (T, C)."""
    array, channels = np.asarray(values), len(schema.channels)
    if array.ndim != 2 or len(array) != channels:
        raise InputError(
            f"the sequences: {name} has shape {array.shape}, wanted ({channels}, steps), since the run read its file "
            f"as {schema.settings['axes']}: turn its axes"
        )
    return array.T


def _ended(values: Any, schema: Schema) -> Any:
    """Without the NaN that fill it up to the longest, where the file had such."""
    array = _numbers(values) if schema.settings.get("nan_is_end") else None
    if array is None or array.ndim not in (1, 2):
        return values
    return without_end(array[:, None] if array.ndim == 1 else array)
