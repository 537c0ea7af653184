"""Adapter files: the trained tensors alone, for the backbone they belong to."""

import json
import shutil
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import save_file

from frostformer.config import RunConfig
from frostformer.deploy.predict import evaluate
from frostformer.errors import InputError
from frostformer.models.backbones import huggingface
from frostformer.models.backbones.architecture import architecture_text
from frostformer.models.backbones.loading import load_backbone
from frostformer.models.build import build_model, fingerprint
from frostformer.runs.adapters import FILE_NAME, FORMAT, load_adapter, save_adapter
from frostformer.runs.job import Watch
from frostformer.runs.one import run
from frostformer.training.checkpoints import read_tensors, write_tensors
from frostformer.training.evaluation import predict_logits
from helpers import POSITIONS, TOKENS_SHAPE, save_model


@pytest.fixture(scope="session")
def finished(tmp_path_factory, tiny_config):
    """A function: family -> a finished run: its folder, Training and result."""
    made = {}

    def make(family: str = "gpt2"):
        if family not in made:
            out, seen = tmp_path_factory.mktemp(family), []
            watch = Watch(progress=lambda out, training, record: seen.append(training))
            result = run(tiny_config(family, dropout=0.1), out, watch=watch)
            made[family] = SimpleNamespace(out=out, training=seen[0], result=result)
        return made[family]

    return make


@pytest.mark.parametrize("family", ["gpt2", "llama", "gpt-neox", "bert", "t5", "t5-encoder"])
def test_loads_as_the_model_that_was_trained(finished, family, tasks):
    done = finished(family)
    model, adapter = load_adapter(done.out)
    split = tasks["digits"].test
    expected = predict_logits(done.training.model, split, 64)
    assert torch.equal(predict_logits(model, split, 64), expected)
    assert not model.training
    assert adapter.config == done.training.config
    assert adapter.shape == tasks["digits"].shape
    assert evaluate(done.out, "test")["accuracy"] == done.result.metrics["test"]["accuracy"]
    assert evaluate(done.out / FILE_NAME, "validation")["loss"] == done.result.metrics["validation"]["loss"]


@pytest.mark.parametrize("family", ["gpt2", "t5"])
def test_holds_the_trained_tensors_and_nothing_else(finished, family):
    done = finished(family)
    tensors, _ = read_tensors(done.out / FILE_NAME)
    assert tensors.keys() == done.training.trained.keys()
    content = sum(tensor.numel() * 4 for tensor in tensors.values())
    assert (done.out / FILE_NAME).stat().st_size < content + 5000
    assert done.result.adapter_bytes == (done.out / FILE_NAME).stat().st_size < 20_000


def test_position_tables_are_cut_behind_the_last_changed_row(finished):
    done = finished()
    tensors, _ = read_tensors(done.out / FILE_NAME)
    assert done.training.trained["backbone.model.wpe.weight"].shape[0] == POSITIONS
    assert tensors["backbone.model.wpe.weight"].shape[0] == 16  # the positions of a digit
    model, _ = load_adapter(done.out)
    assert torch.equal(model.backbone.model.wpe.weight, done.training.model.backbone.model.wpe.weight)


def test_a_table_that_did_not_change_takes_no_room(finished, tiny_config, tmp_path):
    _, adapter = load_adapter(finished().out)
    model, _ = build_model(adapter.config, adapter.shape)
    table = {"backbone.model.wpe.weight": model.backbone.model.wpe.weight}
    save_adapter(tmp_path / FILE_NAME, table, {name: p.detach().clone() for name, p in table.items()}, adapter)
    assert read_tensors(tmp_path / FILE_NAME)[0]["backbone.model.wpe.weight"].shape[0] == 0


def test_finds_the_backbone_where_it_is_now(finished, folders, tmp_path):
    moved = shutil.copytree(folders["gpt2"], tmp_path / "moved")
    model, _ = load_adapter(finished().out, backbone=str(moved))
    assert model.backbone.name == str(moved)


