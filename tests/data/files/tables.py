"""What the tests of tables share: a file read as a user would have it read."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from frostformer.data.files.case import Case
from frostformer.data.files.formats import format_of, recognise
from frostformer.data.files.options import FileOptions
from frostformer.data.files.schema import Understood
from frostformer.errors import CannotRead

CASES = Path(__file__).parents[2] / "cases" / "own-data"


@dataclass
class Read:
    """A file that was understood and read."""

    understood: Understood
    cases: list[Case]
    refused: list[str]

    @property
    def said(self) -> str:
        """All sentences."""
        found = self.understood
        return "\n".join([*found.notes, *found.warnings, *found.left_out, found.unanswered])

    @property
    def lengths(self) -> list[int]:
        """Of the sequences."""
        return [len(case.values) for case in self.cases]

    @property
    def labels(self) -> dict[str | None, int]:
        """How often each first answer stands."""
        return dict(Counter(case.target[0] for case in self.cases))

    @property
    def missing(self) -> int:
        """Values that are missing."""
        return sum(int(np.isnan(case.values).sum()) for case in self.cases)

    def first(self) -> list[Any]:
        """The values of the first sequence, without the axis of one channel."""
        return np.squeeze(self.cases[0].values, axis=1).tolist() if self.cases[0].values.ndim == 2 else []

    def texts(self) -> list[str]:
        """The tokens of each sequence, joined."""
        return ["".join(case.values.tolist()) for case in self.cases]


def read(path: Path, **options: Any) -> Read:
    """Recognise, understand and read a file."""
    kind = format_of(recognise(path))
    understood = kind.understand(path, FileOptions(**options))
    return Read(understood, *all_of(path, understood))


def all_of(path: Path, understood: Understood) -> tuple[list[Case], list[str]]:
    """All sequences, and the sentences of those that cannot be read; the schema goes through JSON, as in an adapter."""
    settings = json.loads(json.dumps(understood.schema.settings))
    found = format_of(understood.schema.format).cases(path, replace(understood.schema, settings=settings))
    cases, refused = [], []
    while True:
        try:
            cases.append(next(found))
        except StopIteration:
            return cases, refused
        except CannotRead as error:
            refused.append(str(error))


def written(folder: Path, name: str, content: str | bytes) -> Path:
    """A file with this content."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path
