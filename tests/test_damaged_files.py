"""Every kind of file that is read, damaged in hundreds of ways: it is read, or one sentence says what is wrong."""

from __future__ import annotations

import gzip
import io
import json
import lzma
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from damage import damaged, edited
from frostformer.data.readers.idx import read_idx
from frostformer.data.readers.lra import read_lra
from frostformer.data.readers.tape import read_tape
from frostformer.deploy.inputs import read_sequences
from frostformer.errors import InputError
from frostformer.pretraining.text import read_documents
from frostformer.report.page import write_report
from frostformer.results.result import read_result, write_result
from frostformer.runs.adapters import FILE_NAME, Adapter, load_adapter
from frostformer.runs.job import Watch
from frostformer.runs.one import run
from frostformer.tasks.readings import Patches, Reading, Scaled, Words
from frostformer.training.checkpoints import CHECKPOINT_NAME, read_tensors, write_tensors
from helpers import TOKENS_SHAPE, VECTORS_SHAPE
from results.made import classes, labels, numbers, result

RESULTS = {"format 1": result(), "classes": classes([[3, 1], [0, 2]], ["x", "y"]), "labels": labels(), "n": numbers()}


def survives(read) -> bool:
    """Whether a file is read; if not, it is refused in one sentence."""
    sentence = ""
    try:
        read()
    except InputError as error:
        sentence = str(error)
        assert sentence
    assert "\n" not in sentence
    return not sentence


def npy(header: str, content: bytes = bytes(24)) -> bytes:
    """An array file with this header."""
    text = header.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + content


@pytest.mark.parametrize("name", RESULTS)
def test_an_edited_result_is_reported_or_refused(tmp_path, name):
    path = tmp_path / "result.json"
    write_result(path, replace(RESULTS[name], resolved={"device": "cpu: no GPU here"}))
    whole = json.loads(path.read_text())
    survived = 0
    for seed in range(150):
        path.write_text(json.dumps(edited(whole, np.random.default_rng([seed, len(name)]))))
        survived += survives(lambda: write_report([RESULTS[name], read_result(path)], tmp_path / "report.html"))
    assert 0 < survived < 150


def test_a_damaged_result_is_reported_or_refused(tmp_path):
    path = tmp_path / "result.json"
    write_result(path, RESULTS["classes"])
    whole = path.read_bytes()
    for seed in range(150):
        path.write_bytes(damaged(whole, np.random.default_rng(seed)))
        survives(lambda: write_report([read_result(path)], tmp_path / "report.html"))


def test_every_flipped_bit_of_a_tensor_file_is_seen(tmp_path):
    path = tmp_path / "file"
    write_tensors(path, {"a": torch.arange(3.0), "b": torch.tensor([1.5], dtype=torch.bfloat16)}, {"text": "é", "n": 1})
    whole = path.read_bytes()
    for bit in range(0, 8 * len(whole), 5):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        assert not survives(lambda: read_tensors(path)), bit


def test_edited_headers_of_safetensors_are_refused(tmp_path):
    path = tmp_path / "file"
    tensors = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.ones(4)}
    write_tensors(path, tensors, {"step": 1})
    whole = path.read_bytes()
    size = int.from_bytes(whole[:8], "little")
    header = json.loads(whole[8 : 8 + size])
    for seed in range(200):
        text = json.dumps(edited(header, np.random.default_rng(seed))).encode()
        path.write_bytes(len(text).to_bytes(8, "little") + text + whole[8 + size :])
        if survives(lambda: read_tensors(path)):  # an edit that changes nothing, such as a key at another place
            assert all(torch.equal(read_tensors(path)[0][name], tensor) for name, tensor in tensors.items())


class _StoppedError(Exception):
    pass


