"""Turns errors that arise inside `transformers` and the libraries under it into one sentence; our own pass through."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from frostformer.errors import InputError, in_one_line

_PACKAGE = Path(__file__).parents[2]


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
        raise sentence(in_one_line(error)) from error
