"""What is worth a sentence of a file that was predicted. T steps of a sequence, C channels of the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from frostformer.data.files.reading import Changed
from frostformer.deploy.scale import Scale
from frostformer.tasks.readings import Reading
from frostformer.tasks.recorded import OpenWords, Recorded
from frostformer.words import counted, percent, quoted

_NAMED = 10  # sequences that cannot be read; the others are counted
_SHOWN = 3  # symbols


@dataclass
class Remarks:
    """Counts that grow while a file is read."""

    abstain_below: float | None = None
    """Answers less probable than this are left empty."""

    columns: list[str] = field(default_factory=list)
    """Sentences on columns that the run does not have."""

    faults: list[str] = field(default_factory=list)
    """Why sequences cannot be read: the first ten."""

    changed: Changed = field(default_factory=Changed)
    """What the reader changed in sequences."""

    left_out: int = 0
    symbols: int = 0
    unknown: int = 0
    """Symbols that training did not have."""

    strange: list[str] = field(default_factory=list)
    """The first three of these."""

    blind: int = 0
    """Sequences that have no symbol that training had."""

    scale: Scale | None = None
    """Of recordings: how far their values lie from those of training."""

    gaps: int = 0
    """Values that are missing in channels where training missed none."""

    answers: int = 0
    empty: int = 0
    """Answers that are left empty."""

    def leave_out(self, why: str) -> None:
        """Count a sequence that cannot be read."""
        self.left_out += 1
        if len(self.faults) < _NAMED:
            self.faults.append(why)

    def look(self, values: np.ndarray, reading: Reading) -> None:
        """Count what a sequence has and training did not have; `values` (T, C) or (T,) as the file has them."""
        if isinstance(reading, OpenWords):
            values = values[: reading.longest]
            self.symbols += len(values)
            unknown = list(reading.unknown(values))
            self.unknown += len(unknown)
            self.blind += len(unknown) == len(values)
            for symbol in unknown:
                if len(self.strange) < _SHOWN and symbol not in self.strange:
                    self.strange.append(symbol)
        elif isinstance(reading, Recorded):
            whole = sorted({*reading.used} - {*reading.missing})
            self.gaps += int((~np.isfinite(values[: reading.longest, whole])).sum())
            if self.scale is not None:
                self.scale.look(values)

    def sentences(self) -> Iterator[str]:
        """All of it in words."""
        yield from self.columns
        if self.left_out:
            is_are = "is" if self.left_out == 1 else "are"
            yield f"{counted(self.left_out, 'sequence')} cannot be read and {is_are} left out:"
            yield from (f"  {one}" for one in self.faults)
            if more := self.left_out - len(self.faults):
                yield f"  and {more:,} more"
        yield from self.changed.doubts
        if self.changed.infinite:
            yield self.changed.missing()
        if self.changed.longer:
            yield f"{self.changed.loss()}, as in training"
        if self.unknown:
            yield (
                f"{self.unknown:,} of {counted(self.symbols, 'symbol')} were not in training, such as "
                f"{quoted(self.strange)}; all of them are read as one unknown symbol"
            )
        if self.blind:
            have = "sequence has" if self.blind == 1 else "sequences have"
            yield f"{self.blind:,} {have} no symbol that training had: the answers to them mean nothing"
        if self.gaps:
            is_are = "value is" if self.gaps == 1 else "values are"
            yield f"{self.gaps:,} {is_are} missing in channels where training had all; the mean stands in their place"
        if self.scale is not None:
            yield from self.scale.sentences()
        if self.abstain_below is not None:
            share = percent(self.empty / max(self.answers, 1))
            yield (
                f"{self.empty:,} of {counted(self.answers, 'answer')} ({share}) are less probable than "
                f"{self.abstain_below:g} and left empty"
            )
