"""Plain text for pretraining: reads a corpus, holds out documents, trains the tokenizer and encodes text as token ids.

A corpus is one file: UTF-8 text, plain (`.txt`) or compressed (`.txt.xz`), or Parquet with a column `text`. A line of
the form `<<< name >>>` begins a new document. A file without such lines is one document.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from frostformer.errors import InputError
from frostformer.files import MOST_BYTES, is_file, read_at_most
from frostformer.schema import reading

if TYPE_CHECKING:
    from tokenizers import Tokenizer

END_OF_TEXT = "<|endoftext|>"
HELD_OUT_EVERY = 20  # documents 10, 30, 50, ... (counted from 0) are held out: 5 % from all parts of the file
_PARQUET_ROWS = 1024  # that are unpacked at a time
_DOCUMENT_MARK = re.compile(r"^<<< (.+) >>>\n", re.MULTILINE)


@dataclass(frozen=True)
class Document:
    """One text and its name."""

    name: str
    text: str


def read_documents(path: Path) -> list[Document]:
    """The documents of a corpus file, in order.

    Raises:
        InputError: the file is missing, empty, too large or not UTF-8 text.
    """
    if not is_file(path):
        raise InputError(f"there is no file {path}: give a .txt, .txt.xz or .parquet file")
    remedy = "give UTF-8 text as .txt or .txt.xz, or Parquet with a column named text"
    packed = b"" if path.suffix == ".parquet" else read_at_most(path)
    with reading(f"{path} cannot be read as text", remedy):
        content = packed.decode("utf-8-sig") if path.suffix != ".parquet" else _read_parquet(path)
    if path.suffix not in (".xz", ".parquet"):
        content = io.StringIO(content, newline=None).read()  # line ends of every system become those of Linux
    pieces = _DOCUMENT_MARK.split(content)  # text before the first mark, then name, text, name, text, ...
    documents = [Document(path.stem, pieces[0])] if pieces[0].strip() else []
    documents += [Document(name, text) for name, text in zip(pieces[1::2], pieces[2::2], strict=True) if text.strip()]
    if not documents:
        raise InputError(f"{path} contains no text: give a file with at least one non-empty line")
    return documents


def split_documents(documents: list[Document]) -> tuple[list[Document], list[Document]]:
    """The training documents and the held-out documents.

    Every twentieth document is held out. With fewer than 11 documents, it is the last 5 % of all characters instead.
    """
    middle = HELD_OUT_EVERY // 2
    if len(documents) > middle:
        held_out = documents[middle::HELD_OUT_EVERY]
        return [document for i, document in enumerate(documents) if i % HELD_OUT_EVERY != middle], held_out
    joined = "\n".join(document.text for document in documents)
    cut = joined.rfind("\n", 0, int(len(joined) * 0.95)) + 1 or int(len(joined) * 0.95)
    return [Document("beginning", joined[:cut])], [Document("last 5 %", joined[cut:])]


def train_tokenizer(documents: list[Document], vocabulary: int) -> Tokenizer:
    """A byte-level byte-pair tokenizer with `vocabulary` entries, like GPT-2's. It can encode any text."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[END_OF_TEXT],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    lines = (line for document in documents for line in document.text.splitlines(keepends=True))
    tokenizer.train_from_iterator(lines, trainer)
    return tokenizer


def encode(tokenizer: Tokenizer, document: Document) -> np.ndarray:
    """The token ids of one document as uint16.

    The first id marks the end of a text, so that every token of the document has a token before it to predict it from.
    """
    end_of_text = tokenizer.token_to_id(END_OF_TEXT)
    lines = tokenizer.encode_batch_fast(document.text.splitlines(keepends=True))
    ids = [np.array([end_of_text], np.uint16), *(np.array(line.ids, np.uint16) for line in lines)]
    return np.concatenate(ids)


def _read_parquet(path: Path) -> str:
    """The rows of the column `text`, one after the other."""
    try:
        import pyarrow.parquet as parquet
    except ImportError:
        raise InputError("pyarrow is missing, install it with `pip install 'frostformer[parquet]'`") from None
    parts, size = [], 0
    with parquet.ParquetFile(path) as file:
        if "text" not in file.schema_arrow.names:
            raise InputError(f"it has no column 'text', but {', '.join(file.schema_arrow.names[:5])}")
        for batch in file.iter_batches(_PARQUET_ROWS, columns=["text"]):  # few at a time: rows may repeat a long text
            parts += batch.column(0).to_pylist()
            size += batch.nbytes
            if size > MOST_BYTES:
                raise InputError(f"it has more than {MOST_BYTES:,} bytes of text")
    if not all(isinstance(part, str) for part in parts):
        raise InputError("its column 'text' holds something other than text")
    return "".join(parts)
