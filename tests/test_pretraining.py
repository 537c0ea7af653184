"""Language-model pretraining on a corpus of a few kilobytes."""

import itertools
import json
import math
import re

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from frostformer import pretraining
from frostformer.backbones.huggingface import load_backbone
from frostformer.config import PretrainConfig
from frostformer.errors import InputError
from frostformer.pretraining import bits_per_byte, build_language_model, pretrain
from frostformer.text import Document, encode, train_tokenizer

CONFIG = PretrainConfig(layers=2, width=32, heads=2, positions=16, vocabulary=280, tokens=16 * 4 * 10, batch_size=4)


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
    """(folder, record) of an undisturbed pretraining."""
    out = tmp_path_factory.mktemp("pretrained")
    other = out / "other.txt"
    other.write_text(some_text(99, 100), encoding="utf-8")
    return out, pretrain(corpus, out, CONFIG, (other,))


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


@pytest.mark.parametrize("steps_before", [2, 8])  # 8: after the step from pieces to whole windows
def test_a_stopped_pretraining_goes_on_to_the_same_bytes(corpus, pretrained, tmp_path, monkeypatch, steps_before):
    write = pretraining._write_checkpoint

    def write_and_stop(*arguments):
        write(*arguments)
        raise StoppedError

    with monkeypatch.context() as patch:
        patch.setattr(pretraining, "CHECKPOINT_EVERY", steps_before)
        patch.setattr(pretraining, "_write_checkpoint", write_and_stop)
        with pytest.raises(StoppedError):
            pretrain(corpus, tmp_path, CONFIG)
    torch.rand(3)
    record = pretrain(corpus, tmp_path, CONFIG)
    wanted = pretrained[0] / "model.safetensors"
    assert (tmp_path / "model.safetensors").read_bytes() == wanted.read_bytes()
    assert record["bits_per_byte"]["held-out documents"] == pretrained[1]["bits_per_byte"]["held-out documents"]


def test_refuses_to_go_on_with_another_configuration(corpus, pretrained):
    other = PretrainConfig(**{**pretrained[1]["config"], "learning_rate": 0.1})
    with pytest.raises(InputError, match="another configuration"):
        pretrain(corpus, pretrained[0], other)


def test_training_lowers_bits_per_byte_and_the_seed_matters(corpus, pretrained, tmp_path):
    record = pretrain(corpus, tmp_path, PretrainConfig(**{**pretrained[1]["config"], "tokens": 64 * 60, "seed": 1}))
    assert record["bits_per_byte"]["held-out documents"] < 0.8 * pretrained[1]["bits_per_byte"]["held-out documents"]


@torch.no_grad()
def test_bits_per_byte_agree_with_a_slow_float64_computation():
    documents = [Document("a", some_text(1, 30)), Document("b", some_text(2, 10)), Document("c", "x")]
    tokenizer = train_tokenizer(documents, 270)
    model = build_language_model(CONFIG, end_of_text=0).eval()
    for parameter in model.parameters():
        parameter += 0.2 * torch.randn_like(parameter)
    found = bits_per_byte(model, tokenizer, documents)

    double = build_language_model(CONFIG, end_of_text=0).eval().double()
    double.load_state_dict(model.state_dict())
    bits = predicted = 0
    for document in documents:
        ids = encode(tokenizer, document).tolist()
        for i in range(1, len(ids)):  # token i is predicted from those before it in its window of 16
            window = ids[(i - 1) // 16 * 16 : i]
            scores = double(torch.tensor([window])).logits[0, -1]
            bits -= float(scores.log_softmax(-1)[ids[i]]) / math.log(2)
            predicted += 1
        assert tokenizer.decode(ids[1:]) == document.text
    assert predicted > 3 * 16
    expected = bits / sum(len(document.text.encode()) for document in documents)
    assert found == pytest.approx(expected, rel=5e-3)  # the products are in bfloat16


def test_batches_visit_every_window_once_an_epoch():
    ids = np.arange(16 * 10 + 1)  # ten windows
    config = PretrainConfig(positions=16, batch_size=5, tokens=16 * 5 * 10, vocabulary=300)
    starts = []
    for step in (8, 9):  # whole windows
        inputs, targets, positions = pretraining._batch(ids, step, config)
        assert torch.equal(targets, inputs + 1)
        assert (positions == torch.arange(16)).all()
        starts += inputs[:, 0].tolist()
    assert sorted(starts) == list(range(0, 160, 16))


def test_early_steps_read_windows_in_four_pieces_at_their_own_positions():
    ids = np.arange(16 * 10 + 1)
    config = PretrainConfig(positions=16, batch_size=5, tokens=16 * 5 * 10, vocabulary=300)
    for step, pieces in ((0, 4), (7, 4), (8, 1)):
        inputs, _, positions = pretraining._batch(ids, step, config)
        assert inputs.shape == positions.shape == (5 * pieces, 16 // pieces)
        assert torch.equal(inputs % 16, positions)


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


def test_a_missing_text_to_measure_on_fails_before_training(corpus, tmp_path):
    with pytest.raises(InputError, match=r"absent\.txt"):
        pretrain(corpus, tmp_path / "out", CONFIG, (tmp_path / "absent.txt",))
    assert not (tmp_path / "out").exists()


def test_a_corpus_shorter_than_a_window_is_one_sentence(tmp_path):
    (tmp_path / "tiny.txt").write_text("the cat\nsat\n")
    with pytest.raises(InputError, match="16"):
        pretrain(tmp_path / "tiny.txt", tmp_path / "out", CONFIG)
