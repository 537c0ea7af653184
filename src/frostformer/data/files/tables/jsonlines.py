"""Records as JSON: an object a line (JSONL), or one list of objects; numbers keep the digits that the file has."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from frostformer.data.files.parsing.lists import list_of, scalar_text
from frostformer.data.files.parsing.text import encoding_of, open_lines
from frostformer.data.files.tables.cells import (
    BLOCK_LETTERS,
    BLOCK_ROWS,
    Block,
    Cell,
    Source,
    Spot,
    check_width,
    gathered,
)
from frostformer.errors import InputError

_MOST_WHOLE = 2**28  # letters of a file that is one JSON value, since it must lie in memory
_HOLDERS = ("data", "records", "rows", "items", "examples", "instances", "samples", "series")
_START = 100  # lines by which it is guessed
_DEPTH = 3  # objects inside objects become columns with a point in their names, so deep


class _DoubleKeyError(ValueError):
    pass


@dataclass(kw_only=True)
class JsonLines(Source):
    """A file of records."""

    encoding: str
    lines: bool
    """Whether each line is a record; else the file is one list of records, or an object of columns."""

    is_record: Callable[[Any], bool] = lambda _: False
    """Whether a file that is one value is one record; known only of a file like one that was read before."""

    def blocks(self) -> Iterator[Block]:
        """All records in order; columns are known when they come."""
        known = dict.fromkeys(self.names)
        for spots, rows, bad in gathered(self._rows()):
            inside = dict.fromkeys(name for row in rows for name in row)
            known |= inside
            check_width(self.path, len(known))
            self.names = list(known)
            yield Block(
                spots, {name: [row.get(name, "") for row in rows] for name in self.names if name in inside}, bad
            )

    def _rows(self) -> Iterator[tuple[Spot, dict[str, Cell], int, str]]:
        for row, (line, size, found) in enumerate(self._records(), start=1):
            if isinstance(found, str):
                yield Spot(row, line), {}, size, f"{self.path}, {found}"
            else:
                yield Spot(row, line), found, size, ""

    def _records(self) -> Iterator[tuple[int, int, dict[str, Cell] | str]]:
        """The line, the letters, and the cells of each record or why it cannot be read."""
        if not self.lines:
            for value in self._whole():
                yield 0, BLOCK_LETTERS // BLOCK_ROWS, _cells(value)
            return
        with open_lines(self.path, self.encoding) as lines:
            for number, line in enumerate(lines, start=1):
                if text := line.strip():
                    found = _parsed(text, f"line {number}")
                    yield number, len(line), _cells(found, number) if not isinstance(found, InputError) else str(found)

    def _whole(self) -> list[Any]:
        with open_lines(self.path, self.encoding) as lines:
            parts, letters = [], 0
            for line in lines:
                letters += len(line)
                if letters > _MOST_WHOLE:
                    raise InputError(
                        f"{self.path} has more than {_MOST_WHOLE:,} letters: write one object a line (JSONL)"
                    )
                parts.append(line)
        found = _parsed("".join(parts), str(self.path))
        if isinstance(found, InputError):
            raise found
        return [found] if self.is_record(found) else _records_in(found, self.path)


def open_jsonlines(path: Path, is_record: Callable[[Any], bool] = lambda _: False) -> JsonLines:
    """A file of records; see `JsonLines.is_record`.

    Raises:
        InputError: it cannot be read, or is no text.
    """
    encoding = encoding_of(path)
    with open_lines(path, encoding) as lines:
        start = [line.strip() for line in itertools.islice(lines, _START) if line.strip()]
    if not start:
        raise InputError(f"{path} has no row: it is empty")
    broken = isinstance(_parsed(start[0], ""), InputError)
    records = len(start) > 1 and len(start[0]) > 1 and start[0][0] == "{" and isinstance(_parsed(start[1], ""), dict)
    whole = (broken and not records) or (len(start) == 1 and _is_alone(start[0]))
    return JsonLines(path=path, names=[], encoding=encoding, lines=not whole, is_record=is_record)


def _is_alone(line: str) -> bool:
    """Whether the only line of a file holds a list of records, or an object of columns."""
    value = _parsed(line, "")
    if isinstance(value, dict) and value:
        values = list(value.values())
        nested = [isinstance(one, list) and not _is_flat(one) for one in values]
        columns = len(values) > 1 and all(isinstance(one, list) for one in values) and any(nested)
        named = any(name.casefold() in _HOLDERS and inside for name, inside in zip(value, nested, strict=True))
        return (
            (columns and len({len(one) for one in values}) == 1)
            or named
            or all(isinstance(one, dict) for one in values)
        )
    return isinstance(value, list) and bool(value) and isinstance(value[0], (dict, list))


def _parsed(text: str, where: str) -> Any:
    """The value that a text holds, or the error that says where it is wrong."""
    try:
        return json.loads(
            text, parse_int=_number, parse_float=_number, parse_constant=_number, object_pairs_hook=_object
        )
    except _DoubleKeyError as error:
        return InputError(f"{where} has the key '{error}' twice: leave one of them")
    except RecursionError:
        return InputError(f"{where} holds lists inside lists, deeper than can be read: make it flatter")
    except json.JSONDecodeError as error:
        line = f"line {error.lineno}, " if error.lineno > 1 else ""
        return InputError(f"{where} is not whole JSON ({error.msg} at {line}letter {error.colno:,}): mend it")
    except ValueError as error:
        return InputError(f"{where} is not whole JSON ({str(error)[:100]}): mend it")


class _Digits(str):
    """A number of JSON as it is written."""

    __slots__ = ()


def _number(text: str) -> str:
    return _Digits(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _DoubleKeyError(next(key for key in keys if keys.count(key) > 1)[:60])
    return made


def _records_in(value: Any, path: Path) -> list[Any]:
    """The records of a file that is one value."""
    if isinstance(value, dict):
        for name, held in value.items():
            if name.casefold() in _HOLDERS and isinstance(held, list) and not _is_flat(held):
                return held
        if len(value) == 1 and isinstance(one := next(iter(value.values())), (list, dict)):
            return _records_in(one, path) if not _is_flat(one) else [value]
        columns = {name: column for name, column in value.items() if isinstance(column, (list, dict))}
        if columns and len(columns) == len(value):
            return _rows_of(columns, path)
        lists = [name for name, column in columns.items() if isinstance(column, list) and not _is_flat(column)]
        return value[lists[0]] if len(lists) == 1 else [value]
    return value if isinstance(value, list) else [value]


def _is_flat(value: Any) -> bool:
    return not isinstance(value, list) or not any(isinstance(one, (dict, list)) for one in value)


def _rows_of(columns: dict[str, Any], path: Path) -> list[Any]:
    """Records of an object of columns, as pandas writes it: lists, or objects by row."""
    lists = {name: list(one.values()) if isinstance(one, dict) else one for name, one in columns.items()}
    if len({len(one) for one in lists.values()}) > 1:
        raise InputError(f"{path}: its columns have different lengths: write one object a line (JSONL)")
    return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]


def _cells(value: Any, line: int = 0) -> dict[str, Cell] | str:
    """A record as cells by column, or why it is none."""
    where = f"line {line}" if line else "an entry"
    if isinstance(value, list):
        value = {str(at): one for at, one in enumerate(value, start=1)}
    if not isinstance(value, dict):
        return f'{where} is no object: write {{"name": value, ...}}'
    return dict(_flat(value, "", 0))


def _flat(value: dict[str, Any], before: str, depth: int) -> Iterator[tuple[str, Cell]]:
    for key, one in value.items():
        name = " ".join(f"{before}{key}".split()) or "column"
        if isinstance(one, dict) and depth < _DEPTH:
            yield from _flat(one, f"{name}.", depth + 1)
        elif isinstance(one, list):
            found = list_of(one)
            yield name, found if found is not None else json.dumps(one)[:10_000]
        else:
            yield name, scalar_text(one) if not isinstance(one, dict) else json.dumps(one)[:10_000]
