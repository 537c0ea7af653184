"""From the answers as a file has them, all text, to classes, several labels, or numbers. It imports no torch.

What they are is decided once, on the whole column. N sequences, T positions, G targets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from frostformer.data.files.case import Case, Text
from frostformer.data.files.parsing.numbers import plain_number
from frostformer.data.files.parsing.spellings import class_names, is_missing, spelt_twice, yes_or_no
from frostformer.errors import InputError
from frostformer.words import counted, few_of, quoted

Scoring = Literal["classification", "multilabel", "regression"]

MOST_CLASSES_OF_NUMBERS = 20  # more different whole numbers are numbers
_ENOUGH = 3  # sequences of each whole number, so that it may be a class
_FEW_CLASSES = 10  # so many classes may have rare ones among them
_ORDERED = 5  # so many whole numbers may well be an order and no classes
_MOST_SHOWN = 40  # characters of a text in a sentence


@dataclass(frozen=True)
class Targets:
    """The answers of all sequences."""

    scoring: Scoring

    names: tuple[str, ...]
    """Classes in order; else the names of the G targets."""

    values: tuple[np.ndarray, ...]
    """For each sequence (G,) float64, or (T, G) where every position has an answer: the number of the class, 1 or 0 for
    a label, or the number itself; NaN where it is not known."""

    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def known(self) -> np.ndarray:
        """(N,) whether anything of the answer is known."""
        return np.array([bool((~np.isnan(one)).any()) for one in self.values], bool)

    def labels(self) -> np.ndarray | None:
        """(N,) the class of each sequence; None where it has none of its own, or it is not known."""
        if self.scoring != "classification" or any(one.shape != (1,) for one in self.values):
            return None
        classes = np.array([one[0] for one in self.values])
        return None if np.isnan(classes).any() else classes.astype(np.int64)

    def counts(self) -> dict[str, int]:
        """Class -> sequences that have it, or positions where every one has its own."""
        found = np.concatenate([one.ravel() for one in self.values]) if self.values else np.zeros(0)
        counts = np.bincount(found[~np.isnan(found)].astype(np.int64), minlength=len(self.names))
        return dict(zip(self.names, counts.tolist(), strict=True))

    def of(self, rows: np.ndarray) -> Targets:
        """Those of some sequences, (M,) numbers of rows."""
        return replace(self, values=tuple(self.values[row] for row in rows))


def read_targets(
    cases: Sequence[Case], names: tuple[str, ...], scoring: str | None = None, per_position: bool = False
) -> Targets:
    """The answers of all sequences.

    Args:
        cases: all sequences, also those whose answer is missing.
        names: of the G targets.
        scoring: what the answers are, where the user says it.
        per_position: whether every position has an answer; there is one target then.

    Raises:
        InputError: there are no answers, or they are not what they are said to be.
    """
    if not names or not any(case.target for case in cases):
        raise InputError("there is nothing to predict: name the column of the answers with --target")
    rows = [_filled(case, len(names), per_position) for case in cases]
    columns = [[text for row in rows for text in row[place]] for place in range(len(rows[0]))]
    known = [[text for text in column if not is_missing(text, column)] for column in map(_distinct, columns)]
    for name, column in zip(names, known, strict=True):
        if not column:
            raise InputError(f"no sequence has an answer in '{name}': name another column with --target")
    kind, notes, warnings = _decided(scoring, names, columns, known)
    if kind == "classification":
        found, more = _classes(names[0], columns[0], known[0])
        table = {text: float(place) for text, place in found.items()}
        labels = tuple(dict.fromkeys(_class_names(found)))
        return Targets(kind, labels, _encoded(rows, [table], per_position), notes, warnings + more)
    convert = yes_or_no if kind == "multilabel" else plain_number
    tables = [{text: convert(text) for text in column} for column in known]
    _refuse_other_texts(kind, cases, rows, names, tables)
    return Targets(kind, names, _encoded(rows, tables, per_position), notes, warnings)


def _filled(case: Case, count: int, per_position: bool) -> list[tuple[Text, ...]]:
    """For each of the G targets its texts, one or one for each position; None where a file has no answer."""
    wanted = len(case.values) if per_position else count
    if len(case.target) not in (0, wanted):
        raise InputError(f"{case.place} has {counted(len(case.target), 'answer')}, and {wanted:,} are wanted: mend it")
    texts = case.target or (None,) * wanted
    return [texts] if per_position else [(text,) for text in texts]


def _distinct(column: list[Text]) -> list[str]:
    """The different texts of a column, in order."""
    return list(dict.fromkeys(text for text in column if text is not None))


def _decided(
    scoring: str | None, names: tuple[str, ...], columns: list[list[Text]], known: list[list[str]]
) -> tuple[Scoring, tuple[str, ...], tuple[str, ...]]:
    """What the answers are, with notes and warnings."""
    if len(names) == 1:
        return _one_decided(scoring, names[0], columns[0], known[0])
    if scoring == "classification":
        raise InputError(f"classes of several columns ({few_of(names)}) are not one answer: give one --target")
    labels = all(yes_or_no(text) is not None for column in known for text in column)
    if scoring == "multilabel" or (scoring is None and labels):
        return "multilabel", (f"{len(names)} labels that may be there at once; a blank one is not known",), ()
    if scoring == "regression" or all(plain_number(text) is not None for column in known for text in column):
        return "regression", (f"{len(names)} numbers to predict",), ()
    raise InputError(
        f"the targets {few_of(names)} are neither labels (0, 1 or blank) nor numbers: give one --target of classes"
    )


def _one_decided(
    scoring: str | None, name: str, column: list[Text], known: list[str]
) -> tuple[Scoring, tuple[str, ...], tuple[str, ...]]:
    """The same for one target."""
    if scoring == "regression":
        return "regression", (f"'{name}' is read as numbers, as the file or --scoring says",), ()
    if scoring == "multilabel":
        return "multilabel", (), ()
    numbers = [plain_number(text) for text in known]
    if scoring == "classification" or any(one is None for one in numbers):
        return "classification", (), ()
    values = sorted({one for one in numbers if one is not None})
    if not all(one.is_integer() for one in values):
        return "regression", (f"'{name}' is read as numbers from {values[0]:g} to {values[-1]:g}",), ()
    values_of = dict(zip(known, numbers, strict=True))
    counts = Counter(values_of[text] for text in column if text in values_of)
    span = f"'{name}' has {counted(len(values), 'whole number')} ({values[0]:g} to {values[-1]:g})"
    if not _may_be_classes(list(counts.values())):
        hint = "; --scoring classification for classes" if len(values) <= 2 * MOST_CLASSES_OF_NUMBERS else ""
        said = f"{span}, read as numbers{hint}"
        return "regression", (), (said,) if hint else ()
    doubt = f"{span}, read as classes; --scoring regression for numbers"
    if len(values) >= _ORDERED:
        return "classification", (), (doubt,)
    return "classification", (doubt,) if len(values) > 2 else (), ()


def _may_be_classes(counts: list[int]) -> bool:
    """Whether whole numbers that come so often may be classes."""
    few = len(counts) <= MOST_CLASSES_OF_NUMBERS
    several = min(counts) > 1 or len(counts) <= sum(counts) // 4  # of few classes, some may be rare
    usual = min(counts) >= _ENOUGH or len(counts) <= 2 or (len(counts) <= _FEW_CLASSES and several)
    return few and usual


def _classes(name: str, column: list[Text], known: list[str]) -> tuple[dict[str, int], tuple[str, ...]]:
    """Text -> number of its class, and what is to be said of the names."""
    names = class_names(known)  # text -> name
    order = sorted(set(names.values()), key=_as_a_number)
    places = {one: place for place, one in enumerate(order)}
    warnings = [
        f"{quoted(group)} are {len(group)} classes of '{name}' that differ in spelling alone: mend the file if they "
        "are one"
        for group in spelt_twice(order)
    ]
    rows = sum(text in names for text in column)
    if len(order) > max(_FEW_CLASSES, rows / 2):
        warnings.append(
            f"'{name}' has {len(order):,} different texts in {rows:,} answers: is it the column of answers?"
        )
    return {text: places[one] for text, one in names.items()}, tuple(warnings)


def _class_names(places: dict[str, int]) -> list[str]:
    """Names of the classes in the order of their numbers."""
    names = class_names(list(places))
    return [names[text] for text in sorted(places, key=lambda text: places[text])]


def _as_a_number(name: str) -> tuple[bool, float, str]:
    """Sorts 2 before 10, and numbers before words."""
    value = plain_number(name)
    return (value is None, value or 0.0, name)


def _encoded(
    rows: list[list[tuple[Text, ...]]], tables: Sequence[Mapping[str, float | None]], per_position: bool
) -> tuple[np.ndarray, ...]:
    """For each sequence (G,), or (T, G) where every position has an answer; NaN for what no table has."""
    each = tuple(
        np.array([[table.get(text or "", np.nan) for text in texts] for texts, table in zip(row, tables, strict=True)])
        for row in rows
    )  # (G, 1) or (G, T)
    return tuple(one.T if per_position else one[:, 0] for one in each)


def _refuse_other_texts(
    kind: str,
    cases: Sequence[Case],
    rows: list[list[tuple[Text, ...]]],
    names: tuple[str, ...],
    tables: Sequence[dict[str, float | None]],
) -> None:
    """Refuse an answer that is not what it is said to be."""
    bad = [(place, text) for place, table in enumerate(tables) for text, value in table.items() if value is None]
    if not bad:
        return
    place, text = bad[0]
    case = next(case for case, row in zip(cases, rows, strict=True) if text in row[place])
    wanted = "a number" if kind == "regression" else "0, 1 or nothing"
    shown = text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."
    raise InputError(
        f"'{names[place]}' is '{shown}' at {case.place}, where {wanted} is wanted for {kind}: mend it, or give another "
        "--scoring or --target"
    )
