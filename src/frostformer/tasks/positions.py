"""How the steps of a recording become positions: several make one, and positions may overlap. T steps of a sequence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from frostformer.data.files.options import FileOptions
from frostformer.errors import InputError
from frostformer.words import counted

POSITIONS = 64  # at most, if nobody says otherwise, so that a backbone of any length reads them


@dataclass(frozen=True)
class Positions:
    """Where the positions of a sequence begin, and how many of its steps each has."""

    patch: int = 1
    """Steps of a position; the last one is filled up where the sequence ends."""

    stride: int = 1
    """Steps from the start of one position to the next: fewer than `patch` and positions overlap, more and the steps
    in between are not read."""

    def count(self, steps: int) -> int:
        """Positions of a sequence of so many steps: as many as hold each of its steps that is read."""
        if not steps:
            return 0
        return min(1 - (self.patch - steps) // self.stride, -(-steps // self.stride)) if steps > self.patch else 1

    def sentence(self, lengths: Sequence[int]) -> str:
        """What becomes of sequences of these lengths; empty where a step is a position."""
        if self.patch == self.stride == 1:
            return ""
        overlap = "" if self.patch == self.stride else f", a new one every {counted(self.stride, 'step')}"
        said = f"{counted(self.patch, 'step')} make one position{overlap}: at most {self.count(max(lengths))} positions"
        if self.stride > self.patch:
            said += f"; {self.stride - self.patch} of {self.stride} steps are not read"
        if short := sum(length < self.patch for length in lengths):
            said += f"; {counted(short, 'sequence is', 'sequences are')} shorter than a position, and filled up"
        return said


def positions_of(options: FileOptions, lengths: Sequence[int], *, tokens: bool, per_position: bool) -> Positions:
    """How sequences of these lengths are read: as `--patch` and `--stride` say, else in at most 64 positions.

    Raises:
        InputError: the options cannot be followed.
    """
    longest = max(lengths)
    for name in ("patch", "stride"):
        value = getattr(options, name)
        if value is not None and not 1 <= value <= longest:
            raise InputError(f"--{name} is {value}: give 1 to {longest:,}, the steps of the longest sequence")
        if value not in (None, 1) and tokens:
            raise InputError(f"--{name} is for steps of numbers, and these are symbols: leave it out")
        if value not in (None, 1) and per_position:
            raise InputError(f"--{name} is not for steps that each have an answer of their own: leave it out")
    if tokens or per_position:
        return Positions()
    if options.patch is not None:
        return Positions(options.patch, options.stride or options.patch)
    if options.stride is None:
        patch = -(-longest // POSITIONS)
        return Positions(patch, patch)
    return Positions(max(options.stride, longest - (POSITIONS - 1) * options.stride), options.stride)
