"""Reads FASTA and FASTQ files, packed with gzip or not: each letter of a sequence is a token.

The answer is a part of the header (`--label-field 2` of `>7|Nucleus|train`), stands in a table of ids (`--labels`), or
is one letter for each residue on a third line, as in SignalP's data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from frostformer.data.files.case import Case, Text
from frostformer.data.files.fasta_headers import Headers, fields, part_of
from frostformer.data.files.fasta_records import Record, fasta_records, fastq_records, text_above
from frostformer.data.files.label_tables import Answers, read_answers
from frostformer.data.files.options import FileOptions
from frostformer.data.files.schema import Schema, Understood
from frostformer.data.files.siblings import test_beside
from frostformer.data.files.text_lines import head_text
from frostformer.data.files.words import listed
from frostformer.errors import CannotRead
from frostformer.files import is_file

_FASTQ = re.compile(r"@[^\r\n]*[\r\n]+(?:[A-Za-z.*~-]+[\r\n]+)+\+")
_ENDINGS = (".fasta", ".fa", ".faa", ".fna", ".ffn", ".frn", ".fas")
_RECORDS = {"fasta": fasta_records, "fastq": fastq_records}


@dataclass(frozen=True)
class Letters:
    """FASTA or FASTQ files."""

    name: str

    def recognises(self, path: Path, head: bytes) -> bool:
        """By the first lines; a FASTA file with text above its first header by its name."""
        text = head_text(head).lstrip()
        if self.name == "fastq":
            return _FASTQ.match(text) is not None
        first = next((line for line in text.splitlines() if line.strip() and not line.startswith(";")), "")
        named_so = any(one.lower() in _ENDINGS for one in path.suffixes)
        return first.startswith(">") or (named_so and re.search(r"^>", text, re.MULTILINE) is not None)

    def understand(self, path: Path, options: FileOptions) -> Understood:
        """Third lines, and a part of the header that says train or test, are found by looking at all records."""
        headers = Headers()
        for record in _RECORDS[self.name](path):
            headers.add(record)
        answers = read_answers(Path(options.labels), options.target, options.id) if options.labels else None
        third = self.name == "fasta" and (options.per_position or headers.third_lines)
        per_position = third and answers is None and options.label_field is None
        settings = {
            "third_line": third,
            "label_field": options.label_field,
            "split_field": headers.split_field(options.label_field),
            "unmarked": headers.unmarked(options.label_field),
            "labels": options.labels,
            "target": options.target,
            "id": options.id,
        }
        target = answers.target if answers else "residue" if per_position else "class"
        targets = (target,) if answers or per_position or options.label_field else ()
        schema = Schema(self.name, "tokens", targets=targets, per_position=per_position, settings=settings)
        notes = _notes(headers, schema, answers)
        warnings = [*headers.warnings(path), *(_doubts(answers, headers) if answers else [])]
        way = (
            ""
            if targets
            else f"{path} has no answers: {headers.way() or 'give a table of ids and answers by --labels'}"
        )
        above = text_above(path) if self.name == "fasta" else None
        left_out = [f"{path}, line {above}: the text above the first '>' is left out"] if above else []
        return Understood(schema, tuple(notes), tuple(warnings), tuple(left_out), test_beside(path), way)

    def cases(self, path: Path, schema: Schema) -> Iterator[Case]:
        """One for each record, empty ones too."""
        return _cases(path, schema)


FASTA = Letters("fasta")
FASTQ = Letters("fastq")


def _cases(path: Path, schema: Schema) -> Iterator[Case]:
    settings = schema.settings
    table = settings["labels"]
    answers = read_answers(Path(table), settings["target"], settings["id"]) if table and is_file(Path(table)) else None
    return map(partial(_case, path, schema, answers), enumerate(_RECORDS[schema.format](path), 1))


def _case(path: Path, schema: Schema, answers: Answers | None, numbered: tuple[int, Record]) -> Case:
    row, record = numbered
    settings, place = schema.settings, f"{path}, line {record.line}"
    lines: list[str] = record.lines
    target: tuple[Text, ...] = ()
    if settings["third_line"]:
        lines, target = _without_labels(record, place)
    if answers:
        target = answers.of(*ids(record))
    elif field := settings["label_field"]:
        found = fields(record.header)
        target = (found[field - 1] if field <= len(found) and found[field - 1] else None,)
    elif not schema.per_position:
        target = ()
    letters = "".join(lines)
    letters = letters.upper() if letters.isascii() else letters  # of other letters, some become two
    values = np.array([letters]).view("<U1") if letters else np.array([], "<U1")
    part = part_of(record.header, settings["split_field"]) or settings["unmarked"]
    return Case(values, record.id or str(row), place, target, part=part)


def ids(record: Record) -> tuple[str, ...]:
    """What a table may call a record: its first word, then what stands between the bars of it, the accession first."""
    parts = record.id.split("|")
    return (record.id, *parts[1:2], *parts[:1], *parts[2:]) if len(parts) > 1 else (record.id,)


def _without_labels(record: Record, place: str) -> tuple[list[str], tuple[str, ...]]:
    """The sequence and its letters of answers; a record of one line has none."""
    if len(record.lines) < 2:
        return record.lines, ()
    if len(record.lines) != 2 or len(record.lines[0]) != len(record.lines[1]):
        lengths = " and ".join(str(len(line)) for line in record.lines[:3])
        raise CannotRead(
            f"{place}: wanted a sequence and as many answers on two lines, and they have {lengths} letters; mend it"
        )
    return record.lines[:1], tuple(record.lines[1])


def _notes(headers: Headers, schema: Schema, answers: Answers | None) -> list[str]:
    notes = ["each letter is a token"]
    if headers.small:
        notes.append("small letters are read as large ones")
    if answers:
        notes.append(answers.note())
    if schema.settings["third_line"]:
        notes.append("the third line of each record is one answer for each letter")
    if schema.settings["split_field"]:
        rest = ", and sequences without it are for training" if schema.settings["unmarked"] else ""
        notes.append(
            f"part {schema.settings['split_field']} of the headers says to which split a sequence belongs{rest}"
        )
    return notes


def _doubts(answers: Answers, headers: Headers) -> list[str]:
    """Answers without a sequence, and sequences with two answers."""
    used = {name for record in headers.ids for name in ids(record)}
    twice = []
    for record in headers.ids:
        known = [name for name in ids(record) if name in answers.found]
        if len({answers.found[name] for name in known}) > 1:
            twice.append(f"{record.id} ({', '.join(f'{name}: {answers.found[name]}' for name in known)})")
    doubts = answers.unused(used) if headers.all_ids else []
    if twice:
        doubts.append(f"{answers.path} has several answers for {listed(twice, 10)}: the one of the whole id counts")
    return doubts
