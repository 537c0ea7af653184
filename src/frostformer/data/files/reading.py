"""Reads all sequences of a user's file, and of the second one with the test, where there is one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from frostformer.data.files.case import Case
from frostformer.data.files.formats import format_of, recognise
from frostformer.data.files.options import FileOptions
from frostformer.data.files.schema import Schema, Understood
from frostformer.data.files.windows import START, windows
from frostformer.data.files.words import counted, listed
from frostformer.errors import CannotRead, InputError

_MOST_FAULTS = 1_000  # sequences that cannot be read; with more, something else is wrong


@dataclass(frozen=True)
class Read:
    """What was read of a file."""

    understood: Understood
    cases: list[Case]
    """Those of the file itself first, then those of a second one with the test."""

    own: int
    """Sequences of the file itself."""

    faults: list[str]
    """A sentence for each sequence that cannot be read, and for what was cut."""


def read_cases(path: Path, options: FileOptions) -> Read:
    """All sequences of a file.

    Raises:
        InputError: the file is of no known kind, is damaged, or has no sequence.
    """
    name = recognise(path)
    found = format_of(name)
    understood = found.understand(path, options)
    faults: list[str] = []
    cases = list(_readable(found.cases(path, understood.schema), faults))
    if not cases:
        raise InputError(f"{path} has no sequence that can be read{f': {faults[0]}' if faults else ''}")
    cases, schema, short = _cut(cases, understood.schema, options)
    faults += short
    own = len(cases)
    test = understood.test or (Path(options.test) if options.test else None)
    if test is not None:
        second, _, short = _cut(
            list(_readable(found.cases(test, understood.schema), faults)), understood.schema, options
        )
        faults += short
        cases += [replace(case, part="test") for case in second]
    _check(cases, schema)
    return Read(replace(understood, schema=schema), cases, own, faults)


def _readable(cases: Iterator[Case], faults: list[str]) -> Iterator[Case]:
    """Those that can be read; the others are named in `faults`."""
    while True:
        try:
            yield next(cases)
        except StopIteration:
            return
        except CannotRead as error:
            faults.append(str(error))
            if len(faults) > _MOST_FAULTS:
                raise InputError(f"more than {_MOST_FAULTS:,} sequences cannot be read: {faults[0]}") from error


def _cut(cases: list[Case], schema: Schema, options: FileOptions) -> tuple[list[Case], Schema, list[str]]:
    """Recordings as windows, where a format has not cut them yet; long sequences without their end."""
    said = []
    if options.window and not any(START in case.beside for case in cases):
        each = [list(windows(case, options, options.per_position)) for case in cases]
        if short := [case.place for case, found in zip(cases, each, strict=True) if not found]:
            which = "recording is" if len(short) == 1 else "recordings are"
            said.append(f"{len(short):,} {which} shorter than --window {options.window} and left out: {listed(short)}")
        cases = [window for found in each for window in found]
        schema = replace(schema, per_position=options.per_position)
        if not cases:
            raise InputError(f"no recording is as long as --window {options.window}: give a smaller one")
    if (most := options.max_length) is not None:
        if most < 1:
            raise InputError(f"--max-length is {most}: give 1 or more")
        long = sum(len(case.values) > most for case in cases)
        if long:
            said.append(
                f"{counted(long, 'sequence')} longer than {most:,} {'loses its' if long == 1 else 'lose their'} end"
            )
        cases = [_shortened(case, most, schema.per_position) for case in cases]
    return cases, schema, said


def _shortened(case: Case, most: int, per_position: bool) -> Case:
    return replace(case, values=case.values[:most], target=case.target[:most] if per_position else case.target)


def _check(cases: Sequence[Case], schema: Schema) -> None:
    """Refuse sequences that differ in their channels."""
    if schema.kind == "tokens":
        return
    channels = len(schema.channels) or cases[0].values.shape[-1]
    for case in cases:
        values: np.ndarray = case.values
        if values.ndim != 2 or values.shape[1] != channels:
            raise InputError(f"{case.place} has values of shape {values.shape}, and {channels} channels are wanted")


def stream(path: Path, schema: Schema) -> Iterator[Case | CannotRead]:
    """The sequences of a further file of the kind that the schema describes."""
    cases = format_of(schema.format).cases(path, schema)
    while True:
        try:
            yield next(cases)
        except StopIteration:
            return
        except CannotRead as error:
            yield error
