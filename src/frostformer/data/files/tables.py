"""Tables as sequences: from a file's columns and the user's options to a schema, and from a schema to cases."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from frostformer.data.files.answers import LabelTable, label_table, spelling
from frostformer.data.files.case import Case
from frostformer.data.files.cells import Source, Told, some
from frostformer.data.files.channels import channel_names
from frostformer.data.files.columns import Facts, file_decimal, style_of, survey
from frostformer.data.files.forms import Found, find_form
from frostformer.data.files.jsonlines import open_jsonlines
from frostformer.data.files.layout import RECORDING, START, Coding, Layout
from frostformer.data.files.long import LongCases
from frostformer.data.files.options import FileOptions
from frostformer.data.files.parquet import FEATHER, PARQUET, open_arrow, open_frame
from frostformer.data.files.remarks import of_columns, of_steps
from frostformer.data.files.roles import Roles, guess_beside, told
from frostformer.data.files.rows import RowCases
from frostformer.data.files.schema import Schema, Understood
from frostformer.data.files.separated import open_separated
from frostformer.data.files.dialect import guess
from frostformer.data.files.text import guessed_encoding
from frostformer.data.files.times import day_first
from frostformer.errors import CannotRead, InputError
from frostformer.files import is_file


class TableFormat(ABC):
    """A kind of file that holds a table; see `schema.Format`."""

    name: str

    @abstractmethod
    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether the file is of this kind, by its first bytes and its name."""

    @abstractmethod
    def source(self, path: Path, known: Sequence[str] = ()) -> Source:
        """The table; `known` are columns that it has if it has a header."""

    def understand(self, path: Path, options: FileOptions) -> Understood:
        """Read the table once and find how it is read; see `schema.Format`."""
        return understand(self.source(path), self.name, options)

    def cases(self, path: Path, schema: Schema) -> Iterator[Case]:
        """The sequences in order; see `schema.Format`."""
        layout = Layout.of(schema.settings)
        return cases(self.source(path, layout.columns if layout.headed else ()), schema)


class SeparatedFormat(TableFormat):
    """CSV, TSV, columns parted by other marks or blanks, files of the UCR archive."""

    name = "table"

    def recognises(self, path: Path, head: bytes) -> bool:
        """By cells that stand in columns; a name such as `.csv` is enough where the content is text."""
        if not head or head[:4] in (PARQUET, b"PK\x03\x04", b"\x93NUM") or head[:6] == FEATHER:
            return False
        encoding = guessed_encoding(head)
        if b"\0" in head and not encoding.startswith("utf-16") and not encoding.startswith("utf-32"):
            return False
        start = head[:400].decode(encoding, errors="replace").lstrip("\ufeff \t\r\n")
        if start.startswith((">", "{", "[")) or start[:1] == "@":
            return False
        ending = _ending(path)
        if ending in (".csv", ".tsv", ".psv", ".tab"):
            return True
        if ending in (".ts", ".arff", ".fasta", ".fa", ".fastq", ".json", ".jsonl"):
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


class JsonFormat(TableFormat):
    """JSONL, and JSON with a list of records."""

    name = "json"

    def recognises(self, path: Path, head: bytes) -> bool:
        """By the bracket at its start, unless the name says that it is another kind."""
        start = head[:400].decode(guessed_encoding(head), errors="replace").lstrip("\ufeff \t\r\n")
        named = _ending(path) in (".json", ".jsonl", ".ndjson")
        return named or (start.startswith(("{", "[{", "[[")) and _ending(path) not in (".csv", ".tsv"))

    def source(self, path: Path, known: Sequence[str] = ()) -> Source:
        """The records of a file."""
        return open_jsonlines(path)


class ArrowFormat(TableFormat):
    """Parquet and Feather."""

    name = "parquet"

    def recognises(self, path: Path, head: bytes) -> bool:
        """By the mark at its start."""
        return head[:4] == PARQUET or head[:6] == FEATHER

    def source(self, path: Path, known: Sequence[str] = ()) -> Source:
        """The table of a file."""
        return open_arrow(path)


TABLE, JSON, ARROW = SeparatedFormat(), JsonFormat(), ArrowFormat()


def understand_frame(frame: object, options: FileOptions) -> Understood:
    """As `Format.understand`, of a data frame of any library that offers Arrow's interface."""
    return understand(open_frame(frame), ARROW.name, options)


def cases_of_frame(frame: object, schema: Schema) -> Iterator[Case]:
    """As `Format.cases`, of a data frame."""
    return cases(open_frame(frame), schema)


