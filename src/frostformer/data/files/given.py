"""What a caller gives as a file: a path, or a data frame in its place."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from frostformer.data.files.schema import Format
from frostformer.errors import InputError

FRAME = Path("the data frame")
"""What sentences call a data frame, which has no path."""


def is_frame(source: Any) -> bool:
    """Whether it is a table of pandas, polars, pyarrow or another library; a series, which is one column, is none."""
    is_series = hasattr(source, "__iter__")  # asked where there are no columns
    return hasattr(source, "columns") or (hasattr(source, "__arrow_c_stream__") and not is_series)


def given(source: Any) -> tuple[Path, Format | None]:
    """The path, and the kind where it is known.

    Raises:
        InputError: it is neither a path nor a data frame, or pyarrow is missing.
    """
    if isinstance(source, (str, os.PathLike)):
        return Path(source), None
    if is_frame(source):
        from frostformer.data.files.tables.formats import FrameFormat

        return FRAME, FrameFormat(source)
    raise InputError(f"{type(source).__name__} is no path of a file and no data frame: give one of these")
