"""The loop against a plain one, milestones, patience, the best tensors, resuming."""

import itertools
import math
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from frostformer.data.batches import training_batches
from frostformer.errors import InputError
from frostformer.models.freezing import freeze, parse_trainable
from frostformer.training.evaluation import Metrics
from frostformer.training.loop import MILESTONES, Training


@pytest.fixture
def start(tasks, tiny_config, tiny_model):
    """A function: changed fields -> Training on digits, about to start."""

    def make(task=tasks["digits"], **changes) -> Training:
        config = tiny_config(**changes)
        model = tiny_model(task.shape, dropout=config.dropout, seed=config.seed).train()
        return Training(model, task, config)

    return make


def snapshot(training: Training) -> dict[str, torch.Tensor]:
    return {name: parameter.detach().clone() for name, parameter in training.trained.items()}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def script(monkeypatch, training: Training, scores: list[float | tuple[float, float]]) -> None:
    """Let the evaluations score as given: accuracies, or pairs of accuracy and loss."""
    pairs = iter([score if isinstance(score, tuple) else (score, 1.0) for score in scores])
    monkeypatch.setattr(training, "validate", lambda: Metrics(loss=(pair := next(pairs))[1], accuracy=pair[0]))


def plain_loop(model, task, config, clip: float) -> tuple[list[torch.Tensor], list[float], list[float]]:
    """Adam and clipping as their papers write them: (parameters, losses, gradient norms)."""
    parameters = list(freeze(model, parse_trainable(config.trainable)).values())
    first, second = ([torch.zeros_like(p) for p in parameters] for _ in range(2))
    losses, norms = [], []
    for step, batch in enumerate(itertools.islice(training_batches(task.train, 16, config.seed), config.steps), 1):
        logits = model(torch.from_numpy(batch.inputs), torch.from_numpy(batch.lengths))
        loss = cross_entropy(logits.reshape(-1, 10), torch.from_numpy(batch.targets).reshape(-1))
        gradients = torch.autograd.grad(loss, parameters)
        norms.append(float(torch.sqrt(sum((g.double() ** 2).sum() for g in gradients))))
        losses.append(float(loss.detach()))
        with torch.no_grad():
            for p, g, m, v in zip(parameters, gradients, first, second, strict=True):
                g *= min(1.0, clip / (norms[-1] + 1e-6))
                m.mul_(0.9).add_(0.1 * g)
                v.mul_(0.999).add_(0.001 * g**2)
                p -= config.learning_rate * (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)).sqrt() + 1e-8)
    return parameters, losses, norms


