"""Whether the first row of a table names its columns, and names by which columns can be told apart."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence

from frostformer.data.files.parsing.naming import IDS, NAMES, SPLITS, TARGETS, TEXTS, is_named, words
from frostformer.data.files.parsing.numbers import MISSING, PLAIN
from frostformer.data.files.tables.dialect import is_numeric

_ALSO_CLASSES = words("x y protein peptide dna rna series signal animal device unit person user speaker customer")
_HEADINGS = (TARGETS | TEXTS | IDS | NAMES | SPLITS) - _ALSO_CLASSES
"""Words that stand in a header; those that are classes or symbols as well say nothing."""


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first of a table's first rows names the columns.

    It does where it has words above columns of numbers; where it counts 0, 1, 2... above other numbers; where its
    numbers rise, as years do, beside a word above numbers or one that people call columns by; or where there are no
    columns of numbers and a word in it is one that people call columns by.
    """
    if not rows:
        return False
    first, rest = rows[0], rows[1:]
    if not any(map(is_numeric, first)) and any(is_named(cell, _HEADINGS) for cell in first):
        return True
    if _counts(first):
        return bool(rest) and not _counts(rest[0]) and len(first) > 2
    of_numbers, words = _above_numbers(first, rest)
    if of_numbers:
        rising = bool(rest) and _rises(first) and not _rises(rest[0])
        named = any(is_named(cell, _HEADINGS) for cell in first)
        return 2 * len(words) >= len(of_numbers) or (rising and (bool(words) or named))
    return not rest and not any(map(is_numeric, first)) and len(first) > 1


def is_no_row(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first of a table's first rows must name the columns, where another such table has no header.

    It must where it has no number, and words above half of the columns of numbers; or, where there are none of these,
    a word that people call columns by.
    """
    if not rows or any(map(is_numeric, rows[0])):
        return False
    of_numbers, words = _above_numbers(rows[0], rows[1:])
    return 2 * len(words) >= len(of_numbers) if of_numbers else any(is_named(cell, _HEADINGS) for cell in rows[0])


def _above_numbers(first: Sequence[str], rest: Sequence[Sequence[str]]) -> tuple[list[int], list[int]]:
    """Columns of numbers below the first row, and those of them in which it has a word."""
    columns = [[row[at] for row in rest if at < len(row)] for at in range(len(first))]
    of_numbers = [at for at, column in enumerate(columns) if _of_numbers(column)]
    return of_numbers, [at for at in of_numbers if first[at].casefold() not in MISSING and not is_numeric(first[at])]


def _counts(row: Sequence[str]) -> bool:
    """Whether a row is 0, 1, 2... or 1, 2, 3..., perhaps with a word at its end or nothing at its start."""
    numbers = [cell for cell in row if cell and re.fullmatch(r"[0-9]{1,7}", cell)]
    if len(numbers) < max(2, len(row) - 1):
        return len(row) == 2 and not row[0] and len(numbers) == 1
    return [int(cell) for cell in numbers] in (
        list(range(len(numbers))),
        list(range(1, len(numbers) + 1)),
    )


def _rises(row: Sequence[str]) -> bool:
    """Whether the numbers of a row rise, as years and wave lengths do; blank cells and words are passed over."""
    found = [float(cell) for cell in row if PLAIN.fullmatch(cell) and len(cell) < 20]
    return len(found) > 2 and all(one < other for one, other in itertools.pairwise(found))


def _of_numbers(column: Sequence[str]) -> bool:
    filled = [cell for cell in column if cell.casefold() not in MISSING]
    return bool(filled) and sum(map(is_numeric, filled)) >= 0.9 * len(filled)


def column_names(first: Sequence[str], width: int) -> tuple[list[str], list[str]]:
    """Names by which columns can be told apart.

    Args:
        first: the header.
        width: cells of the rows.

    Returns:
        One name for each column, and what was done to them, a sentence each.
    """
    notes = []
    cells = list(first)
    if len(cells) + 1 == width:
        cells = ["", *cells]
        notes.append("the header has one name less than the rows have cells: the first column has no name")
    names: list[str] = []
    counts: Counter[str] = Counter()
    for at, cell in enumerate(cells, start=1):
        name = " ".join(cell.split()) or f"column {at}"
        counts[name] += 1
        unique, number = name, counts[name]
        taken = set(names) if number > 1 else ()
        while number > 1 and (unique := f"{name} ({number})") in taken:
            number += 1
        names.append(unique)
    notes += [
        f"column '{name}' stands {count} times in the header: called '{name}', '{name} (2)' and so on"
        for name, count in counts.items()
        if count > 1
    ]
    return names, notes
