"""The loop on a small corpus and on bit memory: what it writes, and that a stopped run ends with the same bytes."""

import contextlib
import itertools
import json
import re
import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from frostformer.errors import Busy, InputError
from frostformer.locks import locked
from frostformer.models.backbones.loading import load_backbone
from frostformer.pretraining import bit_memory
from frostformer.pretraining import loop as pretraining
from frostformer.pretraining.bit_memory import BitMemory
from frostformer.pretraining.config import PretrainConfig
from frostformer.pretraining.language import build_language_model
from frostformer.pretraining.loop import pretrain
from frostformer.pretraining.measuring import measure
from frostformer.tasks.registry import build_task
from frostformer.training.checkpoints import read_tensors
from killing import KilledError, disk_full_at, killed_before

CONFIG = PretrainConfig(layers=2, width=32, heads=2, positions=16, vocabulary=280, tokens=16 * 4 * 10, batch_size=4)
BITS = PretrainConfig("bit-memory", layers=1, width=16, heads=2, positions=128, tokens=120 * 2 * 6, batch_size=2)


class StoppedError(Exception):
    """Stands for a kill."""


def some_text(seed: int, words: int) -> str:
    generator = np.random.default_rng(seed)
    vocabulary = ["the", "cat", "sat", "on", "a", "mat", "and", "hät", "ran", "away."]
    return " ".join(generator.choice(vocabulary, words)).replace(". ", ".\n") + "\n"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    path = tmp_path_factory.mktemp("corpus") / "tales.txt"
    path.write_text("".join(f"<<< tale {i} >>>\n{some_text(i, 150)}" for i in range(12)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def pretrained(corpus, tmp_path_factory):
    """(folder, record) of a pretraining that was not interrupted."""
    out = tmp_path_factory.mktemp("pretrained")
    other = out / "other.txt"
    other.write_text(some_text(99, 100), encoding="utf-8")
    return out, pretrain(corpus, out, CONFIG, (other,))


def test_a_finished_model_is_measured_later_as_at_its_end(pretrained):
    folder, record = pretrained
    before = {path: path.read_bytes() for path in folder.iterdir()}
    found = measure(folder, (folder / "other.txt",))
    assert found == {"other.txt": pytest.approx(record["bits_per_byte"]["other.txt"], abs=2e-3)}  # 16-bit weights
    assert before == {path: path.read_bytes() for path in folder.iterdir()}


def test_what_is_no_language_model_is_not_measured(pretrained, pretrained_on_bits, tmp_path):
    text = pretrained[0] / "other.txt"
    with pytest.raises(InputError, match=r"has no tokenizer\.json: to measure, give the --out"):
        measure(pretrained_on_bits[0], (text,))
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        shutil.copytree(pretrained[0], tmp_path / name)
        (tmp_path / name / name).write_bytes(b"{}")
        with pytest.raises(InputError, match=r"is not a (language model|tokenizer).*: make (it|the folder) again$"):
            measure(tmp_path / name, (text,))


def test_the_folder_is_a_backbone(pretrained):
    backbone = load_backbone(str(pretrained[0]), "pretrained", None, 0.0, 0)
    assert (backbone.width, backbone.num_blocks, backbone.max_length, backbone.causal) == (32, 2, 16, True)
    stored = load_file(pretrained[0] / "model.safetensors")
    assert {tensor.dtype for tensor in stored.values()} == {torch.float16}
    for name, parameter in backbone.model.named_parameters():
        assert parameter.dtype == torch.float32
        assert torch.equal(parameter, stored[f"transformer.{name}"].float())


def test_the_record_says_what_was_done(pretrained):
    out, record = pretrained
    assert json.loads((out / "pretraining.json").read_text()) == record
    assert record["documents"] == {"training": 11, "held_out": ["tale 10"]}
    assert record["tokens_seen"] == 640
    assert set(record["bits_per_byte"]) == {"held-out documents", "other.txt"}
    card = (out / "README.md").read_text()
    assert "tale 10" in card
    assert f"{record['bits_per_byte']['held-out documents']:.3f}" in card
    flags = re.search(r"frostformer pretrain .*", card)[0]
    assert all(f"--{name.replace('_', '-')} {value}" in flags for name, value in record["config"].items())


@pytest.fixture(scope="module")
def pretrained_on_bits(tmp_path_factory):
    """(folder, record) of a pretraining on bit memory that was not interrupted."""
    out = tmp_path_factory.mktemp("bits")
    return out, pretrain(None, out, BITS)


def stop_after(steps, corpus, out, config, monkeypatch):
    """Pretrain until the checkpoint after `steps` steps is written."""
    write = pretraining._write_checkpoint

    def write_and_stop(*arguments):
        write(*arguments)
        raise StoppedError

    with monkeypatch.context() as patch:
        patch.setattr(pretraining, "CHECKPOINT_EVERY", steps)
        patch.setattr(pretraining, "_write_checkpoint", write_and_stop)
        with pytest.raises(StoppedError):
            pretrain(corpus, out, config)


@pytest.mark.parametrize("steps_before", [2, 8])  # 8: after the step from pieces to whole windows
def test_a_stopped_pretraining_goes_on_to_the_same_bytes(corpus, pretrained, tmp_path, monkeypatch, steps_before):
    stop_after(steps_before, corpus, tmp_path, CONFIG, monkeypatch)
    torch.rand(3)
    record = pretrain(corpus, tmp_path, CONFIG)
    wanted = pretrained[0] / "model.safetensors"
    assert (tmp_path / "model.safetensors").read_bytes() == wanted.read_bytes()
    assert record["bits_per_byte"]["held-out documents"] == pretrained[1]["bits_per_byte"]["held-out documents"]


def test_a_stopped_bit_memory_goes_on_to_the_same_bytes(pretrained_on_bits, tmp_path, monkeypatch):
    stop_after(2, None, tmp_path, BITS, monkeypatch)
    torch.rand(3)
    record = pretrain(None, tmp_path, BITS)
    wanted = pretrained_on_bits[0] / "model.safetensors"
    assert (tmp_path / "model.safetensors").read_bytes() == wanted.read_bytes()
    assert record["accuracy"] == pretrained_on_bits[1]["accuracy"]


def test_bit_memory_gives_a_backbone_without_a_vocabulary(pretrained_on_bits):
    out, _ = pretrained_on_bits
    backbone = load_backbone(str(out), "pretrained", None, 0.0, 0)
    assert (backbone.width, backbone.num_blocks, backbone.max_length, backbone.causal) == (16, 1, 128, True)
    stored = load_file(out / "model.safetensors")
    assert stored["wte.weight"].shape == (1, 16)
    assert {tensor.dtype for tensor in stored.values()} == {torch.float16}
    trained = read_tensors(out / "checkpoint.safetensors")[0]
    for name, parameter in backbone.model.named_parameters():
        assert torch.equal(parameter, trained[f"model/backbone.model.{name}"].half().float())
    assert not (out / "tokenizer.json").exists()


def test_bit_memory_trains_the_rows_of_its_own_positions(pretrained_on_bits):
    rows = load_file(pretrained_on_bits[0] / "model.safetensors")["wpe.weight"]
    fresh = BitMemory(BITS).gpt2.wpe.weight.half()
    assert (rows != fresh)[:120].any(dim=1).all()
    assert torch.equal(rows[120:], fresh[120:])


def test_the_card_of_bit_memory_says_what_it_is(pretrained_on_bits):
    out, record = pretrained_on_bits
    assert json.loads((out / "pretraining.json").read_text()) == record
    assert record["tokens_seen"] == 1440
    card = (out / "README.md").read_text()
    assert "128 positions (only the first 120 trained), no vocabulary" in card
    assert f"| validation accuracy, hidden bits | {100 * record['accuracy']['hidden bits']:.2f} % |" in card
    assert "frostformer pretrain --out FOLDER --objective bit-memory --layers 1" in card


def test_refuses_to_go_on_with_another_version_of_the_task(pretrained_on_bits, monkeypatch):
    newer = replace(build_task("bit-memory"), version=99)
    monkeypatch.setattr(bit_memory, "build_task", lambda name: newer)
    with pytest.raises(InputError, match="task version"):
        pretrain(None, pretrained_on_bits[0], BITS)


def test_refuses_to_go_on_with_another_configuration(corpus, pretrained):
    other = PretrainConfig(**{**pretrained[1]["config"], "learning_rate": 0.1})
    with pytest.raises(InputError, match="another configuration"):
        pretrain(corpus, pretrained[0], other)


def test_training_lowers_bits_per_byte_and_the_seed_matters(corpus, pretrained, tmp_path):
    record = pretrain(corpus, tmp_path, PretrainConfig(**{**pretrained[1]["config"], "tokens": 64 * 60, "seed": 1}))
    assert record["bits_per_byte"]["held-out documents"] < 0.8 * pretrained[1]["bits_per_byte"]["held-out documents"]


def test_the_learning_rate_warms_up_and_falls_to_zero():
    config = PretrainConfig(positions=16, batch_size=1, tokens=16 * 1000)
    factors = [pretraining._learning_rate_factor(step, config) for step in range(1000)]
    assert factors[0] == 0.01
    assert np.argmax(factors) == 99
    assert 0 < factors[-1] < 0.0011
    assert all(a > b for a, b in itertools.pairwise(factors[99:]))


def test_every_parameter_has_one_optimizer_and_muon_the_matrices_of_the_blocks():
    model = build_language_model(CONFIG, end_of_text=0)
    muon, adam = pretraining._optimizers(model, CONFIG)
    names = {parameter: name for name, parameter in model.named_parameters()}
    by_muon, by_adam = ({names[p] for p in optimizer.param_groups[0]["params"]} for optimizer in (muon, adam))
    assert not by_muon & by_adam
    assert by_muon | by_adam == set(names.values())
    assert by_muon == {name for name in names.values() if re.search(r"\.h\.\d.*\.(c_attn|c_proj|c_fc)\.weight$", name)}


def test_bit_memory_learns_with_adamw_alone():
    network = BitMemory(BITS).network
    (adam,) = pretraining._optimizers(network, BITS, muon=False)
    assert {id(p) for p in adam.param_groups[0]["params"]} == {id(p) for p in network.parameters()}


def test_a_missing_text_to_measure_on_fails_before_training(corpus, tmp_path):
    with pytest.raises(InputError, match=r"absent\.txt"):
        pretrain(corpus, tmp_path / "out", CONFIG, (tmp_path / "absent.txt",))
    assert not (tmp_path / "out").exists()


def test_a_corpus_shorter_than_a_window_is_one_sentence(tmp_path):
    (tmp_path / "tiny.txt").write_text("the cat\nsat\n")
    with pytest.raises(InputError, match=r"tiny\.txt has only \d+ training tokens.* more than 16: give more text"):
        pretrain(tmp_path / "tiny.txt", tmp_path / "out", CONFIG)


def test_refuses_a_folder_that_it_did_not_begin(corpus, tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(InputError, match="a model but no checkpoint to continue from"):
        pretrain(corpus, tmp_path, CONFIG)


def test_a_diverged_pretraining_is_no_success(corpus, tmp_path):
    with pytest.raises(InputError, match=r"diverged.*not finite.*--learning-rate"):
        pretrain(corpus, tmp_path, replace(CONFIG, learning_rate=1e30))
    assert not (tmp_path / "model.safetensors").exists()


def test_killed_before_any_change_of_a_file_it_goes_on_to_the_same_bytes(pretrained_on_bits, tmp_path, monkeypatch):
    names = sorted(path.name for path in pretrained_on_bits[0].iterdir())
    monkeypatch.setattr(pretraining, "CHECKPOINT_EVERY", 3)
    task = build_task("bit-memory")  # making it and scoring it take longest by far
    monkeypatch.setattr(bit_memory, "build_task", lambda name: task)
    monkeypatch.setattr(BitMemory, "record", lambda self: pretrained_on_bits[1])
    for change in itertools.count():
        out = tmp_path / str(change)
        with killed_before(change, monkeypatch) as changes, contextlib.suppress(KilledError):
            pretrain(None, out, BITS)
        pretrain(None, out, BITS)
        wanted = (pretrained_on_bits[0] / "model.safetensors").read_bytes()
        assert (out / "model.safetensors").read_bytes() == wanted
        assert sorted(path.name for path in out.iterdir()) == names
        if len(changes) < change:
            break
    assert change > 8


def test_a_full_disk_is_one_sentence_and_leaves_what_goes_on(pretrained_on_bits, tmp_path, monkeypatch):
    def fail(self, out):
        out.mkdir()
        (out / "half").touch()
        raise SafetensorError("I/O error: No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(BitMemory, "save", fail)
        with pytest.raises(InputError, match=r"cannot be written \(I/O error: No space left on device\)"):
            pretrain(None, tmp_path, BITS)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.safetensors"]
    with disk_full_at(0, monkeypatch), pytest.raises(InputError, match="No space left"):
        pretrain(None, tmp_path / "other", BITS)
    pretrain(None, tmp_path, BITS)
    wanted = (pretrained_on_bits[0] / "model.safetensors").read_bytes()
    assert (tmp_path / "model.safetensors").read_bytes() == wanted


def test_a_folder_in_use_or_a_disk_without_room_is_refused_before_training(tmp_path, monkeypatch):
    with locked(tmp_path, []), pytest.raises(Busy, match="in use by process"):
        pretrain(None, tmp_path, BITS)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=1000))
    with pytest.raises(InputError, match="pretraining a model of"):
        pretrain(None, tmp_path, BITS)
    assert not list(tmp_path.iterdir())


def test_it_tells_each_step_and_now_and_then_the_loss(tmp_path):
    steps, losses = [], []
    pretrain(None, tmp_path, BITS, watch=pretraining.Watch(steps.append, losses.append))
    assert steps == list(range(1, 7))
    assert len(losses) == 1
