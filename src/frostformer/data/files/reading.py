"""Reads all sequences of a user's file, and of the second one with the test, where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from frostformer.data.files.case import Case
from frostformer.data.files.cutting import Cutting
from frostformer.data.files.formats import format_of, recognise
from frostformer.data.files.options import FileOptions
from frostformer.data.files.schema import Format, Schema, Understood
from frostformer.data.files.tables.cells import Told
from frostformer.data.files.windows import START, TooShort, windows
from frostformer.errors import CannotRead, InputError
from frostformer.files import is_file_or_folder
from frostformer.words import counted, few_of

_MOST_FAULTS = 1_000  # sequences that cannot be read; with more, something else is wrong
_MOST_SPOTS = 3  # in a sentence


@dataclass(frozen=True)
class Read:
    """What was read of a file."""

    understood: Understood
    cases: list[Case]
    """Those of the file itself first, then those of a second one with the test."""

    own: int
    """Sequences of the file itself."""

    faults: list[str]
    """A sentence for each sequence that cannot be read."""

    changed: list[str]
    """Sentences on sequences that were cut, recordings that are too short, and values that count as missing."""


def read_cases(path: Path, options: FileOptions, format_: Format | None = None) -> Read:
    """All sequences of a file.

    Args:
        path: the file.
        options: how to read it.
        format_: its kind; recognised if not given.

    Raises:
        InputError: the file is of no known kind, is damaged, or has no sequence.
    """
    understood = _understand(path, options, format_ or format_of(recognise(path)))
    schema, faults = understood.schema, _Faults()
    cases = list(faults.readable(stream(path, schema, faults.changed, format_)))
    if not cases:
        raise InputError(f"{path} has no sequence that can be read{faults.first()}; mend it, or give another file")
    own = len(cases)
    faults.changed.doubts.clear()  # which `understood` has; those of the test follow
    test = Path(options.test) if options.test else understood.test
    if test is not None:
        if not is_file_or_folder(test):
            raise InputError(f"--test {test}: there is no such file or folder")
        tests = [replace(case, part="test") for case in faults.readable(stream(test, schema, faults.changed))]
        if not tests:
            raise InputError(
                f"{test}, the test, has no sequence that can be read{faults.first()}; mend it, or give another one"
            )
        cases += tests
    return Read(understood, cases, own, faults.said, faults.changes(Cutting.of(schema.settings)))


def _understand(path: Path, options: FileOptions, format_: Format) -> Understood:
    """How a file is read, with what holds for every format in the settings of its schema."""
    cutting = Cutting.asked(options)
    found = format_.understand(path, options)
    schema = found.schema
    if cutting.window and START not in schema.beside:
        cutting = replace(cutting, each_row=schema.per_position)
        schema = replace(schema, per_position=schema.per_position and options.per_position)
    scoring = options.scoring or schema.settings.get("scoring")
    settings = {**schema.settings, **cutting.settings(), "scoring": scoring}
    return replace(found, schema=replace(schema, settings=settings))


@dataclass
class Changed:
    """What was changed in sequences on the way from the file, for a sentence each."""

    longer: int = 0
    """Sequences that lost their end."""

    shortened: list[str] = field(default_factory=list)
    """Where the first of these stand."""

    most: int = 0
    """The length that was left of them."""

    infinite: int = 0
    """Values that are infinite."""

    spots: list[str] = field(default_factory=list)
    """Where the first of these stand."""

    doubts: list[str] = field(default_factory=list)
    """Sentences on how the rows of a table were put in order."""

    def missing(self) -> str:
        """How many values are infinite, and where the first of them stand."""
        values = counted(self.infinite, "value is infinite and counts", "values are infinite and count")
        return f"{values} as missing, first in {' and in '.join(self.spots)}"

    def loss(self) -> str:
        """How many sequences lost their end, and where the first of them stand."""
        lose = counted(self.longer, "sequence loses its end", "sequences lose their end")
        more = self.longer - len(self.shortened)
        where = ", ".join(self.shortened) + (f" and {more:,} more" if more else "")
        return f"{lose}, being longer than --max-length {self.most:,}: {where}"


def stream(
    path: Path, schema: Schema, changed: Changed | None = None, format_: Format | None = None
) -> Iterator[Case | CannotRead]:
    """The sequences of a file in order, cut as the schema says; a few are in memory at a time.

    What is infinite is missing.

    Args:
        path: the file from which the schema is, or another one of its kind, perhaps without answers.
        schema: as in `Understood`.
        changed: is told what was changed in them.
        format_: its kind; that of the schema if not given.

    Returns:
        For each sequence what it is, or why it cannot be read, with its place.

    Raises:
        InputError: the file as a whole cannot be read.
    """
    cutting, changed = Cutting.of(schema.settings), changed or Changed()
    found = (format_ or format_of(schema.format)).cases(
        path, replace(schema, per_position=schema.per_position or cutting.each_row)
    )
    for one in each_case(found):
        case = one if isinstance(one, CannotRead) else _checked(one, schema, changed)
        if isinstance(case, CannotRead):
            yield case
        elif not cutting.window or START in case.beside:
            yield _shortened(case, schema, cutting, changed)
        elif len(case.values) < cutting.window:
            yield TooShort(case.place, len(case.values), cutting.window)
        else:
            for window in each_case(windows(case, cutting, per_position=schema.per_position)):
                yield window if isinstance(window, CannotRead) else _shortened(window, schema, cutting, changed)
    if isinstance(found, Told):
        changed.doubts += found.doubts()


def each_case(cases: Iterator[Case]) -> Iterator[Case | CannotRead]:
    """The sequences; an error is given and not raised, so that those behind it come, too."""
    while True:
        try:
            yield next(cases)
        except StopIteration:
            return
        except CannotRead as error:
            yield error


def _checked(case: Case, schema: Schema, changed: Changed) -> Case | CannotRead:
    """A sequence in which nothing is infinite, or why it is not of the kind of the others."""
    if schema.kind == "tokens":
        return case
    if case.values.shape[1:] != (len(schema.channels),):
        return CannotRead(
            f"{case.place} has values of shape {case.values.shape}, and {len(schema.channels)} channels are wanted"
        )
    infinite = np.isinf(case.values)
    if not infinite.any():
        return case
    changed.infinite += int(infinite.sum())
    if len(changed.spots) < _MOST_SPOTS:
        position, channel = np.argwhere(infinite)[0].tolist()
        changed.spots.append(f"{case.place}, {schema.step(position, channel, len(case.values))}")
    return replace(case, values=np.where(infinite, np.nan, case.values))


def _shortened(case: Case, schema: Schema, cutting: Cutting, changed: Changed) -> Case:
    """A sequence without what is beyond `--max-length`."""
    most = cutting.max_length
    if not most or len(case.values) <= most:
        return case
    changed.longer, changed.most = changed.longer + 1, most
    if len(changed.shortened) < _MOST_SPOTS:
        changed.shortened.append(case.place)
    return replace(case, values=case.values[:most], target=case.target[:most] if schema.per_position else case.target)


@dataclass
class _Faults:
    """What is to be said of sequences that cannot be read, or not whole."""

    said: list[str] = field(default_factory=list)
    short: list[TooShort] = field(default_factory=list)
    changed: Changed = field(default_factory=Changed)

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

    def changes(self, cutting: Cutting) -> list[str]:
        """What was not read as it stands in the file."""
        said = []
        if self.short:
            recordings = counted(len(self.short), "recording is", "recordings are")
            places = few_of([one.place for one in self.short])
            said.append(f"{recordings} shorter than --window {cutting.window} and left out: {places}")
        if self.changed.longer:
            said.append(self.changed.loss())
        if self.changed.infinite:
            said.append(self.changed.missing())
        return said + self.changed.doubts
