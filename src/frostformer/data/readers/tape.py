"""TAPE's remote homology: proteins and their folds, as CSV (`seq,label`) or as TAPE's JSON (`primary`, `fold_label`).

Rao et al. 2019, "Evaluating Protein Transfer Learning with TAPE"; Lu et al. 2021, section 2.1. TAPE's LMDB records are
pickles, which can run code when they are read, so that form is refused.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from frostformer.errors import InputError

AMINO_ACIDS = "ABCDEFGHIKLMNOPQRSTUVWXYZ"  # the codes of TAPE's "iupac" vocabulary: no J
FOLDS = 1195
SOURCE = (
    "TAPE (songlab-cal/tape), raw data, http://s3.amazonaws.com/songlabdata/proteindata/data_raw_pytorch/"
    "remote_homology.tar.gz"
)


class Protein(NamedTuple):
    """One labelled sequence."""

    sequence: str
    """Letters of `AMINO_ACIDS`."""

    fold: int
    """0 to `FOLDS` - 1."""


def read_tape(path: Path) -> list[Protein]:
    """The proteins of a `.csv` or `.json` file, in its order.

    Raises:
        InputError: LMDB, a damaged file, a sequence or a label that is none.
    """
    if path.suffix in (".lmdb", ".mdb"):
        raise InputError(f"{path} holds pickles, which can run code: give the JSON files of {SOURCE} instead")
    records = list(_csv_records(path) if path.suffix == ".csv" else _json_records(path))
    if not records:
        raise InputError(f"{path} holds no proteins: get it again from {SOURCE}")
    return [_protein(*record) for record in records]


def _csv_records(path: Path) -> Iterator[tuple[Any, Any, str]]:
    """Sequence, label and place of each row."""
    rows = csv.DictReader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        if not {"seq", "label"} <= set(rows.fieldnames or ()):
            raise InputError(f"{path}, line 1: wanted the columns seq and label; get it again from {SOURCE}")
        for row in rows:
            yield row["seq"], row["label"], f"{path}, line {rows.line_num}"
    except csv.Error as error:
        raise InputError(f"{path}, line {rows.reader.line_num}: {error}; get it again from {SOURCE}") from error


def _json_records(path: Path) -> Iterator[tuple[Any, Any, str]]:
    """Sequence, label and place of each object."""
    text = _text(path)
    try:
        records = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no whole JSON file ({error}): get it again from {SOURCE}") from error
    if not isinstance(records, list):
        raise InputError(f"{path} holds no list of objects: get it again from {SOURCE}")
    for number, record in enumerate(records, 1):
        place = f"{path}, record {number}"
        if not (isinstance(record, dict) and {"primary", "fold_label"} <= record.keys()):
            raise InputError(f"{place}: wanted an object with primary and fold_label; get it again from {SOURCE}")
        yield record["primary"], record["fold_label"], place


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError(f"{path}, line {line}: not text ({error.reason}); get it again from {SOURCE}") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): get it again from {SOURCE}") from error


def _protein(sequence: Any, label: Any, place: str) -> Protein:
    if not isinstance(sequence, str) or not sequence:
        raise InputError(f"{place}: the sequence is missing; mend or remove it")
    if unknown := sorted(set(sequence) - set(AMINO_ACIDS)):
        raise InputError(f"{place}: {unknown[0]!r} is no amino-acid code ({AMINO_ACIDS}); mend or remove the sequence")
    fold = int(label) if isinstance(label, str) and label.isdecimal() and len(label) <= len(str(FOLDS)) else label
    if type(fold) is not int or not 0 <= fold < FOLDS:  # JSON's true is an int, too
        raise InputError(f"{place}: the label is {label!r:.40}, wanted a whole number from 0 to {FOLDS - 1}; mend it")
    return Protein(sequence, fold)
