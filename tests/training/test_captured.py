"""Steps that are recorded and replayed, with a stand-in for CUDA graphs; tests/gpu has the graphs themselves."""

from dataclasses import replace

import pytest
import torch

from frostformer.errors import InputError
from frostformer.models.build import build_model, model_beside
from frostformer.training.batch import to_device
from frostformer.training.captured import _padded
from frostformer.training.cohort import Cohort
from frostformer.training.devices import resolve
from frostformer.training.loop import Training
from helpers import VECTORS_SHAPE, ragged


@pytest.fixture
def recorded(monkeypatch):
    """How many graphs were recorded; nothing is computed before a replay, as with a real graph."""
    made = []

    def record(compute):
        made.append(compute)
        return compute

    graphs_are(monkeypatch, record)
    return made


def graphs_are(monkeypatch, record) -> None:
    """Let a function stand in for CUDA graphs."""

    class Graphs:
        why_not = ""

        def __call__(self, compute):
            return record(compute)

    for room in ("loop", "cohort"):
        monkeypatch.setattr(f"frostformer.training.{room}.CudaGraphs", Graphs)


@pytest.fixture
def trained(tasks, tiny_config, tiny_model):
    """A function: task and settings -> (tensors, curve) at the end of a training, captured or not."""

    def train(name: str, capture: bool, family: str = "gpt2", **settings):
        settings = {"steps": 9, "evaluate_every": 3, "batch_size": 4, "dropout": 0.1} | settings
        settings["learning_rate"] = 2**-9  # exact in float32, in which a graph has it
        config = tiny_config(family, capture=capture, **settings)
        training = Training(tiny_model(tasks[name].shape, family), tasks[name], config)
        curve = [(one.train_loss, one.validation_loss) for one in training.run()]
        return {key: one.detach().clone() for key, one in training.trained.items()}, curve

    return train


@pytest.mark.parametrize(
    "settings",
    [{}, {"micro_batch": 3}, {"warmup_steps": 4, "weight_decay": 0.1}, {"gradient_clip": 0.01}],
    ids=str,
)
@pytest.mark.parametrize("task", ["digits", "bit-memory"])
def test_a_captured_training_ends_with_the_same_bytes(recorded, trained, task, settings):
    (plain, curve), (captured, same) = trained(task, False, **settings), trained(task, True, **settings)
    assert len(recorded) == 1
    assert curve == same
    assert all(torch.equal(plain[name], captured[name]) for name in plain)