def understand(source: Source, name: str, options: FileOptions) -> Understood:
    """Find how a table is read.

    Args:
        source: the table.
        name: the name of its format.
        options: what the user says.

    Raises:
        InputError: what is wrong, where, and what to do.
    """
    _check_options(options)
    facts, rows = survey(source)
    roles = told(source, facts, rows, options)
    guess_beside(roles)
    found = find_form(roles)
    labels = _labels(options.labels, roles.id, options.target)
    layout = _layout(roles, found, labels)
    targets = labels.targets if labels else tuple(roles.targets)
    beside = tuple(one for one in facts if one not in found.columns and one not in roles.targets)
    if layout.window:
        beside += (RECORDING, START)
    per_position = options.per_position and bool(targets)
    if per_position and len(targets) > 1:
        raise InputError(f"--per-position takes one answer, not {some(targets)}: name one, --target")
    channels = _channels(found, layout, facts)
    schema = Schema(name, found.kind, channels, targets, per_position, layout.settings(), beside)
    warnings = [*roles.warnings, *of_columns(roles, found, layout)]
    left_out = list(roles.left_out)
    if found.form == "long" or labels:
        said, gone = _tried(source, schema, layout, labels)
        warnings += said
        left_out += gone
    notes = [*source.notes, *_numbers_told(roles, layout), *roles.notes, *(labels.notes if labels else [])]
    test = Path(options.test) if options.test else _sibling(source.path)
    return Understood(schema, tuple(notes), tuple([*warnings, *source.warnings]), tuple(left_out), test)


def cases(source: Source, schema: Schema) -> Iterator[Case]:
    """The sequences of a table.

    Raises:
        InputError: the file lacks columns that the schema needs.
        CannotRead: of a sequence; the iterator can be asked for the next one.
    """
    layout = Layout.of(schema.settings)
    layout, schema = _fitted(source, layout, schema)
    labels = _labels(layout.labels, layout.id, ",".join(schema.targets)) if is_file(Path(layout.labels)) else None
    schema = replace(schema, targets=()) if layout.labels and labels is None else schema
    return Told(iter((LongCases if layout.form == "long" else RowCases)(source, schema, layout, labels)))


def _fitted(source: Source, layout: Layout, schema: Schema) -> tuple[Layout, Schema]:
    """Layout and schema for a file of the same kind, which may lack answers.

    Raises:
        InputError: it lacks columns.
    """
    names = list(source.names) or list(_names_of(source))
    if not layout.headed and not source.headed and len(names) < layout.width and layout.form == "wide":
        others = [str(at + 1) for at in range(layout.width) if str(at + 1) not in schema.targets]
        if len(names) == len(others):  # as the file before without its answers: columns move up
            moved = dict(zip(others, names, strict=True))
            codings = {moved[name]: coding for name, coding in layout.codings.items() if name in moved}
            columns = tuple(moved[name] for name in layout.columns)
            roles = {role: moved.get(getattr(layout, role), "") for role in ("id", "time", "group", "split")}
            layout = replace(layout, columns=columns, codings=codings, **roles)
            beside = tuple(moved[name] for name in schema.beside if name in moved)
            return layout, replace(schema, targets=(), beside=beside)
    needed = [*layout.columns, *(name for name in (layout.id,) if layout.form == "long" and name)]
    lacking = [name for name in dict.fromkeys(needed) if name not in names]
    if lacking and not (layout.trim and len(lacking) < len(needed) and not layout.headed):
        raise InputError(
            f"{source.path} lacks {len(lacking)} of the columns that make the sequence ({some(lacking)}): it has "
            f"{some(names, most=8)}; give a file of the same kind"
        )
    return layout, schema


def _names_of(source: Source) -> Sequence[str]:
    for _ in source.blocks():
        pass
    return source.names


def _check_options(options: FileOptions) -> None:
    for name in ("window", "hop"):
        value = getattr(options, name)
        if value is not None and value < 1:
            raise InputError(f"--{name} {value}: give a whole number of rows, 1 or more")
    if options.hop and not options.window:
        raise InputError("--hop needs --window: how many rows each sequence has")


def _layout(roles: Roles, found: Found, labels: LabelTable | None) -> Layout:
    facts, options = roles.facts, roles.options
    decimal = file_decimal(list(facts.values()), roles.source.separator)
    spelt = {name: spelling(facts[name], decimal) for name in roles.targets}
    ragged = bool(getattr(getattr(roles.source, "dialect", None), "ragged", False))
    return Layout(
        found.form,
        tuple(found.columns),
        codings={} if found.kind == "tokens" else _codings(roles, found, decimal),
        id=roles.id,
        time=roles.time,
        group=roles.group or (roles.id if found.form == "long" else ""),
        split=roles.split,
        days_first=_days_first(facts.get(roles.time)),
        headed=roles.source.headed,
        width=len(facts),
        trim=found.form == "wide"
        and (roles.source.series or ragged or _ends_early([facts[one] for one in found.columns])),
        whole=tuple(name for name in roles.targets if spelt[name][0]),
        spelt={name: coding for name, (_, coding) in spelt.items() if coding},
        labels=os.path.abspath(labels.path) if labels else "",  # noqa: PTH100 (links stay as they are)
        window=options.window or 0,
        hop=options.hop or options.window or 0,
        choose=options.choose or "",
    )


