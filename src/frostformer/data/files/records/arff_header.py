"""The header of an ARFF file: its attributes, each with a name and a type."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from frostformer.data.files.parsing.text import numbered_lines
from frostformer.errors import InputError
from frostformer.words import short

_QUOTED = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
_CELL = re.compile(rf"\s*({_QUOTED}|[^,]*)\s*(?:,|\Z)", re.DOTALL)
_ATTRIBUTE = re.compile(rf"@attribute\s+({_QUOTED}|\S+)\s+(.*)", re.IGNORECASE | re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t"}
_NUMBERS = ("numeric", "real", "integer")


def cells_of(text: str) -> list[str | None]:
    """The cells between commas without their quotes; None where one is missing: a `?` without quotes."""
    if "'" not in text and '"' not in text:
        return [None if cell == "?" else cell for cell in map(str.strip, text.split(","))]
    found, at = [], 0
    while True:
        cell = _CELL.match(text, at)
        assert cell is not None  # what stands up to the next comma always fits
        found.append(None if cell[1].strip() == "?" else unquoted(cell[1]))
        if not cell[0].endswith(","):
            return found
        at = cell.end()


def unquoted(text: str) -> str:
    """A word without its quotes."""
    word = text.strip()
    if len(word) < 2 or word[0] not in "'\"" or word[-1] != word[0]:
        return word
    return _ESCAPED.sub(lambda found: _LETTERS.get(found[1], found[1]), word[1:-1])


def open_arff(path: Path) -> tuple[dict[str, str], Iterator[tuple[int, str]]]:
    """The attributes, and the lines of data with their numbers.

    Returns:
        Name of each attribute -> `number`, `nominal`, `string`, `date` or `relational`; and (number, line) of the data.

    Raises:
        InputError: the header cannot be read.
    """
    attributes: dict[str, str] = {}
    lines = numbered_lines(path)
    inside = ""  # the relational attribute whose own attributes are being listed
    for number, line in lines:
        text = line.strip()
        word = text.split(None, 1)[0].lower() if text else ""
        if word == "@data":
            if not attributes:
                raise InputError(f"{path}, line {number}: no '@attribute' stands above the data; get the file again")
            return attributes, ((at, row.strip()) for at, row in lines if not _is_empty(row))
        if word == "@end":
            inside = ""
        elif word == "@attribute" and not inside:
            name, kind = _attribute(text, f"{path}, line {number}")
            if name in attributes:
                raise InputError(f"{path}, line {number}: a second attribute is called {name!r}; rename it")
            attributes[name] = kind
            inside = name if kind == "relational" else ""
        elif word not in ("@relation", "@attribute") and not _is_empty(line):
            raise InputError(f"{path}, line {number}: {short(text)} is no line of an ARFF header; mend or remove it")
    raise InputError(f"{path} has no line '@data', which stands above the data of an ARFF file: get it again")


def _is_empty(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("%")


def _attribute(text: str, place: str) -> tuple[str, str]:
    """Name and type of an attribute."""
    found = _ATTRIBUTE.fullmatch(text)
    if found is None:
        raise InputError(f"{place}: {short(text)} is no attribute with a name and a type; mend it")
    kind = found[2].strip().lower()
    word = kind.split()[0] if kind else ""
    if kind.startswith("{"):
        return unquoted(found[1]), "nominal"
    if word in _NUMBERS:
        return unquoted(found[1]), "number"
    if word in ("string", "date", "relational"):
        return unquoted(found[1]), word
    raise InputError(f"{place}: {short(kind)} is no type of an ARFF attribute; write numeric or {{its,classes}}")
