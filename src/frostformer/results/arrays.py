"""Reads the arrays that a run keeps beside its result, with their sizes checked first. It imports no torch."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from frostformer.errors import InputError

MOST_BYTES = 2**28  # of one array


@contextmanager
def stored_arrays(
    path: Path, names: Sequence[str], what: str, remedy: str = "delete its folder, and make the run again"
) -> Iterator[dict[str, np.ndarray]]:
    """The arrays of these names in an .npz file; a `ValueError` within the block refuses the file, too.

    Args:
        path: the file.
        names: of the arrays that it must hold.
        what: what the file holds, for the sentence.
        remedy: what to do about a damaged one, for the sentence.

    Raises:
        InputError: it is damaged, lacks an array, or an array has objects or more than `MOST_BYTES`.
    """
    try:
        with zipfile.ZipFile(path) as archive:  # sizes first: a small file can unpack to more than memory holds
            for name in names:
                if archive.getinfo(f"{name}.npy").file_size > MOST_BYTES:
                    raise ValueError(f"{name}.npy is larger than {MOST_BYTES:,} bytes")
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in names}
        yield arrays
    except (OSError, ValueError, KeyError, EOFError, NotImplementedError, RuntimeError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} holds no {what} ({error}): {remedy}") from error
