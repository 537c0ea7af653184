"""How sequences are cut from what a file holds: windows of recordings, one answer of many, at most so many positions.

Plain values in `Schema.settings`, the same for every format, so that a prediction cuts a new file in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from frostformer.data.files.options import FileOptions
from frostformer.errors import InputError


@dataclass(frozen=True)
class Cutting:
    """What was asked; 0 and the empty text stand for what was not."""

    window: int = 0
    """Rows of a window."""

    hop: int = 0
    """Rows from the start of one window to the next."""

    choose: str = ""
    """Which answer a sequence has whose rows differ in theirs."""

    max_length: int = 0
    """Longer sequences lose their end."""

    each_row: bool = False
    """Whether every row of a recording has an answer, of which each window then gets one."""

    @classmethod
    def asked(cls, options: FileOptions) -> Cutting:
        """What the options ask.

        Raises:
            InputError: a number below 1, or a hop without a window.
        """
        for name in ("window", "hop", "max_length"):
            value = getattr(options, name)
            if value is not None and value < 1:
                raise InputError(f"--{name.replace('_', '-')} is {value}: give 1 or more")
        if options.hop and not options.window:
            raise InputError("--hop needs --window: how many rows each sequence has")
        window = options.window or 0
        return cls(window, options.hop or window, options.choose or "", options.max_length or 0)

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Cutting:
        """From the settings of a schema."""
        return cls(**{one.name: settings[one.name] for one in fields(cls) if one.name in settings})

    def settings(self) -> dict[str, Any]:
        """For the settings of a schema."""
        return asdict(self)
