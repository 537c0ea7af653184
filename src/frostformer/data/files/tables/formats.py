"""Formats that hold tables: text with separators, JSON records, Parquet and Feather, and data frames."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from frostformer.data.files.case import Case
from frostformer.data.files.options import FileOptions
from frostformer.data.files.parsing.spellings import nearly
from frostformer.data.files.parsing.text import first_bytes, guessed_encoding, head_text
from frostformer.data.files.schema import Schema, Understood
from frostformer.data.files.tables.arrow import FEATHER, PARQUET, open_arrow, open_frame, to_arrow
from frostformer.data.files.tables.cells import Source, Told, columns_of
from frostformer.data.files.tables.dates import dates_in
from frostformer.data.files.tables.dialect import guess
from frostformer.data.files.tables.headers import is_no_row
from frostformer.data.files.tables.json_record import is_one_record
from frostformer.data.files.tables.jsonlines import open_jsonlines
from frostformer.data.files.tables.labels import LabelTable, label_table, stored_table
from frostformer.data.files.tables.layout import Layout
from frostformer.data.files.tables.long import LongCases
from frostformer.data.files.tables.remarks import of_times
from frostformer.data.files.tables.rows import RowCases
from frostformer.data.files.tables.same_names import with_names_of
from frostformer.data.files.tables.separated import open_separated
from frostformer.data.files.tables.understanding import understand
from frostformer.errors import InputError
from frostformer.files import is_file
from frostformer.words import some


class TableFormat(ABC):
    """A kind of file that holds a table; see `schema.Format`."""

    name: str

    @abstractmethod
    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether the file is of this kind, by its first bytes and its name."""

    @abstractmethod
    def source(self, path: Path, known: Sequence[str] = ()) -> Source:
        """The table; `known` are columns that it has if it has a header."""

    def bare(self, path: Path) -> Source:
        """A table of which another one had no header."""
        return self.source(path)

    def understand(self, path: Path, options: FileOptions) -> Understood:
        """Read the table once and find how it is read; see `schema.Format`."""
        return understand(self.source(path), self.name, options, label_source(options.labels))

    def cases(self, path: Path, schema: Schema) -> Iterator[Case]:
        """The sequences in order; see `schema.Format`."""
        return cases(self.further(path, schema), schema)

    def further(self, path: Path, schema: Schema) -> Source:
        """Another table of the kind; where the first had no header, columns are called by their place."""
        layout = Layout.of(schema.settings)
        source = with_names_of(schema, self.source(path, layout.columns) if layout.headed else self.bare(path))
        if source.headed and not layout.headed:
            source.names = [str(at + 1) for at in range(len(source.names))]
        return source


class SeparatedFormat(TableFormat):
    """CSV, TSV, columns parted by other marks or blanks, files of the UCR archive."""

    name = "table"

    def recognises(self, path: Path, head: bytes) -> bool:
        """By cells that stand in columns; a name such as `.csv` is enough where the content is text."""
        if head[:4] in (PARQUET, b"PK\x03\x04", b"\x93NUM") or head[:6] == FEATHER:
            return False
        if (ending := _ending(path)) in (".csv", ".tsv", ".psv", ".tab"):
            return is_file(path)
        encoding = guessed_encoding(head)
        if b"\0" in head and not encoding.startswith("utf-16") and not encoding.startswith("utf-32"):
            return False
        start = head_text(head[:400]).lstrip()
        if start.startswith((">", "{", "[")) or start[:1] == "@":
            return False
        if not start or ending in (".ts", ".arff", ".fasta", ".fa", ".fastq", ".json", ".jsonl"):
            return False
        try:
            dialect, rows = guess(path, encoding)
        except InputError:
            return False
        parted = dialect.clear >= 0.9 and dialect.width > 1 and len(rows) > 1
        return parted and (dialect.separator != "," or dialect.clear == 1.0 or ending == ".data")

    def source(self, path: Path, known: Sequence[str] = ()) -> Source:
        """The rows of a file."""
        return open_separated(path, known)

    def bare(self, path: Path) -> Source:
        """The rows of a file; the first is a header only if it can be no row."""
        return open_separated(path, names_columns=is_no_row)


class JsonFormat(TableFormat):
    """JSONL, and JSON with a list of records."""

    name = "json"

    def recognises(self, path: Path, head: bytes) -> bool:
        """By the bracket at its start, unless the name says that it is another kind."""
        start = head_text(head[:400]).lstrip()
        named = _ending(path) in (".json", ".jsonl", ".ndjson")
        return named or (start.startswith(("{", "[{", "[[")) and _ending(path) not in (".csv", ".tsv"))

    def source(self, path: Path, known: Sequence[str] = ()) -> Source:
        """The records of a file."""
        return open_jsonlines(path)

    def further(self, path: Path, schema: Schema) -> Source:
        """Another file of the kind, which may be one record."""
        return with_names_of(schema, open_jsonlines(path, partial(is_one_record, schema)))


