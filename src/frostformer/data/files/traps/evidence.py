"""What the traps are looked for in: sequences, their answers, and the columns beside. N sequences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from frostformer.data.files.case import Case, Text
from frostformer.data.files.options import FileOptions
from frostformer.data.files.parsing.named_columns import names_in
from frostformer.data.files.parsing.times import read_dates
from frostformer.data.files.schema import Schema
from frostformer.data.files.targets import Targets
from frostformer.data.files.unused import USED, takes
from frostformer.data.files.windows import RECORDING, START, recordings_of


@dataclass(frozen=True)
class Evidence:
    """Sequences with known answers."""

    cases: Sequence[Case]
    targets: Targets | None
    schema: Schema
    options: FileOptions

    def __len__(self) -> int:
        """N."""
        return len(self.cases)

    @cached_property
    def labels(self) -> np.ndarray | None:
        """(N,) number of the class; several labels at once are one class for each combination; None for others."""
        if self.targets is None:
            return None
        if self.targets.scoring != "multilabel" or any(one.ndim > 1 for one in self.targets.values):
            return self.targets.labels()
        numbers: dict[bytes, int] = {}
        return np.array([numbers.setdefault(one.tobytes(), len(numbers)) for one in self.targets.values])

    @cached_property
    def numbers(self) -> np.ndarray | None:
        """(N,) the answer, where it is one number."""
        if self.targets is None or self.targets.scoring != "regression":
            return None
        if any(one.shape != (1,) for one in self.targets.values):
            return None
        return np.array([one[0] for one in self.targets.values])

    @cached_property
    def sides(self) -> np.ndarray | None:
        """(N,) labels, or for numbers whether each is above the median."""
        if self.labels is not None or self.numbers is None:
            return self.labels
        above: np.ndarray = (self.numbers > np.median(self.numbers)).astype(np.int64)
        return above

    @cached_property
    def arrays(self) -> list[np.ndarray]:
        """Each sequence as (T, C) float64 or (T,) numbers of tokens; equal ones are equal in every byte."""
        if self.schema.kind == "tokens":
            numbers: dict[str, int] = {}
            return [
                np.array([numbers.setdefault(str(token), len(numbers)) for token in case.values], np.int64)
                for case in self.cases
            ]
        most = np.finfo(np.float32).max
        arrays = [np.asarray(case.values, np.float64) + 0.0 for case in self.cases]  # + 0.0: of -0.0 makes 0.0
        return [np.where(np.abs(one) > most, np.copysign(np.inf, one), one) for one in arrays]  # as a model sees them

    @cached_property
    def table(self) -> np.ndarray | None:
        """(N, T * C) numbers, where all sequences are of one length; None for tokens and for others."""
        if self.schema.kind == "tokens" or len({one.shape for one in self.arrays}) != 1:
            return None
        return np.stack([one.ravel() for one in self.arrays])

    @cached_property
    def columns(self) -> dict[str, list[Text]]:
        """Columns beside the sequence: name -> N texts."""
        splits = (self.options.split, *map(self.schema.settings.get, ("split", "labels_split")))
        own = {*names_in(self.options.drop), *splits}
        if recordings_of(self.cases) is not None:
            own |= {RECORDING, START}
        names = dict.fromkeys(name for case in self.cases for name in case.beside if name not in own)
        found = {name: [_filled(case.beside.get(name)) for case in self.cases] for name in names}
        time = self.schema.settings.get("time", self.options.time)
        if self.has_rows and time in found and read_dates(found[time]) is None:
            found.pop(time)  # it counts from the start of each sequence
        return found

    def named(self, option: str) -> str | None:
        """The column beside that the user names by an option; a format may have turned a number into its name."""
        said: str | None = getattr(self.options, option)
        settled = self.schema.settings.get(option)
        if said is not None and said not in self.columns and settled in self.columns:
            return str(settled)
        return said

    @property
    def has_rows(self) -> bool:
        """Whether a sequence is made of rows of its file, which a column of times orders."""
        return self.schema.settings.get("form") == "long"

    @property
    def can_drop(self) -> bool:
        """Whether a step, or its channel, can be left out with `--drop`: not one of several in a list."""
        settings, several = self.schema.settings, len(self.schema.channels) > 1
        if "form" in settings:
            return settings["form"] == "wide" or (several and len(settings.get("columns", ())) > 1)
        return takes("drop", self.schema) and (several or self.schema.format == "arff")

    @property
    def noun(self) -> str:
        """What a sequence is in a file, for sentences: a table has a row for each, and no other file has."""
        has_none = self.schema.format in USED and "form" not in self.schema.settings
        return "sequence" if self.has_rows or has_none else "row"

    def step(self, column: int) -> str:
        """What a column of `table` is called."""
        position, channel = divmod(column, max(1, self.arrays[0].shape[1]))
        return self.schema.step(position, channel, len(self.arrays[0]))


def _filled(text: Text) -> Text:
    return None if text is None or not text.strip() else text.strip()
