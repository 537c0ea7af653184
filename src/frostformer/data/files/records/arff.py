"""Reads ARFF files, the format of Weka: attributes with types, then one sequence in each line.

The numeric attributes in their order are one sequence of one channel; a relational attribute is a sequence whose
channels are the lines of its cell, as in the multivariate files of the UEA archive.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from frostformer.data.files.case import Case, Kind
from frostformer.data.files.options import FileOptions
from frostformer.data.files.parsing.named_columns import chosen
from frostformer.data.files.parsing.naming import TARGETS, is_named
from frostformer.data.files.parsing.parts import beside_for_test
from frostformer.data.files.parsing.text import head_text
from frostformer.data.files.parsing.values import channel_names, numbers_at, stacked
from frostformer.data.files.records.arff_header import cells_of, open_arff
from frostformer.data.files.schema import Schema, Understood
from frostformer.errors import CannotRead, InputError
from frostformer.words import few_of

_OTHERS = frozenset(("@frequency", "@horizon"))  # of `.tsf`, for forecasts
_MOST_TRIED = 100  # sequences, until one is found that can be read


class Arff:
    """`.arff` files."""

    def recognises(self, path: Path, head: bytes) -> bool:
        """By `@relation` and `@attribute`, whatever the file is called."""
        lines = head_text(head).splitlines()
        keys = {line.split(None, 1)[0].lower() for line in map(str.lstrip, lines) if line.startswith("@")}
        return "@attribute" in keys and not keys & _OTHERS and ("@relation" in keys or path.suffix.lower() == ".arff")

    def understand(self, path: Path, options: FileOptions) -> Understood:
        """The answer is the attribute with a name such as `class`, else the last that has classes."""
        types, _ = open_arff(path)
        names = list(types)
        targets = chosen(path, "--target", options.target, names) or _targets(types)
        dropped = chosen(path, "--drop", options.drop, names)
        free = [name for name in names if name not in (*targets, *dropped)]
        sequence = chosen(path, "--sequence", options.sequence, names) or _sequence(types, free)
        kind, relational = _kind(path, [types[name] for name in sequence])
        beside = tuple(name for name in free if name not in sequence)
        settings = {"sequence": sequence, "relational": relational, "dropped": dropped}
        if [types[name] for name in targets] == ["nominal"]:
            settings["scoring"] = "classification"
        schema = Schema("arff", kind, (), tuple(targets), settings=settings, beside=beside)
        if kind == "vectors":
            schema = replace(schema, channels=_channels(path, schema))
        left_out = [f"attribute {name!r} is no number and is left out of the sequences" for name in beside]
        way = f"{path} has no answers: name the attribute that is the answer by --target; there are {few_of(names, 20)}"
        return Understood(schema, (), (), tuple(left_out), beside_for_test(path), "" if targets else way)

    def cases(self, path: Path, schema: Schema) -> Iterator[Case]:
        """One for each line behind `@data`."""
        return _cases(path, schema)


FORMAT = Arff()


def _targets(types: dict[str, str]) -> list[str]:
    nominal = [name for name, kind in types.items() if kind == "nominal"]
    return ([name for name in nominal if is_named(name, TARGETS)] or nominal)[-1:]


def _sequence(types: dict[str, str], free: list[str]) -> list[str]:
    """The relational attribute, else all numbers, else all classes."""
    for kind in ("relational", "number", "nominal"):
        if found := [name for name in free if types[name] == kind]:
            return found
    return []


def _kind(path: Path, types: list[str]) -> tuple[Kind, bool]:
    """Kind of the sequence that attributes of these types make, and whether it stands in one cell."""
    if types == ["relational"]:
        return "vectors", True
    if set(types) == {"number"}:
        return "vectors", False
    if types and set(types) <= {"nominal", "string"}:
        return "tokens", False
    raise InputError(
        f"{path} has no attributes that make one sequence: choose with --sequence attributes that are all numbers, all "
        "classes, or one relational attribute"
    )


def _cases(path: Path, schema: Schema) -> Iterator[Case]:
    types, lines = open_arff(path)
    if missing := [name for name in schema.settings["sequence"] if name not in types]:
        raise InputError(
            f"{path} has no attribute {missing[0]!r}, which the sequences are made of: give a file with it"
        )
    return map(partial(_case, path, schema, list(types)), enumerate(lines, 1))


def _case(path: Path, schema: Schema, names: list[str], line: tuple[int, tuple[int, str]]) -> Case:
    row, (number, text) = line
    place = f"{path}, line {number}"
    if text.startswith("{"):
        raise CannotRead(
            f"{place}: it lists only the values that are not zero; save the file with all values, not sparse"
        )
    cells = cells_of(text)
    if len(cells) != len(names):
        raise CannotRead(f"{place}: it has {len(cells)} values for {len(names)} attributes; mend it or take it out")
    found = dict(zip(names, cells, strict=True))
    sequence = [found[name] for name in schema.settings["sequence"]]
    if schema.kind == "tokens":
        values = np.array([cell or "?" for cell in sequence])
    elif schema.settings["relational"]:
        values = _relational(sequence[0] or "", place, len(schema.channels))
    else:
        values = numbers_at([cell or "" for cell in sequence], place)[:, None]
    target = tuple(found[name] for name in schema.targets if name in found)
    return Case(values, str(row), place, target, {name: found[name] for name in schema.beside if name in found})


def _relational(cell: str, place: str, wanted: int) -> np.ndarray:
    """(T, C) of a cell whose C lines are channels; any number of them if none is wanted."""
    lines = cell.splitlines()
    if wanted and len(lines) != wanted:
        raise CannotRead(f"{place}: it has {len(lines)} channels and the file {wanted}; mend it or take it out")
    channels = [[one or "" for one in cells_of(line)] for line in lines]
    return stacked([numbers_at(channel, f"{place}, channel {at}") for at, channel in enumerate(channels, 1)])


def _channels(path: Path, schema: Schema) -> tuple[str, ...]:
    """A name for each channel of the first sequence that can be read."""
    cases = _cases(path, schema)
    for _ in range(_MOST_TRIED):
        with suppress(CannotRead):
            first = next(cases, None)
            return channel_names(first.values.shape[1] if first else 1)
    next(cases)  # says what is wrong
    return ()
