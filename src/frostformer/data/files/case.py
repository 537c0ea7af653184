"""A sequence as it stands in a user's file, with what stands beside it: nothing is scaled, encoded or divided yet.

T positions, C channels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

Kind = Literal["vectors", "tokens"]

Text = str | None
"""What a file has as text; None where it has nothing."""


@dataclass(frozen=True)
class Case:
    """One sequence of a file."""

    values: np.ndarray
    """Vectors: (T, C) float64, NaN where a value is missing. Tokens: (T,) of str: characters, words or events."""

    name: str
    """The id as the file has it, else the number of the row or the name of the file."""

    place: str
    """Where it stands, for sentences: `heart.csv, line 7`."""

    target: tuple[Text, ...] = ()
    """As the file has it, one entry for each target; or for each position, where the schema says `per_position`."""

    beside: Mapping[str, Text] = field(default_factory=dict)
    """Other columns, which are no input: groups, times, splits, and what may give the answer away."""

    part: Literal["train", "validation", "test"] | None = None
    """The part to which the file itself says that it belongs."""
