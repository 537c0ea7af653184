"""What only a GPU can show: `pytest tests/gpu -n0 --device cuda`."""

import logging
import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from frostformer.models.build import build_model, model_beside
from frostformer.training import feed
from frostformer.training.cohort import Cohort
from frostformer.training.loop import Training


@pytest.fixture(autouse=True)
def device(request):
    if request.config.getoption("--device") != "cuda" or not torch.cuda.is_available():
        pytest.skip("no GPU is asked for")


@pytest.fixture
def train(tasks, tiny_config):
    """A function: task and settings -> (tensors on the host, losses) at the end of a training on the GPU."""

    def make(name: str = "digits", family: str = "gpt2", **settings):
        settings = {"steps": 12, "evaluate_every": 4, "batch_size": 8, "backbone_precision": "fp32"} | settings
        config = tiny_config(family, device="cuda", **settings)
        training = Training(build_model(config, tasks[name].shape)[0], tasks[name], config)
        losses = [one.train_loss for one in training.run()]
        return {key: one.detach().cpu() for key, one in training.trained.items()}, losses

    return make


def close(one, other, rtol=1e-3, atol=1e-4):
    for name in one:
        torch.testing.assert_close(one[name], other[name], rtol=rtol, atol=atol)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("name", ["digits", "bit-memory", "remote-homology"])
@pytest.mark.parametrize("dropout", [0.0, 0.1])
def test_captured_steps_are_the_steps(train, caplog, name, precision, dropout):
    settings = {"backbone_precision": precision, "dropout": dropout, "learning_rate": 2**-9}
    plain, losses = train(name, **settings)
    with caplog.at_level(logging.WARNING):
        captured, same = train(name, capture=True, **settings)
    assert "not captured" not in caplog.text
    assert same == pytest.approx(losses, rel=2e-2 if precision == "bf16" else 1e-4)
    again, _ = train(name, capture=True, **settings)
    assert all(torch.equal(captured[one], again[one]) for one in captured)
    if precision == "fp32":
        close(captured, plain)


@pytest.mark.parametrize("family", ["bert", "llama", "gpt-neox", "t5", "vit"])
def test_other_architectures_are_captured(train, caplog, family):
    plain, _ = train(family=family, learning_rate=2**-9)
    captured, _ = train(family=family, learning_rate=2**-9, capture=True)
    assert "not captured" not in caplog.text
    close(captured, plain)


@pytest.mark.parametrize("settings", [{"micro_batch": 3}, {"schedule": "cosine"}], ids=str)
def test_captured_steps_with_other_settings(train, caplog, settings):
    plain, _ = train(learning_rate=2**-9, **settings)
    captured, _ = train(learning_rate=2**-9, capture=True, **settings)
    assert "not captured" not in caplog.text
    close(captured, plain)


@pytest.mark.parametrize("name", ["digits", "remote-homology"])
@pytest.mark.parametrize("capture", [False, True])
def test_a_resumed_training_ends_with_the_same_bytes(tasks, tiny_config, name, capture):
    config = tiny_config(device="cuda", backbone_precision="fp32", steps=12, evaluate_every=6, capture=capture)
    whole, first, second = (Training(build_model(config, tasks[name].shape)[0], tasks[name], config) for _ in range(3))
    list(whole.run())
    next(first.run())
    tensors, header = first.state()
    second.restore({key: tensor.detach().cpu().clone() for key, tensor in tensors.items()}, header)
    list(second.run())
    assert all(torch.equal(tensor, second.trained[key]) for key, tensor in whole.trained.items())


class Waits(torch.nn.Module):
    """A backbone whose code asks the GPU for a number."""

    width = 8

    def __init__(self):
        super().__init__()
        self.norm = torch.nn.LayerNorm(8)

    def forward(self, inputs):
        """(B, T, 8) -> (B, T, 8)."""
        return self.norm(inputs * (1.0 if inputs.sum().item() > 0 else 2.0))


def test_a_model_that_cannot_be_captured_says_why_and_disturbs_no_other(tasks, tiny_config, train, caplog):
    before, _ = train(capture=True, dropout=0.1)
    task = tasks["digits"]
    config = replace(tiny_config(device="cuda", backbone_precision="fp32"), backbone="module:Waits", dropout=0.1)
    runs = []
    for capture in (False, True):
        one = replace(config, capture=capture)
        training = Training(build_model(one, task.shape, Waits())[0], task, one)
        list(training.run())
        runs.append({name: tensor.detach().cpu() for name, tensor in training.trained.items()})
    assert caplog.text.count("steps are not captured") == 1
    assert "previous error" not in caplog.text
    close(*runs)
    again, _ = train(capture=True, dropout=0.1)
    assert all(torch.equal(before[name], again[name]) for name in before)


def test_a_cohort_is_captured_in_a_process_of_its_own():
    """Where nothing was recorded before: the memory of its graphs must outlive the first of them."""
    test = f"{__file__}::test_members_of_a_cohort_end_as_alone"
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "--device", "cuda", f"{test}[True]"]
    assert subprocess.run(command, check=False).returncode == 0


@pytest.mark.parametrize("trainable", ["output-only", "full"])
def test_cached_features_and_whole_models_are_captured(train, caplog, trainable):
    plain, _ = train(trainable=trainable, steps=40, learning_rate=2**-9)
    captured, _ = train(trainable=trainable, steps=40, learning_rate=2**-9, capture=True)
    assert "not captured" not in caplog.text
    close(plain, captured)


def test_sequences_on_the_device_come_as_from_the_host(train, monkeypatch):
    there, _ = train()
    monkeypatch.setattr(feed, "room_on", lambda device: 0.0)
    fetched, _ = train()
    assert all(torch.equal(there[name], fetched[name]) for name in there)


@pytest.mark.parametrize("precision", ["tf32", "bf16"])
def test_lower_precisions_stay_close_to_float32(train, precision):
    exact, losses = train()
    rounded, others = train(backbone_precision=precision)
    assert others == pytest.approx(losses, rel=0.05)
    assert any(not torch.equal(exact[name], rounded[name]) for name in exact)
    assert torch.get_float32_matmul_precision() == "highest"


@pytest.mark.parametrize("capture", [False, True])
def test_members_of_a_cohort_end_as_alone(tasks, tiny_config, caplog, capture):
    """Some end before others, and one diverges; evaluations lie between the replays of a graph."""
    task = tasks["digits"]
    config = tiny_config(device="cuda", backbone_precision="fp32", steps=12, evaluate_every=3, learning_rate=2**-9)
    changes = [{"steps": 6 + 6 * (seed % 2), "seed": seed} for seed in range(8)]
    alone = [replace(config, **one) for one in [*changes, {"seed": 8, "learning_rate": 2.0**100}]]
    configs = [replace(one, capture=capture) for one in alone]
    first, _ = build_model(config, task.shape)
    models = [first, *(model_beside(first, one) for one in configs[1:])]
    together = [Training(model, task, one) for model, one in zip(models, configs, strict=True)]
    for _ in Cohort(together).run():
        pass
    assert "not captured" not in caplog.text
    for one, member in zip(alone, together, strict=True):
        single = Training(build_model(one, task.shape)[0], task, one)
        list(single.run())
        assert member.diverged == single.diverged
        assert [point.step for point in member.curve] == [point.step for point in single.curve]
        if single.diverged is None:
            losses = [[point.train_loss for point in each.curve] for each in (member, single)]
            assert losses[0] == pytest.approx(losses[1], rel=1e-3)
            close({name: tensor.detach() for name, tensor in single.trained.items()}, dict(member.trained))
