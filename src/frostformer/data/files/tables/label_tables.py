"""A second file with an id and an answer in each row, for sequences that stand without theirs."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from frostformer.data.files.parsing.named_columns import chosen_columns
from frostformer.data.files.parsing.text_lines import numbered_lines
from frostformer.data.files.words import counted, listed
from frostformer.errors import InputError

_TARGET_NAMES = ("label", "class", "target", "y")
_HEADS = ("id", "name", "file", "filename", "accession", "key", "case", "path", "record")


@dataclass
class Answers:
    """Ids with their answers."""

    path: Path
    target: str
    """Name of the answer."""

    header: tuple[str, ...]
    """Names of the columns; empty if the first row is none of names."""

    found: dict[str, str | None] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    def of(self, *ids: str) -> tuple[str | None]:
        """The answer of the first of these ids that has one."""
        return (next((self.found[name] for name in ids if name in self.found), None),)

    def unused(self, ids: set[str]) -> list[str]:
        """A sentence on the answers of which there is no sequence."""
        if not (left := [name for name in self.found if name not in ids]):
            return []
        have = counted(len(left), "id has", "ids have")
        return [f"{self.path}: {have} an answer and no sequence: {listed(left, 10)}"]

    def note(self) -> str:
        """What was understood of the file, in a sentence."""
        first = (
            f"its first row is taken for names ({', '.join(self.header)})" if self.header else "it has no row of names"
        )
        return f"the answers are '{self.target}' of {self.path}; {first}"


def read_answers(path: Path, target: str | None, id_column: str | None) -> Answers:
    """The table of answers.

    Its first row is names if one of the two columns was chosen by name, or if its first cell is a word such as `id`.

    Args:
        path: a CSV or TSV file.
        target: column of the answer: a name, a number, `first` or `last`; else the one with a name such as `label`,
            else the only other one.
        id_column: column of the ids; the first one if not given.

    Raises:
        InputError: the file cannot be read, a row is too short, or an id has two answers.
    """
    rows = _rows(path)
    first = next(rows, None)
    if first is None:
        raise InputError(f"{path} is empty: give a table of ids and answers")
    names = [cell.strip() for cell in first[1]]
    given = any(said in names and not said.isdecimal() for said in (target, id_column) if said)
    has_names = given or names[0].lower().lstrip("#") in (*_HEADS, "") or names[-1].lower() in _TARGET_NAMES
    columns = names if has_names else [str(at + 1) for at in range(len(names))]
    at_id = chosen_columns(id_column, columns, "id")[0] if id_column else 0
    at_target = _target(path, columns, target, at_id)
    answers = Answers(path, columns[at_target] if has_names else "answer", tuple(names) if has_names else ())
    for number, row in rows if has_names else _chained(first, rows):
        if len(row) <= max(at_id, at_target):
            raise InputError(f"{path}, line {number}: it has {len(row)} columns and the table {len(names)}; mend it")
        name, answer = row[at_id].strip(), row[at_target].strip() or None
        if answers.found.setdefault(name, answer) != answer:
            raise InputError(
                f"{path}, line {number}: the id '{name}' has another answer in line {answers.lines[name]}; mend it"
            )
        answers.lines.setdefault(name, number)
    return answers


def _chained(first: tuple[int, list[str]], rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    yield first
    yield from rows


def _target(path: Path, columns: list[str], said: str | None, at_id: int) -> int:
    if said:
        return chosen_columns(said, columns, "target")[0]
    others = [at for at in range(len(columns)) if at != at_id]
    named_so = [at for at in others if columns[at].lower() in _TARGET_NAMES]
    if len(named_so) == 1 or len(others) == 1:
        return (named_so or others)[0]
    raise InputError(f"{path} has the columns {', '.join(columns)}: name the one with the answers by --target")


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows with the numbers of their lines; the first line decides what parts the cells."""
    separator = ""
    for number, line in numbered_lines(path):
        if not line.strip():
            continue
        separator = separator or next((one for one in "\t;,|" if one in line), " ")
        if separator == " ":
            yield number, line.split()
            continue
        try:
            yield number, next(csv.reader([line], delimiter=separator))
        except csv.Error as error:
            raise InputError(f"{path}, line {number}: {error}; mend it") from error