def test_refuses_another_backbone(finished, folders, tmp_path):
    other = save_model(tmp_path / "other", "gpt2", seed=2)
    for path in (other, folders["bert"]):
        with pytest.raises(InputError, match=r"belongs to backbone .* load it on the backbone it was trained on"):
            load_adapter(finished().out, backbone=str(path))


@pytest.mark.parametrize("resume", [False, True])
def test_other_words_for_the_same_function_are_no_other_backbone(tiny_config, tmp_path, monkeypatch, resume):
    """As from Phi and StableLM in transformers 5.17 to those in 5.23, whose configurations have entries more."""
    run(tiny_config(), tmp_path)
    monkeypatch.setattr(huggingface, "architecture_text", lambda config: architecture_text(config) + ' {"entry": 1}')
    if resume:
        assert run(tiny_config(), tmp_path, resume=True).chosen_step
    else:
        load_adapter(tmp_path)


@pytest.mark.parametrize("entries", [{"layer_norm_epsilon": 1e-3}, {"activation_function": "relu"}, {"n_head": 1}])
def test_the_same_tensors_with_another_function_are_another_backbone(finished, folders, tmp_path, entries):
    shutil.copytree(folders["gpt2"], tmp_path / "other")
    config = json.loads((tmp_path / "other" / "config.json").read_text())
    (tmp_path / "other" / "config.json").write_text(json.dumps(config | entries))
    with pytest.raises(InputError, match="belongs to backbone"):
        load_adapter(finished().out, backbone=str(tmp_path / "other"))


def test_an_adapter_of_the_embedded_backbone_of_0_1_is_refused_by_name(tmp_path):
    run(RunConfig(task="digits", steps=1, batch_size=2, device="cpu"), tmp_path)
    tensors, header = read_tensors(tmp_path / FILE_NAME)
    del header["backbone"]
    for old in (1, 2):
        text = json.dumps(header | {"adapter_format": old, "fingerprint": "0" * 64})
        save_file(tensors, tmp_path / FILE_NAME, {"frostformer": text})
        with pytest.raises(InputError, match=r"embedded backbone of 0\.1, which this version does not have"):
            load_adapter(tmp_path)


def test_the_fingerprint_covers_names_shapes_and_every_value(tiny_model):
    one, other = tiny_model(TOKENS_SHAPE).backbone, tiny_model(TOKENS_SHAPE, dropout=0.5).backbone
    assert fingerprint(one) == fingerprint(other)
    assert fingerprint(one) != fingerprint(tiny_model(TOKENS_SHAPE, layers=1).backbone)
    with torch.no_grad():
        other.model.h[1].mlp.c_fc.bias[-1] += 1e-6
    assert fingerprint(one) != fingerprint(other)
    as_row, as_column = torch.nn.Linear(2, 1, bias=False), torch.nn.Linear(1, 2, bias=False)
    as_row.architecture = as_column.architecture = str
    as_column.weight.data = as_row.weight.data.T.contiguous()
    assert fingerprint(as_row) != fingerprint(as_column)


def test_the_fingerprint_covers_what_the_tensors_do_not_show(folders, tmp_path, tiny_model):
    shutil.copytree(folders["gpt2"], tmp_path / "other")
    config = json.loads((tmp_path / "other" / "config.json").read_text())
    (tmp_path / "other" / "config.json").write_text(json.dumps(config | {"n_head": 4}))
    other = load_backbone(str(tmp_path / "other"), "pretrained", None, 0.0, 0)
    assert fingerprint(tiny_model(TOKENS_SHAPE).backbone) != fingerprint(other)


def test_random_weights_come_back_from_their_seed(tiny_config, tmp_path, tasks):
    seen = []
    watch = Watch(progress=lambda out, training, record: seen.append(training))
    run(tiny_config(weights="random", seed=3), tmp_path, watch=watch)
    model, _ = load_adapter(tmp_path)
    split = tasks["digits"].test
    assert torch.equal(predict_logits(model, split, 64), predict_logits(seen[0].model, split, 64))


