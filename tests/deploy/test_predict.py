"""Predictions from files: right values whatever the batch, and one sentence for every kind of wrong file."""

from __future__ import annotations

import json
import tracemalloc

import numpy as np
import pytest
import torch

from frostformer.data.sequences import Sequences
from frostformer.deploy.inputs import read_sequences
from frostformer.deploy.predict import Predictor
from frostformer.errors import InputError
from frostformer.runs.adapters import load_adapter
from frostformer.runs.one import run
from frostformer.tasks.readings import Reading
from frostformer.training.evaluation import predict_logits
from helpers import TOKENS_SHAPE, VECTORS_SHAPE


@pytest.fixture(scope="module")
def digits_run(tmp_path_factory, tiny_config):
    out = tmp_path_factory.mktemp("digits")
    run(tiny_config(steps=3), out)
    return out


def test_predictions_are_the_models(digits_run, tasks, tmp_path):
    inputs = tasks["digits"].test.inputs[:70]  # more than one batch
    np.save(tmp_path / "x.npy", inputs)
    model, _ = load_adapter(digits_run)
    zeros = np.zeros((70, 1, 1), np.int64)
    logits = predict_logits(model, Sequences(inputs, np.full(70, 16), zeros), batch_size=70)[:, 0, 0]
    lines = [json.loads(line) for line in Predictor(digits_run).lines(tmp_path / "x.npy")]
    assert [line["classes"] for line in lines] == logits.argmax(-1).tolist()
    expected = torch.softmax(logits.double(), -1).amax(-1).tolist()
    assert [line["probabilities"] for line in lines] == pytest.approx(expected, abs=2e-6)


def test_jsonl_and_npy_give_the_same(digits_run, tasks, tmp_path):
    inputs = tasks["digits"].test.inputs[:3]
    np.save(tmp_path / "x.npy", inputs)
    (tmp_path / "x.jsonl").write_text("".join(json.dumps(row.tolist()) + "\n" for row in inputs))
    one, other = (list(Predictor(digits_run).lines(tmp_path / name)) for name in ("x.npy", "x.jsonl"))
    assert one == other


def test_ragged_lines_are_padded_on_the_right(tmp_path):
    (tmp_path / "x.jsonl").write_text("[1, 2, 3]\n[4, 5]\n")
    sequences = read_sequences(tmp_path / "x.jsonl", Reading(), TOKENS_SHAPE)
    assert sequences.inputs.tolist() == [[1, 2, 3], [4, 5, 0]]
    assert sequences.lengths.tolist() == [3, 2]


@pytest.mark.parametrize(
    ("name", "content", "shape", "sentence"),
    [
        ("x.jsonl", "", TOKENS_SHAPE, "there are no sequences"),
        ("x.jsonl", "[1, 2", TOKENS_SHAPE, "line 1"),
        ("x.jsonl", "[1, 2]\n[1, [2]]", TOKENS_SHAPE, "sequence 2"),
        ("x.jsonl", '["a", "b"]', TOKENS_SHAPE, "sequence 1"),
        ("x.jsonl", "[1, 99]", TOKENS_SHAPE, "token ids run from 1 to 99"),
        ("x.jsonl", "[1, 2.5]", TOKENS_SHAPE, "not whole"),
        ("x.jsonl", "[1]", TOKENS_SHAPE, "but needs at least 2"),
        ("x.jsonl", str([1] * 13), TOKENS_SHAPE, "13 positions"),
        ("x.jsonl", "[[1, 2], [3, 4]]", VECTORS_SHAPE, "wanted (positions, 3)"),
        ("x.jsonl", "[[1, 2, NaN], [3, 4, 5]]", VECTORS_SHAPE, "not finite"),
        ("x.npy", "not an array", TOKENS_SHAPE, "not a plain .npy array"),
        ("x.csv", "1,2", TOKENS_SHAPE, ".npy or .jsonl"),
    ],
)
def test_wrong_files_are_named(tmp_path, name, content, shape, sentence):
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError) as error:
        read_sequences(tmp_path / name, Reading(), shape)
    assert sentence in str(error.value)
    assert name in str(error.value)


def test_pickled_arrays_are_refused(tmp_path):
    np.save(tmp_path / "x.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match=r"numbers only"):
        read_sequences(tmp_path / "x.npy", Reading(), TOKENS_SHAPE)


def test_line_ends_blank_lines_and_a_byte_order_mark_change_nothing(tmp_path):
    (tmp_path / "x.jsonl").write_bytes(b"\xef\xbb\xbf[1, 2]\r\n\r\n \n[3, 4]")
    assert read_sequences(tmp_path / "x.jsonl", Reading(), TOKENS_SHAPE).inputs.tolist() == [[1, 2], [3, 4]]


def test_arrays_of_every_kind_of_number_are_read(tmp_path):
    wanted = np.arange(6).reshape(2, 3)
    for kind in ("<i2", ">i4", "u1", "<f2", ">f8", "<f4"):
        for array in (wanted.astype(kind), np.asfortranarray(wanted.astype(kind))):
            np.save(tmp_path / "x.npy", array)
            assert read_sequences(tmp_path / "x.npy", Reading(), TOKENS_SHAPE).inputs.tolist() == wanted.tolist()


def test_an_array_that_claims_more_than_the_file_takes_no_memory(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((1, 3)))
    claimed, blank = b"(999999999, 3), }", b" " * 8
    content = (tmp_path / "x.npy").read_bytes()
    assert b"(1, 3), }" + blank in content
    (tmp_path / "x.npy").write_bytes(content.replace(b"(1, 3), }" + blank, claimed))
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=r"x\.npy is not a plain \.npy array"):
            read_sequences(tmp_path / "x.npy", Reading(), VECTORS_SHAPE)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_one_long_sequence_does_not_widen_the_others(tmp_path):
    (tmp_path / "x.jsonl").write_text("[1, 2]\n" * 1000 + str([1] * 100_000) + "\n")
    with pytest.raises(
        InputError, match=r"sequence 1,001 \(counted from 1\) has 100,000 positions, .* 12 at most: cut it"
    ):
        read_sequences(tmp_path / "x.jsonl", Reading(), TOKENS_SHAPE)
