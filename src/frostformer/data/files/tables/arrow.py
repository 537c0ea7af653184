"""Parquet and Feather files, and data frames of any kind, through pyarrow (extra `parquet`)."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from frostformer.data.files.parsing.lists import list_of, scalar_text
from frostformer.data.files.parsing.text import first_bytes
from frostformer.data.files.tables.cells import BLOCK_LETTERS, BLOCK_ROWS, Block, Cell, Source, Spot, check_width
from frostformer.data.files.tables.headers import column_names
from frostformer.errors import InputError

PARQUET, FEATHER = b"PAR1", b"ARROW1"


@dataclass(kw_only=True)
class Arrow(Source):
    """A table of Arrow's kind."""

    columns: list[str]
    """Columns as they are stored; the fields of an object are columns of their own in `names`."""

    frame: Any = None
    """A table in memory; None where it is read from the file."""

    def blocks(self) -> Iterator[Block]:
        """All rows in order."""
        row = 0
        with _told(self.path):
            for batch in self._batches():
                for start in range(0, batch.num_rows, BLOCK_ROWS):
                    part = batch.slice(start, BLOCK_ROWS)
                    spots = [Spot(row + at + 1, 0) for at in range(part.num_rows)]
                    row += part.num_rows
                    columns: dict[str, list[Cell]] = {}
                    for name, array in zip(self.columns, part.columns, strict=True):
                        columns |= _columns(name, array)
                    yield Block(spots, columns)

    def _batches(self) -> Iterator[Any]:
        if self.frame is not None:
            yield from self.frame.to_batches(max_chunksize=BLOCK_ROWS)
            return
        pyarrow = load_pyarrow()
        if first_bytes(self.path, 4) == PARQUET:
            with pyarrow.parquet.ParquetFile(self.path) as file:
                size = sum(file.metadata.row_group(at).total_byte_size for at in range(file.metadata.num_row_groups))
                each = max(size // max(file.metadata.num_rows, 1), 1)
                rows = int(min(max(4 * BLOCK_LETTERS // each, 1), 16 * BLOCK_ROWS))
                yield from file.iter_batches(batch_size=rows)
            return
        with pyarrow.OSFile(str(self.path)) as file, pyarrow.ipc.open_file(file) as reader:
            for at in range(reader.num_record_batches):
                yield reader.get_batch(at)


def open_arrow(path: Path) -> Arrow:
    """A Parquet or Feather file.

    Raises:
        InputError: pyarrow is missing, or the file is damaged.
    """
    pyarrow = load_pyarrow()
    with _told(path):
        if first_bytes(path, 4) == PARQUET:
            schema = pyarrow.parquet.read_schema(path)
        else:
            with pyarrow.OSFile(str(path)) as file, pyarrow.ipc.open_file(file) as reader:
                schema = reader.schema
        return _arrow(path, schema)


def to_arrow(frame: Any) -> Any:
    """A data frame of pandas, polars, DuckDB or any other library that offers Arrow's interface, as pyarrow's table.

    Raises:
        InputError: pyarrow is missing, or it is no data frame.
    """
    pyarrow = load_pyarrow()
    try:
        return pyarrow.table(frame)
    except Exception as error:  # noqa: BLE001 (whatever a library's interface raises)
        raise InputError(f"{type(frame).__name__} is no data frame that pyarrow takes ({str(error)[:200]})") from None


def open_frame(table: Any, name: Path) -> Arrow:
    """A table of pyarrow in memory; the name is for sentences."""
    return _arrow(name, table.schema, table)


def _is_unread(kind: Any) -> bool:
    """Whether a column holds bytes or maps, which are neither numbers nor texts."""
    types = load_pyarrow().types
    return bool(
        types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind) or types.is_map(kind)
    )


def _unread(schema: Any) -> list[str]:
    """A warning on columns that are not read."""
    names = [f"'{name}'" for name, kind in zip(schema.names, schema.types, strict=True) if _is_unread(kind)]
    return [f"bytes and maps are not read, and are empty here: {', '.join(names[:8])}"] if names else []


def _arrow(path: Path, schema: Any, frame: Any = None) -> Arrow:
    """A table of this schema of pyarrow."""
    check_width(path, len(schema.names))
    stored = column_names(schema.names, len(schema.names))[0]
    names = [one for name, kind in zip(stored, schema.types, strict=True) for one in _flat_names(name, kind)]
    return Arrow(path, names, warnings=_unread(schema), columns=stored, frame=frame)


def _flat_names(name: str, kind: Any) -> list[str]:
    if not load_pyarrow().types.is_struct(kind):
        return [name]
    return [one for part in kind for one in _flat_names(f"{name}.{part.name}", part.type)]


def load_pyarrow() -> Any:
    """The library.

    Raises:
        InputError: it is not installed.
    """
    try:
        import pyarrow
        import pyarrow.ipc
        import pyarrow.parquet
    except ImportError:
        raise InputError("pyarrow is missing, install it with `pip install 'frostformer[parquet]'`") from None
    return pyarrow


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    pyarrow = load_pyarrow()
    try:
        yield
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError, NotImplementedError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} cannot be read ({' '.join(str(error).split())[:200]}): get it again") from None


def _columns(name: str, array: Any) -> dict[str, list[Cell]]:
    """A column as cells; the fields of an object are columns of their own."""
    types = load_pyarrow().types
    kind = array.type
    if isinstance(kind, load_pyarrow().ExtensionType):
        return _columns(name, array.storage)
    if types.is_dictionary(kind):
        return _columns(name, array.dictionary_decode())
    if types.is_struct(kind):
        made: dict[str, list[Cell]] = {}
        for field_, part in zip(kind, array.flatten(), strict=True):
            made |= _columns(f"{name}.{field_.name}", part)
        return made
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        if types.is_floating(kind.value_type) or types.is_integer(kind.value_type):
            return {name: _of_numbers(array)}
        return {name: [_of_list(one) for one in array.to_pylist()]}
    if _is_unread(kind):
        return {name: [""] * len(array)}
    return {name: [_text(one) for one in _plain(array)]}


def _of_numbers(array: Any) -> list[Cell]:
    """Lists of numbers without a detour through Python's objects."""
    pyarrow = load_pyarrow()
    there = array.is_valid().to_pylist()
    lengths = [one or 0 for one in pyarrow.compute.list_value_length(array).to_pylist()]
    values = array.flatten().cast(pyarrow.float64(), safe=False)
    flat = np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)
    ends = np.cumsum([length if known else 0 for length, known in zip(lengths, there, strict=True)])
    parts = np.split(flat, ends[:-1]) if len(ends) else []
    return [part if known else "" for part, known in zip(parts, there, strict=True)]


def _of_list(values: Any) -> Cell:
    if values is None:
        return ""
    found = list_of([_bare(one) for one in values])
    return found if found is not None else str(values)[:10_000]


def _bare(value: Any) -> Any:
    return value if value is None or isinstance(value, (bool, int, float, str, list, dict)) else _text(value)


def _plain(array: Any) -> list[Any]:
    pyarrow = load_pyarrow()
    if pyarrow.types.is_timestamp(array.type):  # Python's dates know no nanoseconds
        zone = "" if array.type.tz is None else "+00:00"
        array = array.cast(pyarrow.timestamp("us", tz=array.type.tz), safe=False).cast(pyarrow.timestamp("us"))
        return [None if one is None else f"{_text(one)}{zone}" for one in array.to_pylist()]
    if pyarrow.types.is_float16(array.type):
        array = array.cast(pyarrow.float32())
    if pyarrow.types.is_float32(array.type):  # the fewest digits that give the same float32
        return [None if one is None else str(np.float32(one)) for one in array.to_pylist()]
    return list(array.to_pylist())


def _text(value: Any) -> str:
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat(*([" "] if isinstance(value, datetime.datetime) else []))
    if isinstance(value, datetime.timedelta):
        return repr(value.total_seconds())
    return scalar_text(value)
