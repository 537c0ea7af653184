"""What was found in a user's data, and what it does to the task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Weight = Literal["note", "warning", "refusal"]


@dataclass(frozen=True)
class Finding:
    """One true sentence, with numbers and places."""

    trap: str
    """Its kind, such as `group`; for programs."""

    sentence: str

    weight: Weight = "warning"
    """A refusal makes a task impossible until the user says what to do."""

    cannot_tell: bool = False
    """Whether no score on these data can say what was learned."""

    column: str = ""
    """The column beside the sequences that it is about, so that nobody says the same of it again."""


@dataclass(frozen=True)
class Order:
    """How sequences belong together, (N,) each, or None where nothing of that kind was found."""

    groups: np.ndarray | None = None
    """Name of the group of each sequence, text."""

    group_name: str = ""

    times: np.ndarray | None = None
    """Time of each sequence, float64."""

    time_name: str = ""

    recordings: np.ndarray | None = None
    """Number of the recording that each sequence is a window of; windows are in order of time."""

    gap: int = 0
    """Windows to leave out between two parts, so that none overlaps with one of the other part."""

    twins: np.ndarray | None = None
    """Number of the set of equal sequences to which each belongs."""


@dataclass(frozen=True)
class Traps:
    """All findings, and what follows from them."""

    findings: tuple[Finding, ...]
    order: Order
    left_out: tuple[int, ...] = ()
    """Numbers of the channels that carry nothing."""
