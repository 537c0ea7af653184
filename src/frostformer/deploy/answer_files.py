"""Writes answers as CSV, Parquet or JSON lines, a block of rows at a time, so that memory does not grow with them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from frostformer.data.files.tables.arrow import load_pyarrow
from frostformer.deploy.answer_rows import Block
from frostformer.errors import InputError
from frostformer.locks import written_alone
from frostformer.results.kept import check_out_file

_MOST_CELLS = 2**18  # that a group of rows of a Parquet file has; larger groups are read faster, and held in memory


def check_answer_file(out: Path, source: Path) -> None:
    """Refuse, before any work is done, a file that cannot be written.

    Args:
        out: the file to write.
        source: the file or folder that is read.

    Raises:
        InputError: its name has no known ending, a package is missing, its place cannot be written to, or what is read
            stands there.
    """
    if out.suffix.lower() not in WRITERS:
        raise InputError(f"--out {out}: give a name that ends in {', '.join(WRITERS)}; the ending says the format")
    if out.suffix.lower() == ".parquet":
        load_pyarrow()
    check_out_file(out, source)


def write_answers(out: Path, blocks: Iterator[Block]) -> None:
    """Write answers to a file in the format that its ending says; where an error comes, nothing is written.

    Raises:
        InputError: it cannot be written.
    """
    with written_alone(out) as file:
        WRITERS[out.suffix.lower()](file, blocks)


def json_lines(block: Block) -> Iterator[str]:
    """A JSON object for each row, with the end of its line."""
    for row in block.rows:
        values: dict[str, Any] = {}
        for column, value in zip(block.columns, row, strict=True):
            if len(column.keys) > 1:
                values.setdefault(column.keys[0], {})[column.keys[1]] = value
            else:
                values[column.keys[0]] = value
        yield json.dumps(values, allow_nan=False) + "\n"


def write_json_lines(file: IO[bytes], blocks: Iterator[Block]) -> None:
    """JSON objects, one in a line."""
    for block in blocks:
        file.write("".join(json_lines(block)).encode())


def write_csv(file: IO[bytes], blocks: Iterator[Block]) -> None:
    """A header, and a line for each row."""
    header = True
    for block in blocks:
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        if header:
            writer.writerow([column.name for column in block.columns])
            header = False
        writer.writerows(block.rows)
        file.write(text.getvalue().encode(errors="replace"))


def write_parquet(file: IO[bytes], blocks: Iterator[Block]) -> None:
    """Columns of text, of whole numbers and of numbers with a decimal point."""
    pyarrow = load_pyarrow()
    types = {"text": pyarrow.string(), "whole": pyarrow.int64(), "number": pyarrow.float64()}
    first = next(blocks)
    schema = pyarrow.schema([(_encodable(column.name), types[column.kind]) for column in first.columns])
    texts = [column.kind == "text" for column in first.columns]
    with pyarrow.parquet.ParquetWriter(file, schema) as writer:
        for rows in _groups(first, blocks):
            columns = [
                [_encodable(cell) for cell in cells] if text else list(cells)
                for text, cells in zip(texts, zip(*rows, strict=True), strict=True)
            ]
            arrays = [pyarrow.array(cells, kind) for cells, kind in zip(columns, schema.types, strict=True)]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))


def _groups(first: Block, blocks: Iterator[Block]) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of several blocks together."""
    rows = list(first.rows)
    for block in blocks:
        if len(rows) * len(first.columns) >= _MOST_CELLS:
            yield rows
            rows = []
        rows += block.rows
    yield rows


def _encodable(text: str | None) -> str | None:
    """The text without what no file can hold: halves of characters, from a file in another encoding."""
    return None if text is None else text.encode(errors="replace").decode()


WRITERS: dict[str, Callable[[IO[bytes], Iterator[Block]], None]] = {
    ".csv": write_csv,
    ".parquet": write_parquet,
    ".jsonl": write_json_lines,
}
"""Ending of a file's name -> what writes it."""
