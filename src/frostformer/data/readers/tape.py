"""Reads TAPE's remote homology data: proteins, each with its fold (Rao et al. 2019; Lu et al. 2021, section 2.1).

Two formats are read: CSV with the columns `seq` and `label`, and TAPE's own JSON, a list of objects with the keys
`primary` and `fold_label`. TAPE also publishes the data as LMDB. Its records are pickles, which can run code when they
are read, so that format is refused.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from frostformer.errors import InputError
from frostformer.files import read_at_most

AMINO_ACIDS = "ABCDEFGHIKLMNOPQRSTUVWXYZ"  # the letters of TAPE's vocabulary "iupac", which has no J
FOLDS = 1195  # classes
SOURCE = (
    "TAPE (songlab-cal/tape), raw data, http://s3.amazonaws.com/songlabdata/proteindata/data_raw_pytorch/"
    "remote_homology.tar.gz"
)


class Protein(NamedTuple):
    """A protein with its label."""

    sequence: str
    """One letter of `AMINO_ACIDS` for each amino acid."""

    fold: int
    """The class, 0 to `FOLDS` - 1."""


def read_tape(path: Path) -> list[Protein]:
    """The proteins of a `.csv` or `.json` file, in its order.

    Raises:
        InputError: the file is LMDB, cannot be read or is damaged, or has an invalid sequence or label.
    """
    if path.suffix in (".lmdb", ".mdb"):
        raise InputError(
            f"{path} contains pickles, which can run code when they are read: give the JSON files of {SOURCE} instead"
        )
    records = list(_csv_records(path) if path.suffix == ".csv" else _json_records(path))
    if not records:
        raise InputError(f"{path} contains no proteins: get it again from {SOURCE}")
    return [_protein(*record) for record in records]


def _csv_records(path: Path) -> Iterator[tuple[Any, Any, str]]:
    """Sequence, label, and place in the file, of each row."""
    rows = csv.DictReader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        if not {"seq", "label"} <= set(rows.fieldnames or ()):
            raise InputError(f"{path}, line 1: the columns seq and label are missing; get it again from {SOURCE}")
        for row in rows:
            yield row["seq"], row["label"], f"{path}, line {rows.line_num}"
    except csv.Error as error:
        raise InputError(f"{path}, line {rows.reader.line_num}: {error}; get it again from {SOURCE}") from error


def _json_records(path: Path) -> Iterator[tuple[Any, Any, str]]:
    """Sequence, label, and place in the file, of each object."""
    text = _text(path)
    try:
        records = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not a complete JSON file ({error}): get it again from {SOURCE}") from error
    if not isinstance(records, list):
        raise InputError(f"{path} does not contain a list of objects: get it again from {SOURCE}")
    for number, record in enumerate(records, 1):
        place = f"{path}, record {number}"
        if not (isinstance(record, dict) and {"primary", "fold_label"} <= record.keys()):
            raise InputError(
                f"{place}: this is not an object with the keys primary and fold_label; get it again from {SOURCE}"
            )
        yield record["primary"], record["fold_label"], place


def _text(path: Path) -> str:
    content = read_at_most(path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError(
            f"{path}, line {line}: this is not UTF-8 text ({error.reason}); get it again from {SOURCE}"
        ) from error


def _protein(sequence: Any, label: Any, place: str) -> Protein:
    if not isinstance(sequence, str) or not sequence:
        raise InputError(f"{place}: the sequence is missing; correct this entry or remove it")
    if unknown := sorted(set(sequence) - set(AMINO_ACIDS)):
        raise InputError(
            f"{place}: {unknown[0]!r} is not an amino-acid code (one of {AMINO_ACIDS}); correct this entry or remove it"
        )
    fold = int(label) if isinstance(label, str) and label.isdecimal() and len(label) <= len(str(FOLDS)) else label
    if type(fold) is not int or not 0 <= fold < FOLDS:  # not isinstance: JSON's true would pass as 1
        raise InputError(
            f"{place}: the label is {label!r:.40} instead of a whole number from 0 to {FOLDS - 1}; "
            "correct this entry or remove it"
        )
    return Protein(sequence, fold)