@pytest.mark.parametrize("family", ["gpt2", "bert"])
def test_many_lengths_share_a_few_graphs(recorded, trained, family):
    settings = {"steps": 40, "evaluate_every": 40, "dropout": 0.0}
    plain, _ = trained("remote-homology", False, family, **settings)
    captured, _ = trained("remote-homology", True, family, **settings)
    assert 1 < len(recorded) <= 8
    for name in plain:
        torch.testing.assert_close(plain[name], captured[name], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("when", ["before", "midway"])
def test_a_model_that_cannot_be_captured_is_trained_as_ever_and_says_why(monkeypatch, trained, caplog, when):
    def refuse(compute):
        with monkeypatch.context() as patched:
            patched.setattr(Training, "update", lambda self, loss: refuse_now())
            if when == "midway":
                compute()  # leaves gradients
            refuse_now()

    def refuse_now():
        raise RuntimeError("operation not permitted when stream is capturing")

    graphs_are(monkeypatch, refuse)
    (plain, curve), (captured, same) = trained("remote-homology", False), trained("remote-homology", True)
    assert curve == same
    assert all(torch.equal(plain[name], captured[name]) for name in plain)
    assert caplog.text.count("steps are not captured: RuntimeError: operation not permitted") == 1


def test_cached_features_are_captured_as_they_are(recorded, trained):
    settings = {"trainable": "output-only", "steps": 400, "evaluate_every": 100, "dropout": 0.0}
    (plain, curve), (captured, same) = trained("digits", False, **settings), trained("digits", True, **settings)
    assert len(recorded) == 1
    assert curve == same
    assert all(torch.equal(plain[name], captured[name]) for name in plain)


@pytest.fixture
def cohort_of(tasks, tiny_config):
    """A function: whether to capture -> three runs trained side by side, of which one ends before the others."""

    def make(capture: bool) -> list[Training]:
        task, first = tasks["digits"], tiny_config(steps=12, evaluate_every=3, learning_rate=2**-9, capture=capture)
        configs = [first, replace(first, seed=1, steps=6), replace(first, seed=2, learning_rate=2**-8)]
        model, _ = build_model(first, task.shape)
        models = [model, *(model_beside(model, one) for one in configs[1:])]
        members = [Training(one, task, config) for one, config in zip(models, configs, strict=True)]
        for _ in Cohort(members).run():
            pass
        return members

    return make


def same_members(some: list[Training], others: list[Training]) -> None:
    for one, other in zip(some, others, strict=True):
        assert [point.train_loss for point in one.curve] == [point.train_loss for point in other.curve]
        assert all(torch.equal(tensor, other.trained[name]) for name, tensor in one.trained.items())


def test_runs_side_by_side_are_one_graph_until_one_of_them_ends(recorded, cohort_of):
    same_members(cohort_of(False), cohort_of(True))
    assert len(recorded) == 2


def test_runs_side_by_side_that_cannot_be_captured_are_trained_as_ever(monkeypatch, cohort_of, caplog):
    def refuse(compute):
        with monkeypatch.context() as patched:
            patched.setattr(Training, "update", lambda self, loss: None)
            compute()  # leaves gradients
        raise RuntimeError("not permitted")

    graphs_are(monkeypatch, refuse)
    same_members(cohort_of(False), cohort_of(True))
    assert caplog.text.count("steps are not captured: RuntimeError: not permitted") == 1


def test_what_a_graph_writes_to_stays_where_it_is(tasks, tiny_config, tiny_model):
    training = Training(tiny_model(tasks["digits"].shape), tasks["digits"], tiny_config(steps=6, evaluate_every=2))

    def places() -> list[int]:
        notes = (training._loss_sum, training._divergence._is_sound, training._divergence._sound_steps)
        moments = [state[name] for state in training.optimizer.state.values() for name in ("exp_avg", "exp_avg_sq")]
        return [tensor.data_ptr() for tensor in (*training.trained.values(), *notes, *moments)]

    steps = training.run()
    next(steps)
    before = places()
    next(steps)
    assert places() == before


def test_the_first_steps_are_not_recorded(recorded, trained):
    trained("digits", True, steps=3)
    assert recorded == []


def test_a_falling_rate_is_that_of_each_step(recorded, trained):
    settings = {"schedule": "cosine", "dropout": 0.0}
    (plain, _), (captured, _) = trained("digits", False, **settings), trained("digits", True, **settings)
    for name in plain:
        torch.testing.assert_close(plain[name], captured[name], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("longest", "positions"), [(3, 8), (8, 8), (9, 16), (60, 64)])
def test_positions_are_padded_to_an_eighth_of_the_longest(tasks, longest, positions):
    lengths = [1, 2, longest]
    batch = to_device(ragged(VECTORS_SHAPE, lengths, longest), tasks["digits"].scoring, torch.device("cpu"))
    padded = _padded(batch, 64)
    assert padded.inputs.shape[1] == positions
    assert torch.equal(padded.inputs[:, :longest], batch.inputs)
    assert not padded.inputs[:, longest:].any()


def test_there_are_no_graphs_on_a_cpu(tiny_config):
    with pytest.raises(InputError, match="capture is for GPUs of NVIDIA: leave it out on cpu"):
        resolve(tiny_config(capture=True, device="cpu"))
