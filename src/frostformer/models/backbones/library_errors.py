"""Turns errors that arise inside `transformers` and the libraries under it into one sentence; our own pass through."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from frostformer.errors import InputError

_PACKAGE = Path(__file__).parents[2]
_MOST_LETTERS = 300


@contextmanager
def library_errors(sentence: Callable[[str], InputError]) -> Iterator[None]:
    """Raise `sentence(reason)` in place of whatever a library raises within the block.

    Strangers' files and configurations make a library fail in every way, so every class of exception counts. An
    exception that our own code raised is a fault of ours, or a sentence already, and must not be given another cause.
    """
    try:
        yield
    except Exception as error:
        innermost = traceback.extract_tb(error.__traceback__)[-1]
        if isinstance(error, InputError) or _PACKAGE in Path(innermost.filename).parents:
            raise
        raise sentence(reason(error)) from error


def reason(error: Exception) -> str:
    """Kind and text of an error in one line; a long text is cut."""
    text = " ".join(str(error).split())
    shown = text if len(text) <= _MOST_LETTERS else text[:_MOST_LETTERS] + "..."
    return f"{type(error).__name__}: {shown}" if shown else type(error).__name__
