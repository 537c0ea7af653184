"""Whether the first row of a table names its columns, and which words name what."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence

from frostformer.data.files.dialect import is_numeric
from frostformer.data.files.numbers import MISSING, PLAIN


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


TARGETS = _words(
    "label labels class classes target targets y outcome answer category klasse ziel diagnosis species sentiment "
    "anomaly is_anomaly is_anomalous response output y_true ground_truth activity_label klass etikett"
)
TEXTS = _words(
    "text sequence seq smiles sms message review sentence sentences content body peptide protein dna rna "
    "canonical_smiles aa_seq string document tweet comment description primary series signal values events tokens "
    "x"
)
EVENTS = _words("activity event concept:name action token word state symbol event_type event_name code")
SYMBOLS = _words("tokens token_ids input_ids")
"""Columns whose numbers are names of symbols."""

IDS = _words(
    "id ids uuid guid subject subjects patient participant user person case sample recording record session "
    "device series_id series unit animal speaker customer pid sid subj uid trial episode trajectory track "
    "sequence_id"
)
NAMES = _words("name names file filename path accession")
TIMES = _words(
    "t time times timestamp timestamps datetime date day hour hours minute second seconds step steps tick frame "
    "ts zeit datum uhrzeit cycle epoch sec ms time_step timestep position pos"
)
COUNTERS = _words("index row rowid row_id nr no num number unnamed: idx # lfd")
SPLITS = _words("split set partition subset fold_name dataset part")
_ALSO_CLASSES = _words("x y protein peptide dna rna series signal animal device unit person user speaker customer")
_HEADINGS = (TARGETS | TEXTS | IDS | SPLITS) - _ALSO_CLASSES
"""Words that stand in a header; those that are classes or symbols as well say nothing."""


def words_of(name: str) -> list[str]:
    """The words of a column's name in lower case: `Patient_ID` as `patient`, `id`."""
    return re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).casefold())


def is_named(name: str, known: frozenset[str]) -> bool:
    """Whether a column has one of these names, in any case."""
    return re.sub(r"[\s_]+", "_", name.strip().casefold()) in known


def is_id(name: str) -> bool:
    """Whether a column is named like an id: `patient`, `series_id`, `case:concept:name`."""
    if is_named(name, TARGETS) or is_named(name, EVENTS):
        return False
    words = words_of(name)
    return any(word in IDS for word in words) and not any(word in TIMES for word in words)


def is_time(name: str) -> bool:
    """Whether a column is named like a time: `t`, `time:timestamp`, `Time [s]`."""
    words = words_of(name)
    return bool(words) and (is_named(name, TIMES) or any(word in TIMES and len(word) > 2 for word in words))


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
    columns = [[row[at] for row in rest if at < len(row)] for at in range(len(first))]
    of_numbers = [at for at, column in enumerate(columns) if _of_numbers(column)]
    words = [at for at in of_numbers if first[at].casefold() not in MISSING and not is_numeric(first[at])]
    if of_numbers:
        rising = bool(rest) and _rises(first) and not _rises(rest[0])
        named = any(is_named(cell, _HEADINGS) for cell in first)
        return 2 * len(words) >= len(of_numbers) or (rising and (bool(words) or named))
    return not rest and not any(map(is_numeric, first)) and len(first) > 1


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
