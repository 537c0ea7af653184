"""Reads ARFF files, the format of Weka: attributes with types, then one sequence in each line.

The numeric attributes in their order are one sequence of one channel; a relational attribute is a sequence whose
channels are the lines of its cell, as in the multivariate files of the UEA archive.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np

from frostformer.data.files.arff_header import Attribute, cells, open_arff
from frostformer.data.files.case import Case, Kind
from frostformer.data.files.named_columns import chosen_columns, listed_columns
from frostformer.data.files.options import FileOptions
from frostformer.data.files.schema import Schema, Understood
from frostformer.data.files.siblings import test_beside
from frostformer.data.files.stack import stacked
from frostformer.data.files.strict_numbers import numbers
from frostformer.data.files.text_lines import head_text
from frostformer.data.files.words import listed
from frostformer.errors import CannotRead, InputError

_OTHERS = frozenset(("@frequency", "@horizon"))  # of `.tsf`, for forecasts
_MOST_TRIED = 100  # sequences, until one is found that can be read
_TARGET_NAMES = ("class", "target", "label", "y")


class Arff:
    """`.arff` files."""

    def recognises(self, path: Path, head: bytes) -> bool:
        """By `@relation` and `@attribute`, whatever the file is called."""
        lines = head_text(head).splitlines()
        keys = {line.split(None, 1)[0].lower() for line in map(str.lstrip, lines) if line.startswith("@")}
        return "@attribute" in keys and not keys & _OTHERS and ("@relation" in keys or path.suffix.lower() == ".arff")

    def understand(self, path: Path, options: FileOptions) -> Understood:
        """The answer is the attribute with a name such as `class`, else the last that has classes."""
        attributes, _ = open_arff(path)
        names = [attribute.name for attribute in attributes]
        targets = chosen_columns(options.target, names, "target") if options.target else _targets(attributes)
        dropped = listed_columns(options.drop, names, "drop")
        free = [name for name in range(len(names)) if name not in (*targets, *dropped)]
        sequence = (
            chosen_columns(options.sequence, names, "sequence") if options.sequence else _sequence(attributes, free)
        )
        kind, relational = _kind(path, [attributes[at] for at in sequence])
        beside = [at for at in free if at not in sequence]
        settings = {"attributes": names, "sequence": sequence, "targets": targets, "relational": relational}
        schema = Schema("arff", kind, targets=tuple(names[at] for at in targets), settings=settings)
        channels = _channels(path, schema) if kind == "vectors" else ()
        targets_named, beside_named = ([names[at] for at in some] for some in (targets, beside))
        schema = Schema("arff", kind, channels, tuple(targets_named), settings=settings, beside=tuple(beside_named))
        left_out = [f"attribute {names[at]!r} is no number and is left out of the sequences" for at in beside]
        way = f"{path} has no answers: name the attribute that is the answer by --target; there are {listed(names, 20)}"
        return Understood(schema, (), (), tuple(left_out), test_beside(path), "" if targets else way)

    def cases(self, path: Path, schema: Schema) -> Iterator[Case]:
        """One for each line behind `@data`."""
        return _cases(path, schema)


FORMAT = Arff()


def _targets(attributes: list[Attribute]) -> list[int]:
    nominal = [at for at, attribute in enumerate(attributes) if attribute.type == "nominal"]
    named = [at for at in nominal if attributes[at].name.lower() in _TARGET_NAMES]
    return (named or nominal)[-1:]


def _sequence(attributes: list[Attribute], free: list[int]) -> list[int]:
    """The relational attribute, else all numbers, else all classes."""
    for kind in ("relational", "number", "nominal"):
        if found := [at for at in free if attributes[at].type == kind]:
            return found
    return []


def _kind(path: Path, attributes: list[Attribute]) -> tuple[Kind, bool]:
    """Kind of the sequence that these attributes make, and whether it stands in one cell."""
    types = {attribute.type for attribute in attributes}
    if types == {"relational"} and len(attributes) == 1:
        return "vectors", True
    if types == {"number"}:
        return "vectors", False
    if types and types <= {"nominal", "string"}:
        return "tokens", False
    raise InputError(
        f"{path} has no attributes that make one sequence: choose with --sequence attributes that are all numbers, all "
        "classes, or one relational attribute"
    )


def _cases(path: Path, schema: Schema) -> Iterator[Case]:
    attributes, lines = open_arff(path)
    names = [attribute.name for attribute in attributes]
    wanted = [schema.settings["attributes"][at] for at in schema.settings["sequence"]]
    if missing := [name for name in wanted if name not in names]:
        raise InputError(
            f"{path} has no attribute {missing[0]!r}, which the sequences are made of: give a file with it"
        )
    where = {name: at for at, name in enumerate(names)}
    return map(partial(_case, path, schema, where), enumerate(lines, 1))


def _case(path: Path, schema: Schema, where: dict[str, int], line: tuple[int, tuple[int, str]]) -> Case:
    row, (number, text) = line
    place = f"{path}, line {number}"
    if text.startswith("{"):
        raise CannotRead(
            f"{place}: it lists only the values that are not zero; save the file with all values, not sparse"
        )
    found = cells(text)
    if len(found) != len(where):
        raise CannotRead(f"{place}: it has {len(found)} values for {len(where)} attributes; mend it or take it out")
    names = schema.settings["attributes"]
    sequence = [found[where[names[at]]] for at in schema.settings["sequence"]]
    if schema.kind == "tokens":
        values = np.array([cell or "?" for cell in sequence])
    elif schema.settings["relational"]:
        values = _relational(sequence[0] or "", place, len(schema.channels))
    else:
        values = _numbers([cell or "" for cell in sequence], place)[:, None]
    target = tuple(found[where[name]] for name in schema.targets if name in where)
    return Case(values, str(row), place, target, {name: found[where[name]] for name in schema.beside if name in where})


def _relational(cell: str, place: str, wanted: int) -> np.ndarray:
    """(T, C) of a cell whose C lines are channels; any number of them if none is wanted."""
    lines = cell.splitlines()
    if wanted and len(lines) != wanted:
        raise CannotRead(f"{place}: it has {len(lines)} channels and the file {wanted}; mend it or take it out")
    channels = enumerate(lines, 1)
    return stacked([_numbers([one or "" for one in cells(line)], f"{place}, channel {at}") for at, line in channels])


def _numbers(found: list[str], place: str) -> np.ndarray:
    """(T,) values."""
    try:
        return numbers(found)
    except ValueError as error:
        raise CannotRead(f"{place}, {error}: write a number, or ? where it is missing") from None


def _channels(path: Path, schema: Schema) -> tuple[str, ...]:
    """A name for each channel of the first sequence that can be read."""
    cases = _cases(path, schema)
    for _ in range(_MOST_TRIED):
        with suppress(CannotRead):
            first = next(cases, None)
            return tuple(f"channel {at + 1}" for at in range(first.values.shape[1] if first else 1))
    next(cases)  # says what is wrong
    return ()
