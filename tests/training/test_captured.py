"""Steps that are recorded and replayed, with a stand-in for CUDA graphs; tests/gpu has the graphs themselves."""

from contextlib import contextmanager
from dataclasses import replace

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from frostformer.errors import InputError
from frostformer.models.build import build_model, model_beside
from frostformer.tasks.scoring.classification import Classification
from frostformer.training.batch import to_device
from frostformer.training.captured import CudaGraphs, _padded, undone
from frostformer.training.cohort import Cohort
from frostformer.training.devices import resolve
from frostformer.training.loop import Training
from helpers import VECTORS_SHAPE, ragged


@pytest.fixture
def recorded(monkeypatch):
    """The graphs that were recorded; nothing is computed before a replay, as with a real graph."""

    class Recorded(list):
        replays = 0

    made = Recorded()

    def record(compute):
        def replay():
            made.replays += 1
            compute()

        made.append(replay)
        return replay

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


@pytest.mark.parametrize(
    ("settings", "graphs", "replays"),
    [
        ({}, 2, 4 * 7),  # 100 = 6 * 16 + 4
        ({"evaluate_every": 7}, 2, 58),  # 57 of 7 steps, and the last
        ({"warmup_steps": 4}, 1, 400),
    ],
    ids=str,
)
def test_steps_on_cached_features_are_joined_where_they_are_alike(recorded, trained, settings, graphs, replays):
    usual = {"trainable": "output-only", "steps": 400, "evaluate_every": 100, "dropout": 0.0}
    (plain, curve), (captured, same) = (trained("digits", capture, **usual | settings) for capture in (False, True))
    assert len(recorded) == graphs
    assert recorded.replays == replays
    assert curve == same
    assert all(torch.equal(plain[name], captured[name]) for name in plain)


def test_steps_of_falling_rates_are_not_joined(recorded, trained):
    trained("digits", True, trainable="output-only", steps=400, evaluate_every=100, dropout=0.0, schedule="cosine")
    assert recorded.replays == 400


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


@pytest.mark.parametrize("family", ["gpt2", "bert"])
def test_a_resumed_captured_training_ends_with_the_same_bytes(recorded, tasks, tiny_config, tiny_model, family):
    task = tasks["remote-homology"]
    config = tiny_config(family, steps=12, evaluate_every=6, batch_size=4, capture=True, dropout=0.0)
    whole, first, second = (Training(tiny_model(task.shape, family), task, config) for _ in range(3))
    list(whole.run())
    next(first.run())
    tensors, header = first.state()
    second.restore({name: tensor.clone() for name, tensor in tensors.items()}, header)
    list(second.run())
    assert all(torch.equal(tensor, second.trained[name]) for name, tensor in whole.trained.items())


def test_what_is_tried_leaves_nothing_behind(tasks, tiny_config, tiny_model):
    config = tiny_config(steps=6, evaluate_every=6, dropout=0.1)
    training = Training(tiny_model(tasks["digits"].shape), tasks["digits"], config)
    training.begin()
    batch = training.next_batch()
    for _ in range(2):  # before Adam has its moments, and after
        before = [tensor.clone() for tensor in training.written()]
        random = torch.get_rng_state()
        with undone(training.written):
            training.work(batch)
            assert not all(map(torch.equal, before, training.written()))
            training.network(batch.inputs, batch.lengths).sum().backward()  # leaves gradients
        assert all(map(torch.equal, before, training.written()))
        assert not any(tensor.any() for tensor in training.written()[len(before) :])
        assert all(tensor.grad is None for tensor in training.trained.values())
        assert torch.equal(random, torch.get_rng_state())
        training.work(batch)


def test_batches_are_padded_only_where_no_prediction_can_change(tasks, tiny_config, tiny_model):
    task = tasks["digits"]
    model = tiny_model(task.shape)
    assert Training(model, task, tiny_config()).longest == task.shape.length
    model.backbone.probe = replace(model.backbone.probe, obeys_padding=False)
    assert Training(model, task, tiny_config()).longest is None
    assert Training(tiny_model(task.shape), task, tiny_config(trainable="output-only", steps=900)).longest is None


def test_a_recording_that_fails_tells_the_cause_and_gives_the_stream_back(monkeypatch):
    streams = ["own"]

    @contextmanager
    def recording(graph, pool):
        streams.append("of the recording")
        try:
            yield
        finally:
            raise RuntimeError("operation failed due to a previous error during capture")

    monkeypatch.setattr(torch.cuda, "graph_pool_handle", lambda: (0, 1))
    monkeypatch.setattr(torch.cuda, "CUDAGraph", object)
    monkeypatch.setattr(torch.cuda, "graph", recording)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda: streams[-1])
    monkeypatch.setattr(torch.cuda, "set_stream", streams.append)

    def waits():
        raise ValueError("the host may not wait")

    with pytest.raises(ValueError, match="the host may not wait"):
        CudaGraphs()(waits)
    assert streams == ["own", "of the recording", "own"]


def test_balanced_classes_make_no_tensor_in_a_step():
    scoring = Classification(outputs=3, weights=(0.5, 1.0, 1.5))
    logits, encoded = torch.zeros(2, 1, 1, 3), torch.zeros(2, 1, 1, dtype=torch.int64)
    scoring.losses(logits, encoded)
    with Made() as made:
        scoring.losses(logits, encoded)
    assert not made.constants


class Made(TorchDispatchMode):
    """Notices tensors that are made of Python's numbers, which a graph cannot do."""

    def __init__(self):
        super().__init__()
        self.constants = []

    def __torch_dispatch__(self, operation, types, arguments=(), named=None):
        if "lift_fresh" in str(operation) or "_to_copy" in str(operation):
            self.constants.append(operation)
        return operation(*arguments, **(named or {}))


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