class ArrowFormat(TableFormat):
    """Parquet and Feather."""

    name = "parquet"

    def recognises(self, path: Path, head: bytes) -> bool:
        """By the mark at its start."""
        return head[:4] == PARQUET or head[:6] == FEATHER

    def source(self, path: Path, known: Sequence[str] = ()) -> Source:
        """The table of a file."""
        return open_arrow(path)


class FrameFormat(ArrowFormat):
    """One data frame, of any library that offers Arrow's interface; a path given to it is only its name."""

    def __init__(self, frame: object) -> None:
        """Turn it into pyarrow's table, once for all that read it.

        Raises:
            InputError: pyarrow is missing, or it is no data frame.
        """
        self._table = to_arrow(frame)

    def source(self, path: Path, known: Sequence[str] = ()) -> Source:
        """The table."""
        return open_frame(self._table, path)


TABLE, JSON, ARROW = SeparatedFormat(), JsonFormat(), ArrowFormat()


def cases(source: Source, schema: Schema) -> Iterator[Case]:
    """The sequences of a table.

    Raises:
        InputError: the file lacks columns that the schema needs.
        CannotRead: of a sequence; the iterator can be asked for the next one.
    """
    layout = Layout.of(schema.settings)
    layout, schema = _fitted(source, layout, schema)
    labels = stored_labels(schema)
    schema = replace(schema, targets=()) if layout.labels and labels is None else schema
    if layout.form != "long":
        return Told(iter(RowCases(source, schema, layout, labels)))
    dates = dates_in(source, layout.time)
    layout = layout if dates.days_first is None else replace(layout, days_first=dates.days_first)
    maker = LongCases(source, schema, layout, labels)
    return Told(iter(maker), lambda: of_times(maker, layout, dates))


def _fitted(source: Source, layout: Layout, schema: Schema) -> tuple[Layout, Schema]:
    """Layout and schema for a file of the same kind, which may lack answers.

    Raises:
        InputError: it lacks columns.
    """
    names = columns_of(source)
    if not layout.headed and len(names) < layout.width and layout.form == "wide":
        others = [str(at + 1) for at in range(layout.width) if str(at + 1) not in schema.targets]
        if len(names) == len(others):  # as the file before without its answers: columns move up
            moved = dict(zip(others, names, strict=True))
            codings = {moved[name]: coding for name, coding in layout.codings.items() if name in moved}
            columns = tuple(moved[name] for name in layout.columns)
            layout = replace(layout, columns=columns, codings=codings, id=moved.get(layout.id, ""), split="")
            beside = tuple(moved[name] for name in schema.beside if name in moved)
            return layout, replace(schema, targets=(), beside=beside)
    needed = [*layout.columns, *(name for name in (layout.id, layout.time) if layout.form == "long" and name)]
    there = set(names)
    lacking = [name for name in dict.fromkeys(needed) if name not in there]
    if lacking and layout.headed and not source.headed:
        raise InputError(
            f"{source.path} has no header, and the run was trained on a table with one: write the names of its columns "
            f"above its first row, {some(needed, most=12)} among them"
        )
    if lacking and not (layout.trim and len(lacking) < len(needed) and not layout.headed):
        near = [said for name in names if (said := nearly(name, lacking[:1]))]
        raise InputError(
            f"{source.path} lacks {len(lacking)} of the columns that make the sequence ({some(lacking)}): "
            + (f"{near[0]}; rename it" if near else f"it has {some(names, most=8)}; give a file of the same kind")
        )
    return layout, schema


def label_source(path: str | None) -> Source | None:
    """The table of ids and answers in a second file.

    Raises:
        InputError: there is none.
    """
    if not path:
        return None
    found = Path(path)
    if not is_file(found):
        raise InputError(f"--labels {path}: there is no such file")
    head = first_bytes(found, 2**16)
    formats = [one for one in (ARROW, JSON) if one.recognises(found, head)]
    return formats[0].source(found) if formats else open_separated(found, blanks=True)


def read_labels(options: FileOptions) -> LabelTable | None:
    """The answers of a second file, for files that have no columns; None where none was given.

    Raises:
        InputError: there is no such file, or it is no table of ids and answers.
    """
    source = label_source(options.labels)
    return label_table(source, options) if source else None


def stored_labels(schema: Schema) -> LabelTable | None:
    """The same from a schema; a file that is not there any more gives no answers."""
    path, settings = schema.settings["labels"], schema.settings
    source = label_source(path) if path and is_file(Path(path)) else None
    return stored_table(source, schema.targets, settings) if source else None


def _ending(path: Path) -> str:
    endings = [one.lower() for one in path.suffixes[-2:]]
    return endings[-2] if len(endings) == 2 and endings[-1] == ".gz" else endings[-1] if endings else ""
