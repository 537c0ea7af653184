"""Whether a JSON file that is one value is one record of the kind that a run was trained on, or holds several."""

from __future__ import annotations

from typing import Any

import numpy as np

from frostformer.data.files.parsing.lists import list_of
from frostformer.data.files.schema import Schema
from frostformer.data.files.tables.channels import sequence_in
from frostformer.data.files.tables.layout import Layout


def is_one_record(schema: Schema, value: Any) -> bool:
    """Whether it is an object with a whole sequence in the columns of the run, or a list of plain values."""
    if isinstance(value, list):
        return bool(value) and not any(isinstance(one, (list, dict)) for one in value)
    layout = Layout.of(schema.settings)
    if not isinstance(value, dict) or layout.form != "cell" or isinstance(value.get(layout.id), list):
        return False
    cells = [value.get(name) for name in layout.columns]
    if schema.kind == "tokens":  # a list of texts beside other lists may be a column of sequences
        lists = [one for one in value.values() if isinstance(one, (list, dict))]
        return isinstance(cells[0], str) or lists == cells
    parts = [_numbers(one) for one in cells]
    widths = [one.shape[1] for one in parts if one is not None]
    return len(widths) == len(parts) and sum(widths) == len(schema.channels)


def _numbers(value: Any) -> np.ndarray | None:
    """(T, C), where it is a list of numbers."""
    found = list_of(value) if isinstance(value, list) else None
    return None if found is None else sequence_in(found)