@pytest.fixture(scope="module")
def adapter_file(tmp_path_factory, tiny_config):
    """The file of a finished run."""
    out = tmp_path_factory.mktemp("adapter")
    run(tiny_config(task="bit-xor", steps=3), out)
    return out / FILE_NAME


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory, tiny_config):
    """(configuration, folder of a run that stopped behind its first checkpoint)."""
    out, config = tmp_path_factory.mktemp("stopped"), tiny_config(task="bit-xor", steps=9)

    def stop(out, training, record):
        if record.step == 6:
            raise _StoppedError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("frostformer.runs.job.CHECKPOINT_SECONDS", 0)
        with pytest.raises(_StoppedError):
            run(config, out, watch=Watch(progress=stop))
    return config, out


def test_edited_adapters_are_read_or_refused(adapter_file, tmp_path):
    _, header = read_tensors(adapter_file)
    header["config"]["backbone"] = "none/there"  # what is read is looked at, and no model is built
    header["scoring"] |= {"names": ["no", "yes"], "weights": [0.5, 1.5]}
    for number, described in enumerate((Scaled((0.0,), (1.0,)), Words(("a", "b")), Patches(1, (2, 2)))):
        whole = header | {"reading": described.describe()}
        for seed in range(80):
            new = edited(whole, np.random.default_rng([seed, number]))
            survives(lambda new=new: Adapter.read(tmp_path / "x", json.loads(json.dumps(new))))


@pytest.mark.parametrize("seed", range(40))
def test_an_adapter_with_an_edited_header_predicts_or_is_refused(adapter_file, tmp_path, seed):
    tensors, header = read_tensors(adapter_file)
    generator = np.random.default_rng(seed)
    part = ("shape", "scoring", "reading", "task_version")[seed % 4]
    new = header | edited({part: header[part]}, generator)
    write_tensors(tmp_path / FILE_NAME, tensors, new)
    survives(lambda: load_adapter(tmp_path))


@pytest.mark.parametrize(
    "change",
    [
        lambda tensor: torch.zeros(0),
        lambda tensor: torch.tensor(1.0),
        lambda tensor: tensor.long(),
        lambda tensor: tensor.double(),
        lambda tensor: tensor[None],
        lambda tensor: torch.full_like(tensor, float("nan")),
        lambda tensor: torch.full_like(tensor, float("inf")),
    ],
)
def test_tensors_of_another_kind_are_refused(adapter_file, checkpoint, tmp_path, change):
    tensors, header = read_tensors(adapter_file)
    for name in tensors:
        write_tensors(tmp_path / FILE_NAME, tensors | {name: change(tensors[name])}, header)
        assert not survives(lambda: load_adapter(tmp_path))
    config, out = checkpoint
    tensors, header = read_tensors(out / CHECKPOINT_NAME)
    for name in ("now/output_layer.bias", "best/output_layer.bias", "optimizer/0/exp_avg"):
        write_tensors(tmp_path / CHECKPOINT_NAME, tensors | {name: change(tensors[name])}, header)
        assert not survives(lambda: run(config, tmp_path, resume=True))


@pytest.mark.parametrize("seed", range(30))
def test_a_run_goes_on_from_an_edited_checkpoint_or_refuses_it(checkpoint, tmp_path, seed):
    config, out = checkpoint
    tensors, header = read_tensors(out / CHECKPOINT_NAME)
    write_tensors(tmp_path / CHECKPOINT_NAME, tensors, edited(header, np.random.default_rng(seed)))
    survives(lambda: run(config, tmp_path, resume=True))


HEADERS = [
    f"{{'descr': {kind}, 'fortran_order': {order}, 'shape': {shape}, }}"
    for kind in ("'<f8'", "'|O'", "'<c8'", "'<U9'", "[('a', '<f8')]", "''", "'V8'")
    for order in ("False", "True", "0")
    for shape in (
        "(1, 3)",
        "(10**9, 3)",
        "(1000000000, 3)",
        "(-1, 3)",
        "(0, 3)",
        "(1000000000000, 0)",
        "()",
        "(True, 3)",
    )
] + ["", "{}", "(" * 9000, "{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 8), }"]


def test_hostile_arrays_are_refused(tmp_path):
    path = tmp_path / "x.npy"
    survived = 0
    for header in HEADERS:
        path.write_bytes(npy(header))
        survived += survives(lambda: read_sequences(path, Reading(), VECTORS_SHAPE))
    assert survived <= 4  # one array of numbers of the right size, in either order, with 1 or True sequences


