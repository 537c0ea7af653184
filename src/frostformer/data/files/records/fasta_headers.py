"""What the headers of all records of a FASTA or FASTQ file have in common."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from frostformer.data.files.parsing.parts import PARTS, Part
from frostformer.data.files.records.fasta_records import Record
from frostformer.words import few_of

_MOST_FIELDS = 20
_MOST_CLASSES = 50
_MOST_IDS = 1_000_000  # records whose ids are compared, so that memory does not grow with the file


def fields(header: str) -> list[str]:
    """The parts between the bars of a header, or, where it has none, between its blanks."""
    return [part.strip() for part in header.split("|")] if "|" in header else header.split()


def part_of(header: str, number: int | None) -> Part | None:
    """The split that this part of a header names."""
    found = fields(header)
    return PARTS.get(found[number - 1].lower()) if number and number <= len(found) else None


def name_of(record: Record, without: set[int]) -> str:
    """The id of a record, without the parts of the header with these numbers unless nothing is left then."""
    parts = record.id.split("|")
    return "|".join(part for number, part in enumerate(parts, 1) if number not in without) or record.id


@dataclass
class Headers:
    """Counts over all records."""

    records: int = 0
    parts: int = 0
    """The most that a header has."""

    small: bool = False
    """Whether there are small letters."""

    ids: list[Record] = field(default_factory=list)
    """The first records, without their sequences."""

    values: dict[int, Counter[str]] = field(default_factory=dict)
    """Number of a part of the header -> what stands there, and how often."""

    paired: int = 0
    """Records of two equally long lines."""

    widths: set[int] = field(default_factory=set)
    """Lengths of the first lines of those."""

    answers: set[str] = field(default_factory=set)
    """Letters of the second lines of those."""

    def add(self, record: Record) -> None:
        """Look at the next one."""
        self.records += 1
        self.parts = max(self.parts, len(fields(record.header)))
        self.small = self.small or any(line.upper() != line for line in record.lines)
        if len(self.ids) < _MOST_IDS:
            self.ids.append(Record(record.line, record.header, []))
        for number, value in enumerate(fields(record.header)[:_MOST_FIELDS], 1):
            seen = self.values.setdefault(number, Counter())
            if value in seen or len(seen) <= _MOST_CLASSES:
                seen[value] += 1
        if len(record.lines) == 2 and len(record.lines[0]) == len(record.lines[1]):
            self.paired += 1
            self.widths.add(len(record.lines[0]))
            self.answers.update(record.lines[1])

    @property
    def all_ids(self) -> bool:
        """Whether `ids` has all records."""
        return len(self.ids) == self.records

    @property
    def third_lines(self) -> bool:
        """Whether every record has two equally long lines, and these lengths differ: the second line is answers.

        A sequence that is merely cut into lines has first lines of one length.
        """
        return self.paired == self.records and len(self.widths) > 1

    def split_field(self, label_field: int | None) -> int | None:
        """Number of the part that says train or test in every header that has it."""
        for number, seen in self.values.items():
            if number not in (1, label_field) and all(value.lower() in PARTS for value in seen):
                return number
        return None

    def unmarked(self, label_field: int | None) -> Literal["train"] | None:
        """The split of a sequence whose header names none, where only some do and none says train."""
        seen = self.values.get(self.split_field(label_field) or 0, Counter[str]())
        named_train = any(PARTS[value.lower()] == "train" for value in seen)
        return "train" if 0 < seen.total() < self.records and not named_train else None

    def key_of(self, field: int | None) -> str:
        """`class=` where that part of every header is such a word and a value, and empty otherwise."""
        seen = self.values.get(field or 0, Counter[str]())
        keys = {key + mark if key and value else "" for key, mark, value in (one.partition("=") for one in seen)}
        return keys.pop() if len(keys) == 1 and seen.total() == self.records else ""

    def way(self) -> str:
        """How a part of the header becomes the answer, if there is one that looks so."""
        split = self.split_field(None)
        for number, seen in self.values.items():
            whole = seen.total() == self.records and number != split
            if whole and 2 <= len(seen) <= min(_MOST_CLASSES, self.records // 2) and min(seen.values()) > 1:
                names = few_of(sorted(seen), 10)
                return f"part {number} of the headers is one of {names}: --label-field {number} makes it the answer"
        return ""

    def warnings(self, path: Path, no_name: set[int]) -> list[str]:
        """Ids that stand several times, without the parts of a header that are no name."""
        lines: dict[str, list[int]] = {}
        for record in self.ids:
            if record.id:
                lines.setdefault(name_of(record, no_name), []).append(record.line)
        twice = [f"{name} (lines {', '.join(map(str, at))})" for name, at in lines.items() if len(at) > 1]
        return [f"{path}: the same id stands several times: {few_of(twice, 10)}"] if twice else []
