"""How to read a further file whose answers are not asked for: what stands in its place for answers cannot stop it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from frostformer.data.files.schema import Schema

TABLES = ("table", "json", "parquet")
_NOWHERE = {"labels": "", "split": "", "by_folder": False}  # settings that say where answers and splits stand


def without_answers(schema: Schema) -> Schema:
    """The schema by which sequences are read as before, and answers, if there are any, are neither checked nor needed.

    Rows of one sequence may have different answers, a column of splits may hold any words, and a second file of answers
    is not opened; nor is a file taken for the first one because it has the same name. Sequences are in the order of the
    file, and not in that of their ids.
    """
    settings: dict[str, Any] = {**schema.settings, "choose": "first", "each_row": False, "answered": False}
    if "of" in settings:
        settings["of"] = None  # the name of no folder: that of `.` is empty
    settings |= {name: nowhere for name, nowhere in _NOWHERE.items() if name in settings}
    tables = schema.format in TABLES
    beside = schema.beside if tables else ()  # a table looks for unknown columns by it
    return replace(schema, settings=settings, beside=beside, per_position=schema.per_position and not tables)