def test_damaged_arrays_are_read_or_refused(tmp_path):
    content = io.BytesIO()
    np.save(content, np.ones((3, 4, 3)))
    for seed in range(200):
        (tmp_path / "x.npy").write_bytes(damaged(content.getvalue(), np.random.default_rng(seed)))
        survives(lambda: read_sequences(tmp_path / "x.npy", Reading(), VECTORS_SHAPE))


LINES = (
    *("[1e38, 1e308]", "[1, 1e999]", "[9223372036854775808, 1]", f"[1, {10**400}]", "[1, " + "9" * 5000 + "]"),
    *("[true, 2]", "[null, 1]", '["a", 1]', "{}", "1", "[]", "[[]]", "NaN", "[1, NaN]", "[-Infinity, 2]", "\x00"),
    *("[" * 900 + "]" * 900, "[" * 100_000, '{"a": 1, "a": 2}', "[1, 2", "[1, 2] x", "[18446744073709551615, 0]"),
    *("[[1, 2, 3], [4, 5]]", "[[1, 2, 1e39], [1, 2, 3]]", '"ab"', '"\\ud800"', "[1, 2]\x85[3, 4]", "[-1, 2]"),
)


@pytest.mark.parametrize("shape", [TOKENS_SHAPE, VECTORS_SHAPE], ids=["tokens", "vectors"])
def test_hostile_lines_are_read_or_refused(tmp_path, shape):
    path = tmp_path / "x.jsonl"
    for line in LINES:
        for kind in (Reading(), Scaled((0.0,) * 3, (1e-9, 1e-9, 1.0)), Words(("a", "b")), Patches(1, (2, 2))):
            path.write_text(line, encoding="utf-8", newline="")
            survives(lambda kind=kind: read_sequences(path, kind, shape))


def test_damaged_lines_are_read_or_refused(tmp_path):
    content = b"[[1.0, 2, 3], [4, 5, 6]]\n[[1, 2, 3], [4, 5, 6], [7, 8, 9.5e3]]\n"
    for seed in range(200):
        (tmp_path / "x.jsonl").write_bytes(damaged(content, np.random.default_rng(seed)))
        survives(lambda: read_sequences(tmp_path / "x.jsonl", Reading(), VECTORS_SHAPE))


TEXT = "<<< one >>>\nfirst é\n<<< two >>>\nsecond\n".encode()
IDX = bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3]) + bytes(range(6))


@pytest.mark.parametrize(
    ("name", "content", "read"),
    [
        ("a.txt", TEXT, read_documents),
        ("a.txt.xz", lzma.compress(TEXT), read_documents),
        ("a.parquet", TEXT, read_documents),
        ("a.idx", IDX, read_idx),
        ("a.gz", gzip.compress(IDX, mtime=0), read_idx),
        ("a.csv", b"seq,label\nMKV,1\nAAA,2\n", read_tape),
        ("a.json", b'[{"primary": "MKV", "fold_label": 1}]', read_tape),
        ("a.tsv", b"Source\tTarget\n( ( [MAX 4 ) ] )\t4\n", lambda path: list(read_lra(path))),
    ],
)
def test_damaged_data_is_read_or_refused(tmp_path, name, content, read):
    path: Path = tmp_path / name
    for seed in range(150):
        path.write_bytes(damaged(content, np.random.default_rng(seed)))
        survives(lambda: read(path))


@pytest.mark.parametrize(
    "read",
    [
        lambda path: read_result(path),
        lambda path: load_adapter(path),
        lambda path: read_tensors(path),
        lambda path: read_documents(path),
        lambda path: read_sequences(path.with_suffix(".npy"), Reading(), VECTORS_SHAPE),
    ],
)
@pytest.mark.parametrize("name", ["n" * 300, "a\0b", "absent"])
def test_names_that_no_file_can_have_are_refused(tmp_path, read, name):
    assert not survives(lambda: read(tmp_path / name))
