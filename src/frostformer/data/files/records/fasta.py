"""Reads FASTA and FASTQ files, packed with gzip or not: each letter of a sequence is a token.

The answer is a part of the header (`--label-field 2` of `>7|Nucleus|train`), stands in a table of ids (`--labels`), or
is one letter for each residue on a third line, as in SignalP's data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from frostformer.data.files.case import Case, Text
from frostformer.data.files.options import FileOptions
from frostformer.data.files.parsing.parts import beside_for_test
from frostformer.data.files.parsing.text import head_text
from frostformer.data.files.parsing.values import letters_of
from frostformer.data.files.records.fasta_headers import Headers, fields, part_of
from frostformer.data.files.records.fasta_records import Record, fasta_records, fastq_records, text_above
from frostformer.data.files.schema import Schema, Understood
from frostformer.data.files.tables.formats import read_labels, stored_labels
from frostformer.data.files.tables.labels import LabelTable
from frostformer.errors import CannotRead, InputError
from frostformer.words import counted, few_of

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
        if (wanted := options.label_field) and wanted > headers.parts:
            parts = f"a header has at most {counted(headers.parts, 'part')}"
            raise InputError(f"{path}: --label-field is {wanted}, and {parts}: give another number")
        answers = read_labels(options)
        third = self.name == "fasta" and (options.per_position or headers.third_lines)
        per_position = third and answers is None and options.label_field is None
        settings = {
            "third_line": third,
            "answers": "".join(sorted(headers.answers)) if third else "",
            "label_field": options.label_field,
            "label_key": headers.key_of(None if answers else options.label_field),
            "split_field": headers.split_field(options.label_field),
            "unmarked": headers.unmarked(options.label_field),
            "labels": options.labels,
            "id": options.id,
            **(answers.settings() if answers else {}),
        }
        own = ("residue",) if per_position else ("class",) if options.label_field else ()
        targets = answers.targets if answers else own
        beside = answers.dividing.columns if answers else ()
        schema = Schema(
            self.name, "tokens", targets=targets, per_position=per_position, settings=settings, beside=beside
        )
        notes = _notes(headers, schema, answers)
        warnings = [*headers.warnings(path, _no_name(settings)), *(_doubts(answers, headers) if answers else [])]
        way = (
            ""
            if targets
            else f"{path} has no answers: {headers.way() or 'give a table of ids and answers by --labels'}"
        )
        above = text_above(path) if self.name == "fasta" else None
        left_out = [f"{path}, line {above}: the text above the first '>' is left out"] if above else []
        return Understood(schema, tuple(notes), tuple(warnings), tuple(left_out), beside_for_test(path), way)

    def cases(self, path: Path, schema: Schema) -> Iterator[Case]:
        """One for each record, empty ones too."""
        return _cases(path, schema)


FASTA = Letters("fasta")
FASTQ = Letters("fastq")


def _cases(path: Path, schema: Schema) -> Iterator[Case]:
    return map(partial(_case, path, schema, stored_labels(schema)), enumerate(_RECORDS[schema.format](path), 1))


def _case(path: Path, schema: Schema, answers: LabelTable | None, numbered: tuple[int, Record]) -> Case:
    row, record = numbered
    settings, place = schema.settings, f"{path}, line {record.line}"
    lines: list[str] = record.lines
    target: tuple[Text, ...] = ()
    if settings["third_line"]:
        lines, target = _without_labels(record, place, settings)
    if not answers and (field := settings["label_field"]):
        found = fields(record.header)
        answer = found[field - 1].removeprefix(settings.get("label_key", "")) if field <= len(found) else ""
        target = (answer or None,)
    elif not schema.per_position:
        target = ()
    letters = "".join(lines)
    letters = letters.upper() if letters.isascii() else letters  # of other letters, some become two
    part = part_of(record.header, settings["split_field"]) or settings["unmarked"]
    case = Case(letters_of(letters), record.id or str(row), place, target, part=part)
    return answers.answered(case, *ids(record)) if answers else case


def _no_name(settings: Mapping[str, Any]) -> set[int]:
    """Numbers of the parts of a header that are no name: a new sequence has another answer there, or none."""
    return {number for number in (settings["label_field"], settings["split_field"]) if number}


def ids(record: Record) -> tuple[str, ...]:
    """What a table may call a record: its first word, then what stands between the bars of it, the accession first."""
    parts = record.id.split("|")
    return (record.id, *parts[1:2], *parts[:1], *parts[2:]) if len(parts) > 1 else (record.id,)


def _without_labels(record: Record, place: str, settings: Mapping[str, Any]) -> tuple[list[str], tuple[str, ...]]:
    """The sequence and its letters of answers; a record of one line has none, nor, in a new file, a sequence in lines.

    Raises:
        CannotRead: answers are wanted, and the record has more lines, or not as many answers as letters.
    """
    if len(record.lines) < 2:
        return record.lines, ()
    half = len(record.lines) // 2
    sequence, answers = record.lines[:half], record.lines[half:]
    fit = list(map(len, sequence)) == list(map(len, answers))
    known = settings.get("answers")  # runs made before do not know them
    wanted = settings.get("answered", True)
    are_answers = set("".join(answers)) <= set(known or "")
    if fit and (are_answers or (half == 1 and (wanted or not known))):
        return sequence, tuple("".join(answers))
    if known and not wanted and (half > 1 or not are_answers):
        return record.lines, ()
    lengths = " and ".join(str(len(line)) for line in record.lines[:3])
    raise CannotRead(
        f"{place}: wanted a sequence and as many answers on two lines, and they have {lengths} letters; write a "
        "sequence that is cut into lines on one"
    )


def _notes(headers: Headers, schema: Schema, answers: LabelTable | None) -> list[str]:
    notes = ["each letter is a token"]
    if headers.small:
        notes.append("small letters are read as large ones")
    if answers:
        notes.append(answers.note)
    if schema.settings["third_line"]:
        notes.append("the third line of each record is one answer for each letter")
    if key := schema.settings["label_key"]:
        notes.append(f"answers are what stands behind '{key}'")
    if schema.settings["split_field"]:
        rest = ", and sequences without it are for training" if schema.settings["unmarked"] else ""
        notes.append(
            f"part {schema.settings['split_field']} of the headers says to which split a sequence belongs{rest}"
        )
    return notes


def _doubts(answers: LabelTable, headers: Headers) -> list[str]:
    """Answers without a sequence, sequences without an answer, and those with two."""
    twice = []
    for record in headers.ids:
        answers.of(*ids(record))
        known = [name for name in ids(record) if name in answers.found]
        if len({answers.found[name] for name in known}) > 1:
            each = ", ".join(f"{name}: {answers.found[name][0]}" for name in known)
            twice.append(f"{record.id} ({each})")
    doubts = answers.doubts() if headers.all_ids else []
    if twice:
        doubts.append(f"{answers.path} has several answers for {few_of(twice, 10)}: the one of the whole id counts")
    return doubts
