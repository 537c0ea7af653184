"""Reads all sequences of a user's file, and of the second one with the test, where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from frostformer.data.files.case import Case
from frostformer.data.files.cutting import Cutting
from frostformer.data.files.formats import format_of, recognise
from frostformer.data.files.options import FileOptions
from frostformer.data.files.schema import Schema, Understood
from frostformer.data.files.windows import START, TooShort, windows
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
    understood = _understand(path, options)
    schema, faults = understood.schema, _Faults()
    cases = list(faults.readable(stream(path, schema, faults.longer)))
    if not cases:
        raise InputError(f"{path} has no sequence that can be read{faults.first()}")
    own = len(cases)
    test = understood.test or (Path(options.test) if options.test else None)
    if test is not None:
        cases += [replace(case, part="test") for case in faults.readable(stream(test, schema, faults.longer))]
    return Read(understood, cases, own, faults.sentences(Cutting.of(schema.settings)))


def _understand(path: Path, options: FileOptions) -> Understood:
    """How a file is read, with what holds for every format in the settings of its schema."""
    cutting = Cutting.asked(options)
    found = format_of(recognise(path)).understand(path, options)
    schema = found.schema
    if cutting.window and START not in schema.beside:
        cutting = replace(cutting, each_row=schema.per_position)
        schema = replace(schema, per_position=schema.per_position and options.per_position)
    scoring = options.scoring or schema.settings.get("scoring")
    settings = {**schema.settings, **cutting.settings(), "scoring": scoring}
    return replace(found, schema=replace(schema, settings=settings))


def stream(path: Path, schema: Schema, longer: list[str] | None = None) -> Iterator[Case | CannotRead]:
    """The sequences of a file in order, cut as the schema says; a few are in memory at a time.

    Args:
        path: the file from which the schema is, or another one of its kind, perhaps without answers.
        schema: as in `Understood`.
        longer: gets the places of the sequences that lost their end.

    Returns:
        For each sequence what it is, or why it cannot be read, with its place.

    Raises:
        InputError: the file as a whole cannot be read.
    """
    cutting = Cutting.of(schema.settings)
    found = format_of(schema.format).cases(path, replace(schema, per_position=schema.per_position or cutting.each_row))
    for case in _each(found):
        if isinstance(case, CannotRead):
            yield case
        elif schema.kind == "vectors" and case.values.shape[1:] != (len(schema.channels),):
            yield CannotRead(
                f"{case.place} has values of shape {case.values.shape}, and {len(schema.channels)} channels are wanted"
            )
        elif not cutting.window or START in case.beside:
            yield _shortened(case, schema, cutting, longer)
        elif len(case.values) < cutting.window:
            yield TooShort(case.place, len(case.values), cutting.window)
        else:
            for window in windows(case, cutting, per_position=schema.per_position):
                yield _shortened(window, schema, cutting, longer)


def _each(cases: Iterator[Case]) -> Iterator[Case | CannotRead]:
    """The sequences; an error is given and not raised, so that those behind it come, too."""
    while True:
        try:
            yield next(cases)
        except StopIteration:
            return
        except CannotRead as error:
            yield error


def _shortened(case: Case, schema: Schema, cutting: Cutting, longer: list[str] | None) -> Case:
    """A sequence without what is beyond `--max-length`."""
    most = cutting.max_length
    if not most or len(case.values) <= most:
        return case
    if longer is not None:
        longer.append(case.place)
    return replace(case, values=case.values[:most], target=case.target[:most] if schema.per_position else case.target)


@dataclass
class _Faults:
    """What is to be said of sequences that cannot be read, or not whole."""

    said: list[str] = field(default_factory=list)
    short: list[TooShort] = field(default_factory=list)
    longer: list[str] = field(default_factory=list)

    def readable(self, cases: Iterator[Case | CannotRead]) -> Iterator[Case]:
        """Those that can be read.

        Raises:
            InputError: too many cannot.
        """
        for case in cases:
            if isinstance(case, Case):
                yield case
                continue
            if isinstance(case, TooShort):
                self.short.append(case)
                continue
            self.said.append(str(case))
            if len(self.said) > _MOST_FAULTS:
                raise InputError(f"more than {_MOST_FAULTS:,} sequences cannot be read: {self.said[0]}")

    def first(self) -> str:
        """One of them, for the end of a sentence."""
        found = [*self.said, *map(str, self.short)]
        return f": {found[0]}" if found else ""

    def sentences(self, cutting: Cutting) -> list[str]:
        """All of it."""
        said = list(self.said)
        if self.short:
            recordings = counted(len(self.short), "recording is", "recordings are")
            places = listed([one.place for one in self.short])
            said.append(f"{recordings} shorter than --window {cutting.window} and left out: {places}")
        if self.longer:
            lose = counted(len(self.longer), "sequence loses its end", "sequences lose their end")
            said.append(f"{lose}, being longer than --max-length {cutting.max_length:,}: {listed(self.longer)}")
        return said
