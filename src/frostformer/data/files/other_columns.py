"""Whether a further table or ARFF file has other columns than the one from which its schema is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from frostformer.data.files.formats import format_of
from frostformer.data.files.records.arff_header import open_arff
from frostformer.data.files.schema import Format, Schema
from frostformer.data.files.tables.cells import columns_of
from frostformer.data.files.tables.formats import TableFormat
from frostformer.data.files.tables.layout import Layout
from frostformer.errors import InputError
from frostformer.words import some

_DIGITS = "0123456789"


def other_columns(path: Path, schema: Schema, format_: Format | None = None) -> list[str]:
    """What is to be said of the columns of a further table, in sentences.

    Raises:
        InputError: it has more steps than the run was trained on, or cannot be read.
    """
    format_ = format_ or format_of(schema.format)
    if schema.format == "arff":
        types, _ = open_arff(path)
        sequence: list[str] = schema.settings["sequence"]
        known = {*sequence, *schema.targets, *schema.beside, *schema.settings.get("dropped", ())}
        new = [name for name in types if name not in known]
        _refuse_more_steps(path, sequence, new)
        return _not_read(path, new, "attribute") if "dropped" in schema.settings else []  # which older runs lack
    if not isinstance(format_, TableFormat):
        return []
    layout = Layout.of(schema.settings)
    source = format_.further(path, schema)
    names = columns_of(source)
    if layout.headed and source.headed:
        known = {*layout.columns, *schema.targets, *schema.beside, layout.id, layout.time, layout.group, layout.split}
        new = [name for name in names if name not in known]
        if layout.form == "wide":
            _refuse_more_steps(path, layout.columns, new)
        return _not_read(path, new, "column")
    if layout.headed:
        return []
    said = [f"the first line of {path.name} names columns, which the run had by their place: it is no sequence"]
    said = said if source.headed else []
    if layout.form != "wide":
        return said
    if len(names) > layout.width:
        raise InputError(
            f"{path} has {len(names):,} columns, and the run was trained on {layout.width:,}: cut its sequences, or "
            "train on sequences as long as these"
        )
    if schema.targets and len(names) == layout.width - len(schema.targets):
        said.append(
            f"{path.name} has {len(names):,} columns where training had {layout.width:,}: it is read as a file without "
            "answers"
        )
    return said


def _not_read(path: Path, new: Sequence[str], what: str) -> list[str]:
    named = what if len(new) == 1 else f"{what}s"
    return (
        [f"{named} {some([repr(name) for name in new])} of {path.name} not read: the run has none such"] if new else []
    )


def _refuse_more_steps(path: Path, columns: Sequence[str], new: Sequence[str]) -> None:
    stems = {name.rstrip(_DIGITS) for name in columns}
    more = [name for name in new if name[-1:] in [*_DIGITS] and name.rstrip(_DIGITS) in stems]
    if more:
        raise InputError(
            f"{path} has more steps than the run was trained on ({some(more)}): cut its sequences, or train on "
            "sequences as long as these"
        )