@pytest.mark.parametrize("damage", ["absent", "empty", "half", "text", "foreign"])
def test_refuses_what_is_not_an_adapter_file(finished, tmp_path, damage):
    path = tmp_path / FILE_NAME
    content = (finished().out / FILE_NAME).read_bytes()
    if damage == "foreign":
        save_file({"a": torch.zeros(2)}, path, {"format": "pt"})
    elif damage != "absent":
        path.write_bytes({"empty": b"", "half": content[: len(content) // 2], "text": b"not an adapter"}[damage])
    for given_path in (path, tmp_path):
        with pytest.raises(InputError, match=FILE_NAME):
            load_adapter(given_path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda header: header.pop("adapter_format"), "is not an adapter"),
        (lambda header: header.update(adapter_format=FORMAT + 1), "upgrade"),
        (lambda header: header.update(backbone={"fingerprint": "0" * 64}), "with fingerprint 000000000000"),
        (lambda header: header["shape"].update(classes=11), "10 outputs, but there are 11"),
    ],
)
def test_refuses_a_header_that_does_not_fit(finished, tmp_path, change, words):
    tensors, header = read_tensors(finished().out / FILE_NAME)
    change(header)
    write_tensors(tmp_path / FILE_NAME, tensors, header)
    with pytest.raises(InputError, match=words):
        load_adapter(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        lambda tensors: tensors.update(ghost=torch.zeros(1)),
        lambda tensors: tensors.update({"output_layer.bias": torch.zeros(11)}),
        lambda tensors: tensors.update({"output_layer.weight": torch.zeros(10, 33)}),
        lambda tensors: tensors.pop("output_layer.bias"),  # would be left at its random start
        lambda tensors: tensors.update({"output_layer.bias": torch.zeros(9)}),
    ],
    ids=["unknown", "too long", "too wide", "missing", "too short"],
)
def test_refuses_tensors_that_do_not_fit(finished, tmp_path, change):
    tensors, header = read_tensors(finished().out / FILE_NAME)
    change(tensors)
    write_tensors(tmp_path / FILE_NAME, tensors, header)
    with pytest.raises(InputError, match="does not fit the model at"):
        load_adapter(tmp_path)


def test_refuses_an_adapter_of_another_task_version(finished, tmp_path):
    tensors, header = read_tensors(finished().out / FILE_NAME)
    write_tensors(tmp_path / FILE_NAME, tensors, json.loads(json.dumps(header)) | {"task_version": 99})
    with pytest.raises(InputError, match="version 99"):
        evaluate(tmp_path, "test")


@pytest.mark.parametrize("old", [1, 2])
def test_adapters_of_older_formats_are_read(finished, tmp_path, tasks, old):
    tensors, header = read_tensors(finished().out / FILE_NAME)
    if old == 1:
        for name in ("scoring", "reading", "task_fingerprint"):
            del header[name]
    text = json.dumps(header | {"adapter_format": old})
    save_file(tensors, tmp_path / FILE_NAME, {"frostformer": text})  # without a checksum
    model, adapter = load_adapter(tmp_path)
    assert adapter.scoring.kind == "classification"
    split = tasks["digits"].test
    assert torch.equal(predict_logits(model, split, 64), predict_logits(finished().training.model, split, 64))


def test_layers_of_another_size_are_refused_before_they_are_made(finished, tmp_path):
    tensors, header = read_tensors(finished().out / FILE_NAME)
    header["shape"]["channels"] = 2**31  # hundreds of gigabytes
    write_tensors(tmp_path / FILE_NAME, tensors, header)
    with pytest.raises(InputError, match=r"does not fit the model at 'input_layer\.0\.weight'"):
        load_adapter(tmp_path)
