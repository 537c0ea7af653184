"""Reads plain lines of text, each a sequence of letters, whose answers stand in a second file, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import zip_longest
from pathlib import Path

from frostformer.data.files.case import Case
from frostformer.data.files.options import FileOptions
from frostformer.data.files.parsing.text import numbered_lines
from frostformer.data.files.parsing.values import letters_of
from frostformer.data.files.schema import Schema, Understood
from frostformer.errors import InputError


class PlainLines:
    """A text file that is no table; the last kind that is tried."""

    def recognises(self, path: Path, head: bytes) -> bool:
        """By having letters and no zero bytes."""
        return bool(head.strip()) and b"\0" not in head

    def understand(self, path: Path, options: FileOptions) -> Understood:
        """The answers are the lines of the file that `--labels` names."""
        if not options.labels:
            raise InputError(
                f"{path} has lines without labels: give a second file with one label for each line by --labels, or "
                "write each line as label<TAB>text, or make a table with a column of labels"
            )
        settings = {"of": path.name, "labels": options.labels}
        schema = Schema("lines", "tokens", targets=("label",), settings=settings)
        notes = [f"each line is a sequence of letters, and the same line of {options.labels} its label"]
        return Understood(schema, tuple(notes))

    def cases(self, path: Path, schema: Schema) -> Iterator[Case]:
        """One for each line, empty ones too; labels only for the file that they were given with."""
        return _cases(path, schema)


FORMAT = PlainLines()


def _cases(path: Path, schema: Schema) -> Iterator[Case]:
    if path.name != schema.settings["of"]:
        return map(partial(_case, path, None), numbered_lines(path))
    return _labelled(path, Path(schema.settings["labels"]))


def _labelled(path: Path, labels: Path) -> Iterator[Case]:
    both = zip_longest(numbered_lines(path), numbered_lines(labels))
    for number, (line, label) in enumerate(both, 1):
        if line is None or label is None:
            shorter = path if line is None else labels
            raise InputError(f"{shorter} ends before line {number}: give one label for each line")
        yield _case(path, label[1], line)


def _case(path: Path, label: str | None, line: tuple[int, str]) -> Case:
    number, text = line
    target = () if label is None else (label.strip() or None,)
    return Case(letters_of(text), str(number), f"{path}, line {number}", target)
