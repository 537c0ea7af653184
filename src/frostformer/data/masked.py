"""Masked arrays of NumPy: what is masked is missing, as NaN is."""

from __future__ import annotations

from typing import Any

import numpy as np

from frostformer.errors import InputError


def unmasked(values: Any, what: str) -> Any:
    """The values; a masked array with NaN where it is masked.

    Args:
        values: anything.
        what: it is, for the sentence.

    Raises:
        InputError: it masks what is no number.
    """
    if not isinstance(values, np.ma.MaskedArray):
        return values
    if not np.ma.getmaskarray(values).any():
        return values.data
    if values.dtype.kind not in "buif":
        raise InputError(f"{what}: masked values of type {values.dtype} have no NaN: leave them out or fill them")
    kept = values.dtype if values.dtype.kind == "f" else np.float64
    return np.ma.filled(values.astype(kept), np.nan)
