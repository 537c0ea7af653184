"""Every kind of terminal and of log: what is printed is text and never instructions, and no character is impossible."""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from types import FrameType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

log = logging.getLogger("frostformer")

console = Console(highlight=False, markup=False, emoji=False)
"""Prints text as it is: what looks like markup in a name or a folder stays text. Styles are given beside the text."""


def say(sentence: str | Text) -> None:
    """Print a sentence in one line, however narrow the terminal is."""
    console.print(sentence, soft_wrap=True)


def tell(sentence: str) -> None:
    """Print on stderr what is no answer, unless answers alone are wanted."""
    if not is_quiet():
        print(sentence, file=sys.stderr)


def say_json(rows: Sequence[DataclassInstance]) -> None:
    """Print a list of objects for a program to read."""
    say(json.dumps([asdict(one) for one in rows], indent=2))


def is_main_process() -> bool:
    """Whether this process is to print and to write a report; torchrun starts several, which all get there."""
    return os.environ.get("WORLD_SIZE", "1") == "1" or os.environ.get("RANK", "0") == "0"


def is_quiet() -> bool:
    """Whether answers and errors are wanted, and nothing else."""
    return log.level >= logging.WARNING


def prepare(*, quiet: bool = False) -> None:
    """Set up this process for a command: its output, its log, its signals."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that has no plus-minus sign shows a question mark
    logging.basicConfig(format="%(message)s")  # on stderr
    log.setLevel(logging.WARNING if quiet else logging.INFO)
    if not sys.stderr.isatty():
        os.environ.setdefault(
            "HF_HUB_DISABLE_PROGRESS_BARS", "1"
        )  # a log is no place for bars; transformers obeys, too
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """End as with Ctrl-C, so that no temporary file stays behind."""
    raise KeyboardInterrupt(number)
