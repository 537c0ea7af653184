"""Corpus files, the held-out split, the tokenizer."""

import lzma
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frostformer.errors import InputError
from frostformer.pretraining.text import END_OF_TEXT, Document, encode, read_documents, split_documents, train_tokenizer

TWO = "<<< one >>>\nfirst\nlines\n<<< two >>>\nsecond\n"


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer([Document("a", "the cat sat on the mat\n" * 20)], 262)


@pytest.mark.parametrize("ending", [".txt", ".txt.xz"])
def test_marks_open_documents(tmp_path, ending):
    path = tmp_path / f"corpus{ending}"
    path.write_bytes(lzma.compress(TWO.encode()) if ending.endswith("xz") else TWO.encode())
    assert read_documents(path) == [Document("one", "first\nlines\n"), Document("two", "second\n")]


def test_text_before_the_first_mark_is_a_document_and_empty_ones_are_dropped(tmp_path):
    path = tmp_path / "corpus.txt"
    path.write_text("before\n<<< empty >>>\n \n<<< full >>>\ntext\nno <<< mark >>>\n")
    assert read_documents(path) == [Document("corpus", "before\n"), Document("full", "text\nno <<< mark >>>\n")]


def test_parquet_is_one_document(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.table({"text": ["a\n", "", "b\n"], "id": [1, 2, 3]}), tmp_path / "wiki.parquet")
    assert read_documents(tmp_path / "wiki.parquet") == [Document("wiki", "a\nb\n")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("absent.txt", None),
        ("empty.txt", b""),
        ("blank.txt", b" \n\n"),
        ("latin1.txt", "é".encode("latin-1")),
        ("cut.txt.xz", lzma.compress(TWO.encode())[:-5]),
        ("plain.txt.xz", TWO.encode()),
        ("plain.parquet", TWO.encode()),
    ],
)
def test_refuses_what_is_not_text(tmp_path, name, content):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=re.escape(str(tmp_path / name))):
        read_documents(tmp_path / name)


def test_a_parquet_file_without_a_text_column_is_refused(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.table({"id": [1, 2, 3]}), tmp_path / "ids.parquet")
    with pytest.raises(InputError, match=r"ids\.parquet"):
        read_documents(tmp_path / "ids.parquet")


@given(st.integers(11, 200))
def test_one_document_in_twenty_is_held_out(count):
    documents = [Document(str(i), "text") for i in range(count)]
    training, held_out = split_documents(documents)
    assert [document.name for document in held_out] == [str(i) for i in range(count) if i % 20 == 10]
    assert sorted(training + held_out, key=lambda d: int(d.name)) == documents


@given(st.lists(st.text("ab\n", min_size=20, max_size=200), min_size=1, max_size=10))
def test_few_documents_hold_out_the_end(texts):
    (training,), (held_out,) = split_documents([Document(str(i), text) for i, text in enumerate(texts)])
    joined = "\n".join(texts)
    assert training.text + held_out.text == joined
    assert training.text
    assert len(held_out.text) >= len(joined) // 20


def test_the_tokenizer_has_the_asked_size_and_merges_what_is_frequent(tokenizer):
    assert tokenizer.get_vocab_size() == 262
    assert tokenizer.token_to_id(END_OF_TEXT) is not None
    assert len(encode(tokenizer, Document("a", "the cat"))) < 1 + len("the cat")


@given(st.text(max_size=100))
def test_every_text_comes_back(tokenizer, text):
    ids = encode(tokenizer, Document("any", text))
    assert ids.dtype == np.uint16
    assert ids[0] == tokenizer.token_to_id(END_OF_TEXT)
    assert tokenizer.decode(ids[1:].tolist(), skip_special_tokens=False) == text
