"""How files of one kind are read: found once from a user's file and options, kept in the adapter, used to predict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from frostformer.data.files.case import Case, Kind
from frostformer.data.files.options import FileOptions


@dataclass(frozen=True)
class Schema:
    """How to read a file; plain values, so that an adapter can keep it."""

    format: str
    """A name of `formats.FORMATS`."""

    kind: Kind

    channels: tuple[str, ...] = ()
    """Names of the C channels; empty for tokens."""

    targets: tuple[str, ...] = ()
    """Names of the targets; empty where a file has none."""

    per_position: bool = False
    """Whether every position has an answer of its own."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    """What the format needs beside: separator, encoding, columns, units."""

    beside: tuple[str, ...] = ()
    """Names of the columns that are no input and no target."""

    def step(self, position: int, channel: int, length: int) -> str:
        """What a value of a sequence is called in sentences: `step 3 of 'hr'`, or `step 3 ('c')` in a row of a table.

        Args:
            position: counted from 0.
            channel: counted from 0.
            length: of its sequence, before it was cut.
        """
        columns = self.settings.get("columns") or ()
        if len(self.channels) == 1 and self.settings.get("form") == "wide" and len(columns) == length:
            return f"step {position + 1} ('{columns[position]}')"
        return f"step {position + 1}" + (f" of '{self.channels[channel]}'" if len(self.channels) > 1 else "")


@dataclass(frozen=True)
class Understood:
    """What was found of a file."""

    schema: Schema
    notes: tuple[str, ...] = ()
    """Guesses and what they did, a sentence each: `separator ';', decimal comma`."""

    warnings: tuple[str, ...] = ()
    """Doubts, a sentence each."""

    left_out: tuple[str, ...] = ()
    """What was left out and why, a sentence each."""

    test: Path | None = None
    """A file beside it that holds the test split."""

    unanswered: str = ""
    """Why the file has no answers and how to give them, in a sentence; empty where the schema has targets."""


class Format(Protocol):
    """A kind of file.

    A reader gives every channel: `--keep` and `--drop` are applied behind it, in `traps/channels.py`, but for tables,
    ARFF and sounds, whose readers do it. The settings `labels`, `split` and `by_folder` of a schema say where answers
    are; `unanswered.py` empties them before a new file is predicted, and a reader must then open no answers.
    """

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether the file is of this kind, by its content first and its name last.

        Args:
            path: a file or folder.
            head: the first 64 kB of the file, unpacked; empty for a folder.
        """

    def understand(self, path: Path, options: FileOptions) -> Understood:
        """Look at the whole file once, and find how to read it; types are decided on whole columns.

        Raises:
            InputError: what is wrong, where (file, line, column), and what to do.
        """

    def cases(self, path: Path, schema: Schema) -> Iterator[Case]:
        """The sequences in order, a few in memory at a time; a file without the targets gives cases without.

        Raises:
            CannotRead: of a sequence that cannot be read, with its place; the iterator can be asked for the next one.
        """
