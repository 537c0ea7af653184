"""ONNX files: the same logits from onnxruntime, for any number and length of sequences; or one sentence and no file."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import replace

import numpy as np
import pytest
import torch

from frostformer.cli.app import app
from frostformer.data.sequences import Sequences
from frostformer.deploy import export as exporting
from frostformer.deploy import graph
from frostformer.deploy.export import export
from frostformer.errors import InputError
from frostformer.models.build import build_model
from frostformer.models.kernels.int8 import int8_available
from frostformer.runs.adapters import load_adapter
from frostformer.runs.one import run
from frostformer.tasks.reading_registry import read_reading
from frostformer.tasks.task import Task
from frostformer.training.evaluation import predict_logits
from helpers import FAMILIES, TOKENS_SHAPE, VECTORS_SHAPE, ragged

onnxruntime = pytest.importorskip("onnxruntime")

logging.getLogger("torch.__trace").propagate = False  # pytest would keep all that the exporter traces

SHAPES = {
    "tokens": TOKENS_SHAPE,
    "vectors": replace(VECTORS_SHAPE, read_positions=1),
    "by position": replace(VECTORS_SHAPE, read_positions=12, per_position=True),
}
REFUSED = ("longformer", "mamba")  # their code follows the length
OWN = ("one-attention", "lstm", "lstm-2021", "identity")
SHORT = {"steps": 2, "evaluate_every": 1, "batch_size": 4, "device": "cpu"}


def rows(task: Task, count: int = 5) -> Sequences:
    """Sequences of several lengths, where the task has such."""
    return task.test[:count]


def logits_of(path, split: Sequences) -> torch.Tensor:
    """What onnxruntime computes from a file."""
    inputs = split.inputs if split.inputs.ndim == 2 else split.inputs.astype(np.float32)
    (found,) = onnxruntime.InferenceSession(path).run(None, {"inputs": inputs, "lengths": split.lengths})
    return torch.from_numpy(found)


def task_of(kind: str, *, ragged: bool = True) -> Task:
    """Tokens or vectors, 3 to 8 positions long."""
    rng = np.random.default_rng(0)
    lengths = [3 + i % 6 if ragged else 8 for i in range(60)]
    if kind == "tokens":
        x = [rng.integers(0, 9, length) for length in lengths]
    else:
        x = [rng.standard_normal((length, 2)).astype(np.float32) for length in lengths]
    y = np.array(["low", "high"])[[int(row.sum() > (0 if kind == "vectors" else 4 * len(row))) for row in x]]
    return Task.from_arrays(x, y, name="waves", kind=kind)


@pytest.mark.parametrize("kind", ["tokens", "vectors"])
@pytest.mark.parametrize("backbone", ["embedded", "gpt2", "lstm"])
def test_a_trained_run_gives_the_same_logits(folders, tiny_config, tmp_path, kind, backbone):
    task = task_of(kind)
    config = (
        tiny_config(steps=2) if backbone == "gpt2" else replace(tiny_config(steps=2), backbone=backbone, width=None)
    )
    run(config, tmp_path / "run", task=task)
    export(tmp_path / "run", tmp_path / "model.onnx")
    model, _ = load_adapter(tmp_path / "run")
    for split in (task.test, task.test[:1], task.test[np.flatnonzero(task.test.lengths == 3)].trimmed()):
        found = logits_of(tmp_path / "model.onnx", split)
        torch.testing.assert_close(found, predict_logits(model, split, 64), rtol=1e-4, atol=1e-4)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.onnx", "run"]


EXPORTED = [family for family in FAMILIES if family not in REFUSED]


@pytest.mark.parametrize(
    ("family", "name"), [*((family, "tokens") for family in EXPORTED), ("gpt2", "by position"), ("bert", "by position")]
)
def test_every_family_can_be_exported(tiny_model, family, name, tmp_path):
    same_logits(tiny_model(SHAPES[name], family), tmp_path)


@pytest.mark.parametrize(("backbone", "name"), list(zip(OWN, [*SHAPES, "vectors"], strict=True)))
def test_every_control_can_be_exported(tiny_config, backbone, name, tmp_path):
    config = replace(tiny_config(), backbone=backbone, weights="random", width=16)
    same_logits(build_model(config, SHAPES[name])[0].eval(), tmp_path)


def test_the_mean_can_be_exported(tiny_model, tmp_path):
    same_logits(tiny_model(SHAPES["vectors"], "bert", read_out="mean"), tmp_path)


def test_low_rank_updates_can_be_exported(tiny_model, tmp_path):
    pytest.importorskip("peft")
    same_logits(tiny_model(SHAPES["vectors"], "gpt2", lora_rank=2), tmp_path)


def test_sequences_of_one_position_can_be_exported(tiny_model, tmp_path):
    same_logits(tiny_model(replace(VECTORS_SHAPE, length=1, read_positions=1), "gpt2"), tmp_path)


def same_logits(model, folder) -> None:
    """The file of a model gives its logits on ragged sequences, one and many."""
    (folder / "model.onnx").write_bytes(graph.onnx_content(model, {}))
    shape = model.shape
    lengths = [n for n in (12, 2, 7, 5) if n <= shape.length] or [shape.length]
    split = ragged(shape, lengths, max(lengths))
    for part in (split, split[1:], split[-1:].trimmed()) if len(split) > 1 else (split,):
        expected = predict_logits(model, part, 8)
        torch.testing.assert_close(logits_of(folder / "model.onnx", part), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("family", REFUSED)
def test_what_cannot_be_exported_is_one_sentence(tiny_config, tmp_path, family, capfd):
    run(tiny_config(family, steps=3), tmp_path / "run")
    with pytest.raises(InputError, match=r"^backbone '.*' computes what cannot be exported .*: use `frostformer pr"):
        export(tmp_path / "run", tmp_path / "new" / "model.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert capfd.readouterr() == ("", "")


def test_metadata_say_how_values_are_read_and_what_logits_stand_for(tiny_config, tmp_path):
    task = task_of("vectors")
    run(tiny_config(steps=2), tmp_path / "run", task=task)
    export(tmp_path / "run", tmp_path / "model.onnx")
    said = onnxruntime.InferenceSession(tmp_path / "model.onnx").get_modelmeta().custom_metadata_map
    assert read_reading(json.loads(said["reading"])) == task.reading
    assert json.loads(said["scoring"])["names"] == ["high", "low"]
    assert json.loads(said["shape"])["length"] == 8
    assert json.loads(said["task_fingerprint"]) == task.fingerprint
    assert said["task"] == "waves"
    content = (tmp_path / "model.onnx").read_bytes()
    assert os.fsencode(exporting.__file__.partition("deploy")[0]) not in content  # no paths of this machine
    assert b"site-packages" not in content


@pytest.fixture(scope="module")
def digits_run(tmp_path_factory, tiny_config):
    out = tmp_path_factory.mktemp("digits")
    run(tiny_config(steps=3), out)
    return out


def test_a_file_that_gives_other_logits_is_not_written(digits_run, tmp_path, monkeypatch):
    (tmp_path / "model.onnx").write_text("old")
    made = exporting.onnx_content

    def of_another(model, described):
        with torch.no_grad():
            model.output_layer.bias += 0.01
            content = made(model, described)
            model.output_layer.bias -= 0.01
        return content

    monkeypatch.setattr(exporting, "onnx_content", of_another)
    with pytest.raises(
        InputError, match=r"gives logits that are off by .*e-0., more than 1e-04 .* nothing was written"
    ):
        export(digits_run, tmp_path / "model.onnx")
    assert (tmp_path / "model.onnx").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_that_cannot_be_run_is_not_written(digits_run, tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "onnx_content", lambda *_: b"no model")
    with pytest.raises(InputError, match="onnxruntime cannot run it"):
        export(digits_run, tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_a_model_too_large_for_a_file_is_refused(digits_run, tmp_path, monkeypatch):
    monkeypatch.setattr(graph, "MOST_BYTES", 1000)
    with pytest.raises(InputError, match=r"has 0\.0 GB, and an ONNX file holds at most 2"):
        export(digits_run, tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not int8_available(), reason="this CPU has no 8-bit kernel")
def test_8_bit_matrices_are_refused(tiny_config, tmp_path):
    run(tiny_config(steps=3, backbone_precision="int8"), tmp_path / "run")
    with pytest.raises(InputError, match="8-bit matrices, whose rounding no ONNX file has"):
        export(tmp_path / "run", tmp_path / "model.onnx")


def test_a_missing_package_is_named(digits_run, tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "find_spec", lambda name: None if name == "onnxscript" else name)
    with pytest.raises(InputError, match=r"^export needs the package onnxscript: pip install 'frostformer\[export\]'$"):
        export(digits_run, tmp_path / "model.onnx")


@pytest.mark.parametrize("place", ["", "run/result.json/model.onnx"])
def test_a_place_that_cannot_be_written_is_refused_before_work(digits_run, tmp_path, monkeypatch, place):
    monkeypatch.setattr(exporting, "load_adapter", None)
    (tmp_path / "run").symlink_to(digits_run)
    with pytest.raises(InputError, match="cannot be written"):
        export(digits_run, tmp_path / place)


def test_the_command_says_what_it_wrote(digits_run, tmp_path, capsys):
    words = ["export", str(digits_run), str(tmp_path / "model.onnx")]
    app(words, result_action="return_value", exit_on_error=False)
    said = capsys.readouterr().out
    assert "inputs (B, T, 4) float32, lengths (B,) int64; logits (B, 1, 1, 10) float32" in said
    assert "checked with onnxruntime on" in said


def test_a_module_of_ones_own_is_exported(tiny_config, tmp_path):
    module = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.Tanh())
    module.width = 8
    task = task_of("vectors", ragged=False)
    run(replace(tiny_config(), weights="auto"), tmp_path / "run", task=task, backbone=module)
    export(tmp_path / "run", tmp_path / "model.onnx", backbone=module)
    model, _ = load_adapter(tmp_path / "run", module)
    found, split = logits_of(tmp_path / "model.onnx", rows(task)), rows(task)
    torch.testing.assert_close(found, predict_logits(model, split, 8), rtol=1e-4, atol=1e-4)
