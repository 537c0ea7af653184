"""How a try ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Name = Literal["survived", "sentence", "traceback", "lost"]
OUTCOMES: tuple[Name, ...] = ("survived", "sentence", "traceback", "lost")


@dataclass(frozen=True)
class Outcome:
    """What became of what was struck, and where it was struck."""

    outcome: Name
    """`survived`: it ended, or went on later, as if nothing had happened. `sentence`: one sentence said what is wrong,
    and where a folder was written, it could be finished afterwards. `traceback`: an error that nobody foresaw. `lost`:
    other bytes, a finished run gone, a file left over, a command that does not end."""

    place: str
    note: str = ""
    """What was wrong, of a traceback or of something lost."""
