"""How to read a further file whose answers are not asked for: what stands in its place for answers cannot stop it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from frostformer.data.files.schema import Schema

TABLES = ("table", "json", "parquet")


def without_answers(schema: Schema) -> Schema:
    """The schema by which sequences are read as before, and answers, if there are any, are neither checked nor needed.

    Rows of one sequence may have different answers, a column of splits may hold any words, and a second file of answers
    is not opened; nor is a file taken for the first one because it has the same name.
    """
    settings: dict[str, Any] = {**schema.settings, "choose": "first", "each_row": False}
    if "of" in settings:
        settings["of"] = None  # the name of no folder: that of `.` is empty
    if schema.format in TABLES:
        return replace(schema, per_position=False, settings={**settings, "labels": "", "split": ""})
    if schema.format in ("fasta", "fastq") or "by_folder" in settings:
        settings |= {"labels": None, "by_folder": False}
    return replace(schema, settings=settings)
