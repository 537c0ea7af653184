"""What holds for every task, kind of answer and backbone: shapes, freezing, learning, padding that never matters."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from frostformer.models.freezing import GROUPS, parameter_groups
from frostformer.runs.many import run_many
from frostformer.runs.one import run
from frostformer.tasks.registry import TASKS
from frostformer.tasks.task import Task
from frostformer.training.evaluation import evaluate, predict_logits
from frostformer.training.loop import Training
from helpers import CONTRACT_FAMILIES, FAMILIES, TOKENS_SHAPE, VECTORS_SHAPE, first_batch, is_trained, ragged

X = np.random.default_rng(0).standard_normal((60, 8, 3)).astype(np.float32)
ANSWERS = {  # kind of answer -> targets of X, and whether every position has its own
    "classes": ((X[:, 0, 0] > 0).astype(int), False),
    "many classes": (np.digitize(X[:, 0, 0], (-0.5, 0.5)), False),
    "labels": ((X[:, 0] > 0).astype(int), False),
    "numbers": (X[:, :, 0].sum(1) + 50, False),
    "classes by position": ((X[:, :, 0] > 0).astype(int), True),
    "labels by position": ((X > 0).astype(int), True),
    "numbers by position": (X[:, :, 0] * 7, True),
}
each_kind = pytest.mark.parametrize("kind", ANSWERS)


def task_of_kind(kind: str, *, ragged: bool = False) -> Task:
    """A small task with this kind of answer; of different lengths where `ragged`."""
    y, per_position = ANSWERS[kind]
    lengths = 3 + np.arange(60) % 6 if ragged else np.full(60, 8)
    x = [row[:length] for row, length in zip(X, lengths, strict=True)]
    if per_position:
        y = [row[:length] for row, length in zip(y, lengths, strict=True)]
    return Task.from_arrays(x, y, name=kind, per_position=per_position)


each_family = pytest.mark.parametrize("family", FAMILIES)
each_contract_family = pytest.mark.parametrize("family", CONTRACT_FAMILIES)  # times all tasks
each_task = pytest.mark.parametrize("name", TASKS)
each_shape = pytest.mark.parametrize("shape", [TOKENS_SHAPE, VECTORS_SHAPE], ids=["tokens", "vectors"])


@each_contract_family
@each_task
def test_logits_have_the_declared_shape(tasks, tiny_model, name, family):
    task = tasks[name]
    shape = task.shape
    for split in (task.train, task.validation, task.test):
        logits = predict_logits(tiny_model(shape, family), first_batch(split, 5), batch_size=2)
        assert logits.shape == (5, shape.read_positions, shape.predictions, shape.classes)
        assert logits.isfinite().all()


@each_contract_family
@each_task
def test_training_lowers_the_loss_and_changes_what_trains_alone(tiny_config, tiny_model, fixed_task, name, family):
    task = fixed_task(name, 8)
    config = tiny_config(family, task=name, steps=40, evaluate_every=40, batch_size=8, learning_rate=1e-2)
    model = tiny_model(task.shape, family)
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    training = Training(model, task, config)
    loss_before = training.evaluate(task.train).loss
    (record,) = training.run()
    assert record.validation_loss < 0.9 * loss_before

    groups, after = parameter_groups(model), model.state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before.keys() - groups.keys())  # buffers
    for key, group in groups.items():
        assert torch.equal(before[key], after[key]) != is_trained(group), key


@each_family
def test_full_training_reaches_every_parameter(tiny_config, tiny_model, fixed_task, family):
    task = fixed_task("digits", 8)
    model = tiny_model(task.shape, family)
    before = {key: parameter.detach().clone() for key, parameter in model.named_parameters()}
    config = tiny_config(family, trainable="full", steps=2, evaluate_every=2, batch_size=8, learning_rate=1e-2)
    list(Training(model, task, config).run())
    assert not [key for key, parameter in model.named_parameters() if torch.equal(before[key], parameter)]


@each_family
@each_shape
def test_groups_partition_the_parameters(tiny_model, shape, family):
    model = tiny_model(shape, family)
    groups = parameter_groups(model)
    assert set(groups) == {key for key, _ in model.named_parameters()}
    assert len({id(parameter) for parameter in model.parameters()}) == len(groups)
    assert {"input", "output", "layer_norm", "attention"} <= set(groups.values()) <= set(GROUPS)


@each_family
@each_shape
@settings(max_examples=10)
@given(
    lengths=st.lists(st.integers(2, 9), min_size=1, max_size=5),
    extra=st.integers(1, 3),
    batch_size=st.integers(1, 5),
    seed=st.integers(0, 1000),
)
def test_padding_batch_mates_and_batch_size_do_not_change_predictions(
    models, shape, family, lengths, extra, batch_size, seed
):
    model, longest = models[shape, family], max(lengths)
    split = ragged(shape, lengths, longest, seed)
    together = predict_logits(model, split, batch_size=len(lengths))
    alone = torch.cat([predict_logits(model, split[i : i + 1], batch_size=1) for i in range(len(lengths))])
    mates = [12, *lengths, 12]  # longer ones beside them: more padding
    padded = ragged(shape, [*lengths, *mates], 12 + extra, seed, padding_seed=1)
    beside = predict_logits(model, padded, batch_size=len(padded))[: len(lengths)]
    for other in (alone, predict_logits(model, split, batch_size), beside):
        torch.testing.assert_close(other, together, rtol=1e-5, atol=1e-5)


@each_family
@each_shape
@torch.no_grad()
def test_what_stands_in_the_padding_does_not_matter(models, shape, family):
    model = models[shape, family]
    one, other = (ragged(shape, [12, 7, 2, 5], 12, padding_seed=seed) for seed in (1, 2))
    assert not (one.inputs == other.inputs).all()
    assert torch.equal(predict_logits(model, one, 4), predict_logits(model, other, 4))


@each_family
@each_shape
def test_what_stands_in_the_sequence_does_matter(models, shape, family):
    model = models[shape, family]
    one, other = (ragged(shape, [12, 7, 2, 5], 12, seed=seed, padding_seed=1) for seed in (1, 2))
    differences = (predict_logits(model, one, 4) - predict_logits(model, other, 4)).abs()
    assert (differences.amax(dim=(1, 2, 3)) > 1e-2).all()


@each_contract_family
@each_kind
def test_every_kind_of_answer_is_learned(tiny_config, tiny_model, kind, family):
    task = task_of_kind(kind, ragged=True)
    same = replace(task, validation=task.train)
    config = tiny_config(family, steps=60, evaluate_every=60, batch_size=12, learning_rate=1e-2)
    training = Training(tiny_model(task.shape, family), same, config)
    before = training.evaluate(task.train)
    (record,) = training.run()
    assert record.validation_loss < 0.9 * before.loss
    assert record.validation_score > before.metrics[task.scoring.chosen_by]


@each_family
@each_kind
def test_answers_do_not_depend_on_padding_and_batch_mates(tiny_model, kind, family):
    task = task_of_kind(kind, ragged=True)
    model = tiny_model(task.shape, family)
    together = evaluate(model, task.test, task.scoring, batch_size=12)
    alone = [evaluate(model, task.test[i : i + 1], task.scoring, batch_size=1) for i in range(len(task.test))]
    np.testing.assert_allclose(together.scores, [one.scores[0] for one in alone], rtol=1e-4, atol=1e-4)
    known = task.scoring.known(task.test.targets)
    counts, losses = known.sum((1, 2)), np.array([one.loss for one in alone])
    assert together.loss == pytest.approx((losses * counts).sum() / counts.sum(), rel=1e-4)


@each_kind
def test_every_kind_of_answer_trains_in_a_cohort_and_from_cached_features(tiny_config, tmp_path, monkeypatch, kind):
    monkeypatch.setattr("frostformer.training.cohort._FEWEST_RUNS", 2)
    task = task_of_kind(kind)
    for trainable in ("frozen", "output-only"):
        base = tiny_config(trainable=trainable, steps=12, evaluate_every=4, batch_size=8)
        configs = {str(seed): replace(base, seed=seed) for seed in range(3)}
        many = run_many(configs, tmp_path / trainable, task=task).results
        for name, config in configs.items():
            alone = run(config, tmp_path / f"{trainable}-alone" / name, task=task)
            assert many[name].metrics["test"]["loss"] == pytest.approx(alone.metrics["test"]["loss"], rel=1e-3)
        assert {result.together for result in many.values()} == {3 if trainable == "frozen" else 1}


@pytest.fixture(scope="module")
def models(tiny_model):
    """(shape, family) -> model, each made once."""
    return _Models(tiny_model)


class _Models(dict):
    def __init__(self, make):
        self.make = make

    def __missing__(self, key):
        self[key] = self.make(*key)
        return self[key]
