"""What each objective learns from, and how its losses and scores are computed."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from frostformer.errors import InputError
from frostformer.pretraining import language
from frostformer.pretraining import loop as pretraining
from frostformer.pretraining.bit_memory import BitMemory
from frostformer.pretraining.config import PretrainConfig
from frostformer.pretraining.language import bits_per_byte, build_language_model
from frostformer.pretraining.loop import build_objective
from frostformer.pretraining.objective import num_steps, tokens_per_step
from frostformer.pretraining.text import Document, encode, train_tokenizer
from frostformer.tasks.registry import build_task

CONFIG = PretrainConfig(layers=2, width=32, heads=2, positions=16, vocabulary=280, tokens=16 * 4 * 10, batch_size=4)
BITS = PretrainConfig("bit-memory", layers=1, width=16, heads=2, positions=120, tokens=120 * 2 * 6, batch_size=2)


def some_text(seed: int, words: int) -> str:
    generator = np.random.default_rng(seed)
    vocabulary = ["the", "cat", "sat", "on", "a", "mat", "and", "hät", "ran", "away."]
    return " ".join(generator.choice(vocabulary, words)).replace(". ", ".\n") + "\n"


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
        inputs, targets, positions = language._windows(ids, step, config)
        assert torch.equal(targets, inputs + 1)
        assert (positions == torch.arange(16)).all()
        starts += inputs[:, 0].tolist()
    assert sorted(starts) == list(range(0, 160, 16))


def test_early_steps_read_windows_in_four_pieces_at_their_own_positions():
    ids = np.arange(16 * 10 + 1)
    config = PretrainConfig(positions=16, batch_size=5, tokens=16 * 5 * 10, vocabulary=300)
    for step, pieces in ((0, 4), (7, 4), (8, 1)):
        inputs, _, positions = language._windows(ids, step, config)
        assert inputs.shape == positions.shape == (5 * pieces, 16 // pieces)
        assert torch.equal(inputs % 16, positions)


def test_language_needs_a_corpus(tmp_path):
    with pytest.raises(InputError, match="language needs a corpus"):
        build_objective(CONFIG, None, (), tmp_path / "tokenizer.json", False)


@pytest.mark.parametrize(("corpus", "measure_on"), [("text.txt", ()), (None, ("text.txt",))])
def test_bit_memory_takes_no_text(tmp_path, corpus, measure_on):
    with pytest.raises(InputError, match="neither a corpus"):
        build_objective(BITS, corpus, measure_on, tmp_path / "tokenizer.json", False)


def test_bit_memory_needs_a_row_for_each_of_its_positions():
    with pytest.raises(InputError, match="positions is 116: give at least 120 for bit-memory"):
        BitMemory(replace(BITS, positions=116))


def test_an_unknown_objective_is_refused():
    with pytest.raises(InputError, match="Did you mean 'bit-memory'"):
        PretrainConfig(objective="bit-memry")


def test_a_token_of_bit_memory_is_one_position():
    assert tokens_per_step(CONFIG) == 4 * 16
    assert tokens_per_step(BITS) == 2 * 120
    assert (num_steps(CONFIG), num_steps(BITS), num_steps(replace(BITS, tokens=1))) == (10, 6, 1)
    assert build_task("bit-memory").shape.length == 120


@torch.no_grad()
def test_the_strings_of_a_step_are_those_of_its_seed_and_step():
    seen = [float(BitMemory(BITS).loss(step)) for step in (0, 1, 0)]
    assert seen[0] == seen[2] != seen[1]
    other_seed = BitMemory(replace(BITS, seed=1))
    other_seed.network.load_state_dict(BitMemory(BITS).network.state_dict())
    assert float(other_seed.loss(0)) != seen[0]


@torch.no_grad()
def test_the_loss_of_bit_memory_is_that_of_its_task():
    objective = BitMemory(BITS)
    batch = objective.task.train.draw(np.random.default_rng([BITS.seed, 3]), BITS.batch_size)
    inputs, lengths, targets = (torch.from_numpy(a) for a in (batch.inputs, batch.lengths, batch.targets))
    logits = objective.network(inputs, lengths)  # (B, R, G, K)
    expected = float(torch.nn.functional.cross_entropy(logits.flatten(0, 2), targets.flatten()))
    assert float(objective.loss(3)) == pytest.approx(expected, rel=1e-2)  # the products are in bfloat16
    assert float(objective.loss(3)) != expected


def test_bit_memory_learns():
    config = replace(BITS, width=64, batch_size=8, tokens=120 * 8 * 40, learning_rate=2e-2)
    objective = BitMemory(config)
    before = objective.record()["accuracy"]
    optimizers = pretraining._optimizers(objective.network, config, objective.muon)
    losses = []
    for step in range(num_steps(config)):
        for group in optimizers[0].param_groups:
            group["lr"] = config.learning_rate * pretraining._learning_rate_factor(step, config)
        losses.append(float(pretraining._training_step(objective, optimizers, step)))
    assert losses[-1] < 0.75 * losses[0]
    assert objective.record()["accuracy"]["all bits"] > before["all bits"] + 0.1
    assert before["hidden bits"] == pytest.approx(0.5, abs=0.01)
