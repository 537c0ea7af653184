"""A small format of files for tests: CSV with a header, and helpers that make cases by hand."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from frostformer.data.files.case import Case
from frostformer.data.files.options import FileOptions
from frostformer.data.files.schema import Schema, Understood
from frostformer.data.files.targets import read_targets
from frostformer.data.files.traps.evidence import Evidence
from frostformer.data.files.traps.look import find_traps
from frostformer.errors import CannotRead

CASES = Path(__file__).parent / "cases" / "own-data"


class TinyCsv:
    """Columns v0, v1, ... are the sequence, or `text` is, as characters; with `id`, rows of one id are a sequence."""

    def recognises(self, path: Path, head: bytes) -> bool:
        """Every `.csv` file is."""
        return path.suffix == ".csv"

    def understand(self, path: Path, options: FileOptions) -> Understood:
        """The header says all."""
        header = _rows(path)[0]
        targets = tuple((options.target or header[-1]).split(","))
        steps = [name for name in header if re.fullmatch(r"v\d+", name)]
        channels = tuple(steps) if options.id or options.window else ("value",)
        beside = tuple(name for name in header if name not in (*steps, *targets, "text", "part", options.id))
        tokens = "text" in header
        settings = {"steps": steps, "id": options.id, "recording": bool(options.window)}
        settings |= {"form": "long"} if options.id else {}
        return Understood(
            Schema(
                "tiny",
                "tokens" if tokens else "vectors",
                () if tokens else channels,
                () if targets == ("none",) else targets,
                per_position=options.per_position or bool(options.window),
                settings=settings,
                beside=beside,
            )
        )

    def cases(self, path: Path, schema: Schema) -> Iterator[Case]:
        """See `Format.cases`."""
        return iter(_Cases(path, schema))


class _Cases:
    """An iterator that goes on behind a row that cannot be read."""

    def __init__(self, path: Path, schema: Schema) -> None:
        header, *rows = _rows(path)
        self.name, self.schema = path.name, schema
        records = [(line, dict(zip(header, row, strict=True))) for line, row in enumerate(rows, 2)]
        key = schema.settings["id"]
        if schema.settings["recording"] and not key:
            self.parts = [("all", records)]
        else:
            parts: dict[str, list] = {}
            for line, record in records:
                parts.setdefault(record[key] if key else str(line - 1), []).append((line, record))
            self.parts = list(parts.items())
        self.place = 0

    def __iter__(self) -> _Cases:
        return self

    def __next__(self) -> Case:
        if self.place == len(self.parts):
            raise StopIteration
        name, records = self.parts[self.place]
        self.place += 1
        return self._case(name, records)

    def _case(self, name: str, records: list) -> Case:
        line, first = records[0]
        place, schema = f"{self.name}, line {line}", self.schema
        steps = schema.settings["steps"]
        if any(record.get(step) == "bad" for _, record in records for step in steps):
            raise CannotRead(f"{place}: 'bad' is no number")
        if schema.kind == "tokens":
            values = np.array([*first["text"]], dtype=str)
        else:
            values = np.array([[float(record[step] or "nan") for step in steps] for _, record in records])
            values = values if len(schema.channels) > 1 or schema.settings["id"] else values.T
        if schema.per_position:
            target = tuple(record[schema.targets[0]] or None for _, record in records)
        else:
            target = tuple(first.get(one) or None for one in schema.targets)
        beside = {one: first[one] or None for one in schema.beside}
        return Case(values, name, place, target, beside, first.get("part") or None)


TINY = TinyCsv()


def _rows(path: Path) -> list[list[str]]:
    return [row for row in csv.reader(io.StringIO(path.read_text())) if row]


def read(path: Path, **options) -> Evidence:
    """The sequences of a small CSV file, with their answers."""
    said = FileOptions(**options)
    schema = TINY.understand(path, said).schema
    cases = list(TINY.cases(path, schema))
    return evidence(cases, schema=schema, **options)


def evidence(cases, *, schema=None, **options) -> Evidence:
    """The sequences and their answers, as the traps look at them."""
    schema = schema or schema_of(cases)
    if "id" in options:  # as in a table
        schema = replace(schema, settings={**schema.settings, "form": "long"})
    targets = (
        read_targets(cases, schema.targets, options.get("scoring"), schema.per_position) if schema.targets else None
    )
    return Evidence(cases, targets, schema, FileOptions(**options))


def schema_of(cases) -> Schema:
    """The schema of cases made by hand."""
    tokens = cases[0].values.ndim == 1
    channels = () if tokens else tuple(f"c{number}" for number in range(cases[0].values.shape[1]))
    targets = tuple(f"t{number}" for number in range(len(cases[0].target)))
    return Schema("hand", "tokens" if tokens else "vectors", channels, ("label",) if len(targets) == 1 else targets)


def cases_of(values, labels=None, *, beside=None, names=None, parts=None) -> list[Case]:
    """Cases of (N, T), (N, T, C) numbers or of texts; `beside` is name -> N texts."""
    beside = beside or {}
    found = []
    for row, one in enumerate(values):
        array = np.array([*one], dtype=str) if isinstance(one, str) else np.asarray(one, np.float64)
        array = array[:, None] if array.ndim == 1 and array.dtype.kind == "f" else array
        target = () if labels is None else (None if labels[row] is None else str(labels[row]),)
        own = {name: None if texts[row] is None else str(texts[row]) for name, texts in beside.items()}
        name = str(row + 1) if names is None else names[row]
        found.append(Case(array, name, f"row {row + 1}", target, own, None if parts is None else parts[row]))
    return found


def said(found: Evidence, trap: str | None = None) -> str:
    """All sentences, or those of one trap."""
    return "\n".join(one.sentence for one in find_traps(found).findings if trap in (None, one.trap))


def waves(count: int, steps: int = 12, seed: int = 0) -> np.ndarray:
    """(N, T) smooth numbers in which nothing is to be found."""
    return np.cumsum(np.random.default_rng(seed).standard_normal((count, steps)), 1).round(4)


def read_ts(path: Path, part: str | None = None) -> list[Case]:
    """The sequences of a `.ts` file without time stamps."""
    cases, data = [], False
    for line, text in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        if not data:
            data = text.strip().lower() == "@data"
        elif text.strip():
            *channels, target = text.strip().split(":")
            rows = [np.array([float(one) if one not in "?" else np.nan for one in row.split(",")]) for row in channels]
            if len({len(row) for row in rows}) == 1:
                cases.append(Case(np.stack(rows, 1), str(line), f"{path.name}, line {line}", (target,), {}, part))
    return cases
