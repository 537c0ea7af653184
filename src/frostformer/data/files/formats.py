"""The kinds of files by name, each loaded when it is needed, in the order in which they are tried."""

from __future__ import annotations

import gzip
import importlib
import zlib
from pathlib import Path

from frostformer.data.files.schema import Format
from frostformer.errors import InputError, unknown_name
from frostformer.files import is_file_or_folder, is_folder

HEAD = 2**16  # bytes by which a kind is recognised
FORMATS: dict[str, str] = {
    "ts": "frostformer.data.files.records.ts:FORMAT",
    "arff": "frostformer.data.files.records.arff:FORMAT",
    "fasta": "frostformer.data.files.records.fasta:FASTA",
    "fastq": "frostformer.data.files.records.fasta:FASTQ",
    "arrays": "frostformer.data.files.arrays.numpy_files:FORMAT",
    "matlab": "frostformer.data.files.arrays.matlab:FORMAT",
    "images": "frostformer.data.files.folders.images:FORMAT",
    "sounds": "frostformer.data.files.folders.sounds:FORMAT",
    "array-folder": "frostformer.data.files.folders.array_files:FORMAT",
    "har": "frostformer.data.files.folders.har:FORMAT",
    "one-file-each": "frostformer.data.files.folders.table_files:FORMAT",
    "parquet": "frostformer.data.files.tables.formats:ARROW",
    "unread": "frostformer.data.files.unread.recognising:FORMAT",
    "json": "frostformer.data.files.tables.formats:JSON",
    "table": "frostformer.data.files.tables.formats:TABLE",
    "lines": "frostformer.data.files.records.plain_lines:FORMAT",
}
"""Name -> `module:object` with the methods of `Format`."""

_READ = (
    "a table (CSV, TSV, JSON, Parquet), arrays (.npy, .npz, .mat), .ts, ARFF, FASTA or FASTQ, lines of text, or a "
    "folder of tables, arrays, pictures or sounds"
)


def format_of(name: str) -> Format:
    """The format with this name.

    Raises:
        InputError: there is none.
    """
    if name not in FORMATS:
        raise unknown_name("format of files", name, FORMATS)
    module, found = FORMATS[name].split(":")
    format_: Format = getattr(importlib.import_module(module), found)
    return format_


def recognise(path: Path) -> str:
    """Name of the format of a file or folder.

    Raises:
        InputError: there is no such file, or it is of no known kind.
    """
    if not is_file_or_folder(path):
        raise InputError(f"there is no file at {path}: give a file or a folder")
    head = b"" if is_folder(path) else head_of(path)
    for name in FORMATS:
        if format_of(name).recognises(path, head):
            return name
    if is_folder(path):
        raise InputError(f"{path} is a folder without tables, arrays, pictures or sounds: give one that has some")
    raise InputError(f"{path} is {'no kind of file that is read here' if head else 'empty'}: give {_READ}")


def head_of(path: Path) -> bytes:
    """The first 64 kB of a file, unpacked if it is packed with gzip.

    Raises:
        InputError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            start = file.read(HEAD)
        if start[:2] != b"\x1f\x8b":
            return start
        with gzip.open(path) as unpacked:
            return unpacked.read(HEAD)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} cannot be read ({error}): get it again") from error
