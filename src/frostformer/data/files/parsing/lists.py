"""Lists that stand in one cell: `15.07 14.89`, `[1, 2, 3]`, `[[1, 2], [3, 4]]`, or lists of JSON and Parquet."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from frostformer.data.files.parsing.numbers import MISSING, number

_PARTS = re.compile(r"\s*[,;|]\s*|\s+")
_STARTS = frozenset("[(+-.0123456789nN?at")
_PRINTED = re.compile(r"(?:np\.)?(?:array|tensor)\((?P<list>\[.*\])(?:,\s*(?:dtype|device)=[\w.:']+)*\)", re.DOTALL)
_SCALAR = re.compile(r"np\.(?:float|u?int)\d+\(([^()]*)\)")
_ROWS = re.compile(r"\[(?:[\s,]*\[[^\[\]]*\])+[\s,]*\]")
_ROW = re.compile(r"\[([^\[\]]*)\]")
_LIST = re.compile(r"(?:(?:np\.)?(?:array|tensor)\()?\[[-+0-9.eE,;\s\[\]]*(?:\)|,\s*\w+=.*)?")


def words_in(text: str) -> list[str]:
    """The entries of a list that is written as text, as they are written."""
    inner = text.strip().strip("[]()").strip()
    return _PARTS.split(inner) if inner else []


def list_in(text: str) -> np.ndarray | None:
    """The numbers of a list that is written as text.

    Returns:
        (T,) or (T, C) float64, NaN where one is missing; None where the text is no list of numbers.
    """
    if not text or text[0] not in _STARTS:
        return None
    if text[0] in "at" or text.startswith("np.array("):
        if not (printed := _PRINTED.fullmatch(text)):  # as numpy and torch show an array
            return None
        text = printed["list"]
    if "np." in text:
        text = _SCALAR.sub(r"\1", text)
    if text.startswith("[["):
        table = _of_rows(text)
        return _of_json(text) if table is None else table
    inner = text[1:-1].strip() if (text[0], text[-1]) in {("[", "]"), ("(", ")")} else text
    bare = inner is text
    if not inner:
        return np.zeros(0)
    parts = _PARTS.split(inner)
    if bare and (len(parts) < 2 or parts[0].casefold() in MISSING):
        return None
    if text[0] == "(" and len(parts) == 1:  # a number below 0
        return None
    found = [number(part) if part else None for part in parts]
    return None if None in found else np.array(found, dtype=np.float64)


def _of_rows(text: str) -> np.ndarray | None:
    """`[[1, 2], [3, 4]]` and `[[1. 2.] [3. 4.]]`, which are numbers alone."""
    if not _ROWS.fullmatch(text):
        return None
    rows = [_PARTS.split(row.strip()) for row in _ROW.findall(text)]
    return None if any("" in row for row in rows) else _table(rows)


def _of_json(text: str) -> np.ndarray | None:
    try:
        found = list_of(json.loads(text, parse_int=str, parse_float=str, parse_constant=str))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, np.ndarray) else None


def is_meant_as_a_list(text: str) -> bool:
    """Whether a text that is no list of numbers has nothing but numbers: `[0.1 ... 0.9]`, which numpy has cut short."""
    return bool(_LIST.fullmatch(text.strip()))


def list_of(values: Any) -> np.ndarray | list[str] | None:
    """A list of JSON or Parquet as a cell.

    Args:
        values: a list of numbers, of texts, of lists of equally many numbers, or of objects with equal keys.

    Returns:
        (T,) or (T, C) float64, NaN for null; a list of words; or None where it is none of these.
    """
    if not isinstance(values, (list, tuple)):
        return None
    if values and all(isinstance(one, dict) for one in values):
        keys = list(values[0])
        if any(list(one) != keys for one in values):
            return None
        values = [list(one.values()) for one in values]
    if values and any(isinstance(one, (list, tuple)) for one in values):
        return _table(values)
    if any(isinstance(one, dict) for one in values):
        return None
    found = [_entry(one) for one in values]
    if None not in found:
        return np.array(found, dtype=np.float64)
    return [scalar_text(one) for one in values]


def _table(rows: Sequence[Any]) -> np.ndarray | None:
    width = next(len(one) for one in rows if isinstance(one, (list, tuple)))
    if width == 0 or not all(one is None or (isinstance(one, (list, tuple)) and len(one) == width) for one in rows):
        return None
    flat = [math.nan if row is None else _entry(row[at]) for row in rows for at in range(width)]
    if None in flat:
        return None
    return np.array(flat, dtype=np.float64).reshape(len(rows), width)


def _entry(value: Any) -> float | None:
    if value is None:
        return math.nan
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, (int, float)):
        return _as_float(value)
    return number(value.strip()) if isinstance(value, str) else None


def _as_float(value: int | float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)


def scalar_text(value: Any) -> str:
    """A value of JSON or Parquet as the text of a cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip()
