"""Options that say nothing of a file of its kind. A user who gives one expects something of it, so it is refused."""

from __future__ import annotations

from frostformer.data.files.cutting import Cutting
from frostformer.data.files.options import FileOptions
from frostformer.data.files.schema import Schema
from frostformer.data.files.tables.labels import options_of_file
from frostformer.words import few_of, quoted

_TABLE = frozenset(("target", "sequence", "id", "split", "labels", "kind", "choose", "keep", "drop"))
_ANSWERS = frozenset(("labels", "target", "id"))
_CHANNELS = frozenset(("keep", "drop"))
USED: dict[str, frozenset[str]] = {
    "table": _TABLE,
    "json": _TABLE,
    "parquet": _TABLE,
    "ts": _CHANNELS,
    "arff": _CHANNELS | {"target", "sequence"},
    "fasta": _ANSWERS | {"label_field"},
    "fastq": _ANSWERS | {"label_field"},
    "arrays": _CHANNELS | {"sequence", "target", "labels", "axes", "kind"},
    "matlab": _CHANNELS | {"sequence", "target", "axes", "kind"},
    "images": _ANSWERS | _CHANNELS,
    "sounds": _ANSWERS | {"keep"},
    "array-folder": _ANSWERS | _CHANNELS | {"axes"},
    "har": _CHANNELS,
    "one-file-each": _ANSWERS | _CHANNELS | {"sequence", "choose"},
    "lines": frozenset(("labels",)),
}
"""Format -> options that it uses, beside those that hold for every kind of file."""

_BY_CHANNEL = ("ts", "arrays", "matlab", "images", "array-folder", "har")

_ASKED = frozenset().union(*USED.values())


def takes(option: str, schema: Schema) -> bool:
    """Whether an option says something of a file of this kind."""
    return option in USED.get(schema.format, _ASKED)


def unused(options: FileOptions, schema: Schema) -> list[str]:
    """A sentence on each option that was given and not used."""
    used = USED.get(schema.format, _ASKED)
    if Cutting.of(schema.settings).window:
        used |= {"choose"}  # for the answers of a window's rows
    if "labels_split" in schema.settings:
        used |= {"split"}  # a column of the table of answers, as may be those that are dropped
        options = options_of_file(options, (), schema.settings["labels_dropped"])
    given = [name for name in sorted(_ASKED) if getattr(options, name) is not None and name not in used]
    said = [f"--{name.replace('_', '-')} says nothing of a file of this kind: leave it out" for name in given]
    if options.per_position and not schema.per_position:
        said.append("--per-position: the file has not an answer for each position: leave it out")
    return said + _unknown(options, schema)


def _unknown(options: FileOptions, schema: Schema) -> list[str]:
    """Names of --drop and --keep that no channel and no column has, where the reader itself does not look at them."""
    if schema.format not in _BY_CHANNEL:
        return []
    there = {*schema.channels, *schema.beside} | ({"time"} if schema.format == "ts" else set())
    said = []
    for option in ("drop", "keep"):
        names = [one.strip() for one in (getattr(options, option) or "").split(",") if one.strip()]
        if gone := [name for name in names if name not in there]:
            said.append(
                f"--{option} names {quoted(gone)}, and there is only {few_of(sorted(there), 8) or 'nothing'}: mend it"
            )
    return said