@pytest.mark.parametrize("family", ["gpt2", "bert"])
def test_gives_the_numbers_of_a_plain_loop(tasks, tiny_config, tiny_model, family):
    task, clip = tasks["digits"], 1.0
    config = tiny_config(family, steps=8, evaluate_every=8, gradient_clip=clip, learning_rate=1e-3)
    training = Training(tiny_model(task.shape, family), task, config)
    (record,) = training.run()
    model = tiny_model(task.shape, family)
    parameters, losses, norms = plain_loop(model, task, config, clip)
    assert max(norms) > 2 * clip  # clipping acted
    for found, expected in zip(training.trained.values(), parameters, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    assert record.train_loss == pytest.approx(sum(losses) / 8, rel=1e-5)


def test_clipping_uses_one_norm_over_all_trained_tensors(start):
    training = start(gradient_clip=0.01)
    seen = []
    step = training.optimizer.step
    training.optimizer.step = lambda: (seen.append([p.grad.clone() for p in training.trained.values()]), step())
    list(training.run())
    for gradients in seen:
        assert float(torch.sqrt(sum((g**2).sum() for g in gradients))) == pytest.approx(0.01, rel=1e-3)


@pytest.mark.parametrize(
    ("steps", "every", "points"), [(6, 3, [3, 6]), (7, 3, [3, 6, 7]), (2, 3, [2]), (3, 1, [1, 2, 3])]
)
def test_evaluates_every_so_many_steps_and_at_the_last(start, steps, every, points):
    training = start(steps=steps, evaluate_every=every)
    assert [record.step for record in training.run()] == points
    assert training.step == steps


def test_milestones_keep_the_first_step(start, monkeypatch):
    training = start(steps=5, evaluate_every=1)
    script(monkeypatch, training, [0.4, 0.5, 0.96, 0.3, 0.91])
    list(training.run())
    assert MILESTONES == (0.5, 0.9, 0.95, 0.99)
    assert training.milestones == {"0.5": 2, "0.9": 3, "0.95": 3}


@pytest.mark.parametrize(
    ("scores", "patience", "last"),
    [
        ([0.5, 0.6, 0.4, 0.6, 0.9, 0.9], 2, 4),
        ([0.5, 0.6, 0.4, 0.7, 0.7, 0.7], 2, 6),
        ([0.5, 0.4, 0.9, 0.9, 0.9, 0.9], 1, 2),
        ([0.5, 0.4, 0.4, 0.4, 0.4, 0.4], None, 6),
        ([(0.5, 1.0), (0.5, 0.9), (0.5, 0.9), (0.5, 0.9), (0.5, 0.9), (0.5, 0.9)], 2, 4),  # a lower loss is better
    ],
)
def test_patience_counts_evaluations_without_a_better_one(start, monkeypatch, scores, patience, last):
    training = start(steps=6, evaluate_every=1, patience=patience)
    script(monkeypatch, training, scores)
    assert [record.step for record in training.run()] == list(range(1, last + 1))


@pytest.mark.parametrize(
    ("scores", "best"),
    [
        ([0.1, 0.3, 0.2, 0.1], 2),
        ([0.1, 0.2, 0.3, 0.4], 4),
        ([0.4, 0.4, 0.4, 0.4], 1),
        ([(0.4, 1.0), (0.4, 0.9), (0.3, 0.1), (0.4, 0.9)], 2),
    ],
)
def test_ends_with_the_best_tensors_on_validation(start, monkeypatch, scores, best):
    training = start(steps=4, evaluate_every=1)
    script(monkeypatch, training, scores)
    snapshots = {record.step: snapshot(training) for record in training.run()}
    assert training.best.step == best
    assert same(snapshot(training), snapshots[best])
    assert not same(snapshots[1], snapshots[4])


def test_never_touches_the_test_split(tasks, start):
    task = replace(tasks["digits"], test=None)
    assert [record.step for record in start(task=task).run()] == [3, 6]


@pytest.mark.parametrize("name", ["digits", "bit-xor"])
def test_goes_on_bit_for_bit_from_a_state(tasks, start, name):
    options = {"task": tasks[name], "steps": 8, "evaluate_every": 2, "dropout": 0.2, "patience": 3}
    whole = start(**options)
    list(whole.run())
    first = start(**options)
    for record in first.run():
        if record.step == 4:
            tensors, header = first.state()
            tensors = {key: tensor.clone() for key, tensor in tensors.items()}
            break
    torch.rand(5)  # torch's generator is elsewhere by now
    second = start(**options)
    second.restore(tensors, header)
    assert [record.step for record in second.run()] == [6, 8]
    assert same(snapshot(whole), snapshot(second))
    assert [replace(record, seconds=0) for record in whole.curve] == [replace(r, seconds=0) for r in second.curve]
    assert second.milestones == whole.milestones
    assert second.best.step == whole.best.step
    assert second.curve[-1].seconds >= first.curve[-1].seconds


def test_a_finished_state_trains_no_further(start):
    whole = start()
    list(whole.run())
    tensors, header = whole.state()
    again = start()
    again.restore(tensors, header)
    assert list(again.run()) == []
    assert same(snapshot(whole), snapshot(again))


def test_dropout_depends_on_the_seed_and_acts(start):
    def trained(**changes):
        training = start(**changes)
        list(training.run())
        return snapshot(training)

    assert same(trained(dropout=0.3), trained(dropout=0.3))
    assert not same(trained(dropout=0.3), trained(dropout=0.0))
    assert not same(trained(seed=1), trained(seed=2))


def test_bf16_trains_float32_tensors(start):
    losses = {}
    for precision in ("fp32", "bf16", "fp32"):  # each run takes its own, whatever ran before
        training = start(backbone_precision=precision)
        records = list(training.run())
        losses.setdefault(precision, []).append(records[-1].train_loss)
        assert {parameter.dtype for parameter in training.trained.values()} == {torch.float32}
    assert losses["fp32"][0] == losses["fp32"][1] != losses["bf16"][0]
    assert losses["bf16"][0] == pytest.approx(losses["fp32"][0], rel=0.02)


def test_a_device_that_is_not_here_is_refused(start):
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(InputError, match="device 'cuda' is not here"):
        start(device="cuda")


@pytest.mark.slow
@pytest.mark.skipif(not any(map(shutil.which, ("c++", "g++", "clang++"))), reason="torch.compile needs a compiler")
@pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is deprecated")  # torch's own, while it compiles
def test_compiled_steps_learn_the_same(start):
    plain, compiled = (
        list(start(steps=4, evaluate_every=2, compile=is_compiled).run()) for is_compiled in (False, True)
    )
    for record, expected in zip(compiled, plain, strict=True):
        assert record.train_loss == pytest.approx(expected.train_loss, rel=1e-4)
        assert record.validation_loss == pytest.approx(expected.validation_loss, rel=1e-4)


def test_a_score_that_is_no_number_is_never_the_best(start):
    training = start()
    training.begin()
    pairs = ((math.nan, math.nan), (2.0, 0.1), (math.inf, 0.9), (1.0, 0.5), (0.1, math.nan))
    for step, (loss, score) in enumerate(pairs, 1):
        training.step = step
        training.note({"loss": loss, "accuracy": score})
    assert training.best.step == 4


def spoil(training: Training, step: int, what: str) -> None:
    """Let the loss, a gradient or a trained tensor of this step not be finite."""
    update, parameter = training.update, next(iter(training.trained.values()))

    def spoiled(loss: torch.Tensor) -> None:
        spoils = what if training.step + 1 == step else ""
        if spoils == "gradient":
            parameter.grad.view(-1)[0] = math.nan
        update(loss * math.inf if spoils == "loss" else loss)
        if spoils == "tensor":
            parameter.data.view(-1)[0] = math.inf

    training.update = spoiled


@pytest.mark.parametrize("what", ["loss", "gradient", "tensor"])
@pytest.mark.parametrize(("step", "best", "last"), [(2, 0, 3), (7, 6, 9)])
def test_a_training_that_diverges_ends_with_its_last_finite_tensors(start, monkeypatch, what, step, best, last):
    training = start(steps=30, evaluate_every=3)
    script(monkeypatch, training, [0.1 * number for number in range(1, 11)])
    snapshots = {0: snapshot(training)}
    spoil(training, step, what)
    for record in training.run():
        snapshots.setdefault(record.step, snapshot(training))
    assert training.step == last
    assert training.diverged == (step + 1 if what == "tensor" else step)  # the next loss shows it
    kept = last if what == "loss" else best  # only that of the loss leaves tensors that can be evaluated
    assert (training.best.step if training.best else 0) == kept
    assert same(snapshot(training), snapshots[kept])
    assert all(tensor.isfinite().all() for tensor in snapshot(training).values())


def test_a_training_that_goes_on_knows_the_step_at_which_it_diverged(start):
    first = start(steps=30, evaluate_every=3)
    next(first.run())
    training = start(steps=30, evaluate_every=3)
    training.restore(*first.state())
    spoil(training, 5, "gradient")
    list(training.run())
    assert training.diverged == 5


def test_a_diverged_state_trains_no_further(start):
    training = start(steps=30, evaluate_every=3)
    spoil(training, 5, "gradient")
    list(training.run())
    tensors, header = training.state()
    assert all(tensor.isfinite().all() for tensor in tensors.values())
    again = start(steps=30, evaluate_every=3)
    again.restore(tensors, header)
    assert list(again.run()) == []
    assert again.diverged == 5
    assert same(snapshot(training), snapshot(again))


def test_a_sequence_of_double_weight_pulls_twice(tasks, start):
    task = tasks["digits"]
    pair = task.train[:2]
    once = start(replace(task, train=replace(pair, weights=np.array([2 / 3, 4 / 3]))), batch_size=2, gradient_clip=1e9)
    thrice = start(replace(task, train=pair[np.array([0, 1, 1])]), batch_size=3, gradient_clip=1e9)
    gradients = []
    for training in (once, thrice):
        training.begin()
        batch = training.next_batch()
        loss = batch.mean(training.scoring.losses(training.network(batch.inputs, batch.lengths), batch.encoded))
        gradients.append(torch.autograd.grad(loss, list(training.trained.values())))
        training.begin()
        training.take_step()
        assert float(training._loss_sum) == pytest.approx(float(loss.detach()), rel=1e-6)
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("task", ["digits", "bit-memory", "remote-homology"])
@pytest.mark.parametrize("family", ["gpt2", "bert"])
@pytest.mark.parametrize("size", [1, 3])
def test_a_batch_in_parts_trains_to_the_same_tensors(tasks, tiny_config, tiny_model, task, family, size):
    trainings, seen = [], []
    for micro_batch in (None, size):
        config = tiny_config(family, steps=4, evaluate_every=4, batch_size=8, micro_batch=micro_batch)
        training = Training(tiny_model(tasks[task].shape, family).train(), tasks[task], config)
        if micro_batch:
            training.model.register_forward_pre_hook(lambda _, inputs: seen.append(len(inputs[0])))
        list(training.run())
        trainings.append(training)
    whole, parts = trainings
    assert max(seen) == size  # evaluations, too
    assert parts.curve[0].train_loss == pytest.approx(whole.curve[0].train_loss, rel=1e-5)
    for one, other in zip(whole.trained.values(), parts.trained.values(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=2e-5)


def test_parts_of_a_weighted_batch_add_up(tasks, start):
    task = tasks["digits"]
    train = replace(task.train, weights=np.linspace(0.1, 3, len(task.train)))
    losses = []
    for micro_batch in (None, 3, 16):
        training = start(replace(task, train=train), batch_size=8, micro_batch=micro_batch)
        training.begin()
        training.take_step()
        losses.append(float(training._loss_sum))
    assert losses == pytest.approx(losses[:1] * 3, rel=1e-6)
