"""Reads a file as the commands do, for tests: what was understood, the sequences, and those that cannot be read."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from frostformer.data.files.case import Case
from frostformer.data.files.formats import format_of, recognise
from frostformer.data.files.options import FileOptions
from frostformer.data.files.reading import each_case
from frostformer.data.files.schema import Schema, Understood
from frostformer.errors import CannotRead

ODD = Path(__file__).parent / "cases" / "own-data"


class Reading(NamedTuple):
    """All that was found of a file."""

    understood: Understood
    cases: list[Case]
    unreadable: list[str]

    @property
    def schema(self) -> Schema:
        """How it is read."""
        return self.understood.schema

    @property
    def lengths(self) -> list[int]:
        """Positions of each sequence."""
        return [len(case.values) for case in self.cases]

    @property
    def answers(self) -> list:
        """Of the first target."""
        return [case.target[0] if case.target else None for case in self.cases]

    @property
    def labels(self) -> dict[str | None, int]:
        """How often each first answer stands."""
        return dict(Counter(self.answers))

    @property
    def missing(self) -> int:
        """Values that are missing."""
        return sum(int(np.isnan(case.values).sum()) for case in self.cases)

    @property
    def said(self) -> str:
        """All sentences."""
        understood = self.understood
        said = [*understood.notes, *understood.warnings, *understood.left_out, *self.unreadable]
        return "\n".join([*said, understood.unanswered])

    def first(self) -> list[Any]:
        """The values of the first sequence, without the axis of one channel."""
        return np.squeeze(self.cases[0].values, axis=1).tolist() if self.cases[0].values.ndim == 2 else []

    def texts(self) -> list[str]:
        """The tokens of each sequence, joined."""
        return ["".join(case.values.tolist()) for case in self.cases]


def read(path: Path, **options: Any) -> Reading:
    """What was understood of a file, and its sequences."""
    understood = format_of(recognise(path)).understand(path, FileOptions(**options))
    return Reading(understood, *read_with(path, understood.schema))


def read_with(path: Path, schema: Schema) -> tuple[list[Case], list[str]]:
    """The sequences of a file by a schema, perhaps of another file, and the errors of those that cannot be read.

    The schema goes through JSON, as in an adapter.
    """
    schema = replace(schema, settings=json.loads(json.dumps(schema.settings)))
    cases, errors = [], []
    for one in each_case(format_of(schema.format).cases(path, schema)):
        (errors.append(str(one)) if isinstance(one, CannotRead) else cases.append(one))
    return cases, errors


def written(folder: Path, name: str, content: str | bytes) -> Path:
    """A file with this content."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path
