"""Cells of columns as numbers: as they are, as 0 and 1, or as one channel for each word."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from frostformer.data.files.parsing.lists import list_in, words_in
from frostformer.data.files.parsing.numbers import MISSING, numbers
from frostformer.data.files.parsing.spellings import BOOLEANS, composed, nearly
from frostformer.data.files.tables.cells import Cell, text_of
from frostformer.data.files.tables.layout import Coding, Layout

_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")

_SHOWN = 60  # letters of a cell


def channel_names(column: str, coding: Coding) -> list[str]:
    """Names of the channels that a column makes."""
    return [f"{column}={word}" for word in coding.categories] if coding.categories else [column]


def coded(cells: Sequence[Cell], coding: Coding) -> tuple[np.ndarray, list[int], str]:
    """A column as channels.

    Args:
        cells: n cells.
        coding: how they are read.

    Returns:
        (n, C) float64, NaN where a value is missing or cannot be read; the indices of cells that cannot be read; and
        what they should be.
    """
    texts = [text_of(cell) for cell in cells]
    if coding.boolean:
        values, wrong = _mapped(texts, BOOLEANS)
        return values[:, None], wrong, "true or false"
    if coding.categories:
        numbers_of = {word: float(at) for at, word in enumerate(coding.categories)}
        other = {composed(word): at for word, at in numbers_of.items()}
        at, wrong = _mapped(
            [one if one in numbers_of else composed(one) for one in texts], other | numbers_of, fold=False
        )
        made = (at[:, None] == np.arange(len(coding.categories))).astype(np.float64)
        made[np.isnan(at)] = np.nan
        return made, wrong, f"one of {', '.join(coding.categories)}"
    found, wrong = numbers(texts, coding)
    return found[:, None], wrong, "a number"


def _mapped(texts: Sequence[str], known: dict[str, float], *, fold: bool = True) -> tuple[np.ndarray, list[int]]:
    values = np.full(len(texts), np.nan)
    wrong = []
    for at, text in enumerate(texts):
        word = text.casefold() if fold else text
        if word in known:
            values[at] = known[word]
        elif text.casefold() not in MISSING:
            wrong.append(at)
    return values, wrong


def matrix(
    columns: Sequence[Sequence[Cell]], layout: Layout, names: Sequence[str]
) -> tuple[np.ndarray, dict[int, str]]:
    """Several columns as channels, side by side.

    Args:
        columns: for each name its n cells.
        layout: how columns are read.
        names: the columns.

    Returns:
        (n, C) float64; and for rows that cannot be read the reason: `column 'x' has 'abc', which is not a number`.
    """
    parts, bad = [], dict[int, str]()
    for name, cells in zip(names, columns, strict=True):
        values, wrong, what = coded(cells, layout.coding(name))
        parts.append(values)
        for at in wrong:
            text = text_of(cells[at])
            comma = ", since numbers have a decimal point here" if _DECIMAL_COMMA.fullmatch(text) else ""
            near = nearly(text, layout.coding(name).categories)
            alike = f"; {near}" if near and len(text) <= _SHOWN else ""
            bad.setdefault(at, f"column '{name}' has '{text[:_SHOWN]}', which is not {what}{comma}{alike}")
    return np.concatenate(parts, axis=1), bad


def sequence_in(cell: Cell) -> np.ndarray | None:
    """The list of numbers in a cell.

    Returns:
        (T, C) float64; (0, 1) for an empty cell; None where it is no list of numbers.
    """
    if isinstance(cell, list):
        return None if cell else np.zeros((0, 1))
    values = cell
    if isinstance(cell, str):
        if not cell or cell.casefold() in MISSING:
            return np.zeros((0, 1))
        found = list_in(cell)
        if found is None:
            one, wrong = numbers([cell])
            found = None if wrong else one
        if found is None:
            return None
        values = found
    assert isinstance(values, np.ndarray)
    return values[:, None] if values.ndim == 1 else values


def symbols_in(cell: Cell, *, lists: bool = False) -> np.ndarray:
    """The tokens of a cell: (T,) of str, the letters of a text or the entries of a list.

    Args:
        cell: the cell.
        lists: whether a text is a list, as it may stand in a CSV file.
    """
    if lists and isinstance(cell, str):
        cell = words_in(cell)
    if isinstance(cell, np.ndarray):
        flat = [
            str(int(one)) if one == one and abs(one) < 2**53 and one == int(one) else str(one) for one in cell.ravel()
        ]
        return np.array(flat, dtype=np.str_)
    return np.array(list(cell), dtype=np.str_) if len(cell) else np.zeros(0, dtype="U1")
