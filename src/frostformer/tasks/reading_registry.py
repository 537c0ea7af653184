"""The kinds of reading by name, and how a reading is read back from a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from frostformer.schema import read_kind
from frostformer.tasks.readings import PaddedWords, Patches, Reading, Scaled, Words
from frostformer.tasks.recorded import OpenWords, Recorded

READINGS: dict[str, type[Reading]] = {
    each.kind: each for each in (Reading, Scaled, Words, PaddedWords, Patches, Recorded, OpenWords)
}


def read_reading(stored: Mapping[str, Any]) -> Reading:
    """The reading that `Reading.describe` described.

    Raises:
        InputError: `stored` is not such a description.
    """
    return read_kind(READINGS, stored)