def _codings(roles: Roles, found: Found, decimal: str) -> dict[str, Coding]:
    """How the columns of a sequence are read, where these are not plain numbers."""
    made = {}
    for name in found.columns:
        facts = roles.facts[name]
        if facts.type == "boolean":
            made[name] = Coding(boolean=True)
        elif facts.type == "text" and found.form == "long":
            made[name] = Coding(categories=tuple(sorted(facts.distinct)))
        elif facts.type == "number":
            style = style_of(facts, decimal)
            if (coding := Coding(style.decimal, style.unit)) != Coding():
                made[name] = coding
    return made


def _days_first(time: Facts | None) -> bool:
    if time is None:
        return False
    texts = [*time.distinct, *(text for _, text in time.other)]
    return bool(day_first(texts))


def _ends_early(run: Sequence[Facts]) -> bool:
    """Whether rows of a numbered run end early: each column has at least as many empty cells as the one before it."""
    gaps = [one.blank for one in run]
    only_blank = all(one.missing == one.blank for one in run)
    numbered = len({one.name.rstrip("0123456789") for one in run}) == 1
    return numbered and only_blank and gaps[0] == 0 and sum(gap > 0 for gap in gaps) > 1 and gaps == sorted(gaps)


def _channels(found: Found, layout: Layout, facts: dict[str, Facts]) -> tuple[str, ...]:
    if found.kind == "tokens":
        return ()
    if found.form == "wide":
        return tuple(found.channels)
    if found.form == "long":
        return tuple(name for column in found.columns for name in channel_names(column, layout.coding(column)))
    names: list[str] = []
    for column in found.columns:
        widths = sorted(facts[column].widths) or [0]
        if len(widths) > 1:
            raise InputError(f"column '{column}' has lists of {some(widths)} channels: every list needs equally many")
        names += [column] if widths == [0] else [f"{column}[{at + 1}]" for at in range(widths[0])]
    return tuple(names)


def _numbers_told(roles: Roles, layout: Layout) -> list[str]:
    """Notes on the spelling of numbers."""
    notes = []
    codings = [*layout.codings.values(), *layout.spelt.values()]
    if any(one.decimal == "," for one in codings):
        grouped = any("." in text for one in roles.facts.values() if one.type == "number" for text in one.distinct)
        notes.append("decimal comma" + (", and points part thousands" if grouped else ""))
    elif any(one.type == "number" and any("," in text for text in one.distinct) for one in roles.facts.values()):
        notes.append("commas part thousands: 1,234.5 is 1234.5")
    units = [f"'{name}' ({one.unit})" for name, one in layout.codings.items() if one.unit]
    if units:
        notes.append(f"units are left out of the numbers of {some(units, most=8)}")
    if layout.whole:
        notes.append("answers spelt as fractions are whole numbers: 1.0 is 1")
    if layout.trim:
        notes.append("missing values at the end of a row are the end of its sequence")
    for name, coding in layout.codings.items():
        if coding.boolean:
            notes.append(f"column '{name}' is 1 for true, 0 for false")
        if coding.categories:
            words = some(list(coding.categories), most=8)
            notes.append(f"column '{name}' has words: one channel for each of the {len(coding.categories)} ({words})")
    return notes


def _labels(path: str | None, id_name: str, target: str | None) -> LabelTable | None:
    """The second file of ids and answers."""
    if not path:
        return None
    found = Path(path)
    if not is_file(found):
        raise InputError(f"--labels {path}: there is no such file")
    with found.open("rb") as file:
        head = file.read(2**16)
    formats = [one for one in (ARROW, JSON, TABLE) if one.recognises(found, head)]
    source = (formats[0] if formats else TABLE).source(found)
    return label_table(source, survey(source)[0], id_name, target)


def _tried(source: Source, schema: Schema, layout: Layout, labels: LabelTable | None) -> tuple[list[str], list[str]]:
    """Make all sequences once.

    Returns:
        Warnings, and what is left out.

    Raises:
        InputError: a sequence cannot be read.
    """
    maker = (LongCases if layout.form == "long" else RowCases)(source, schema, layout, labels)
    for one in maker:
        if isinstance(one, CannotRead):
            raise InputError(str(one))
    return of_steps(maker if isinstance(maker, LongCases) else None, layout, labels)


def _ending(path: Path) -> str:
    endings = [one.lower() for one in path.suffixes[-2:]]
    return endings[-2] if len(endings) == 2 and endings[-1] == ".gz" else endings[-1] if endings else ""


def _sibling(path: Path) -> Path | None:
    """The file beside `X_TRAIN.tsv` that is called `X_TEST.tsv`."""
    for train, test in (("_TRAIN", "_TEST"), ("_train", "_test"), ("_Train", "_Test")):
        head, found, tail = path.name.rpartition(train)
        if found and is_file(other := path.with_name(head + test + tail)):
            return other
    return None
