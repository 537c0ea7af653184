"""The public surface: a task, a backbone and a loop of one's own, from training to prediction."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import frostformer as ff
from frostformer import plugins
from frostformer.tasks import registry

NAMES = {
    *("RunConfig", "Result", "run", "run_many", "evaluate", "predict", "Task", "TaskShape", "Scoring", "Sequences"),
    *("Stream", "register_task", "register_backbone", "build_model", "load_adapter", "read_result", "InputError"),
    *("FrozenTransformerClassifier", "FrozenTransformerRegressor", "verdict"),
}
RNG = np.random.default_rng(0)
X = RNG.standard_normal((120, 6, 2)).astype(np.float32)
SHORT = ff.RunConfig(backbone="one-attention", width=16, steps=6, evaluate_every=3, batch_size=8, device="cpu")
TARGETS = {
    "classification": (X[:, 0, 0] > 0).astype(int),
    "names": np.array(["no", "yes"])[(X[:, 0, 0] > 0).astype(int)],
    "multilabel": (X[:, 0] > 0).astype(int),
    "regression": X[:, :, 0].sum(1),
    "per-position": (X[:, :, 0] > 0).astype(int),
}


def waves(y="classification", **options) -> ff.Task:
    return ff.Task.from_arrays(X, TARGETS[y], name="waves", per_position=y == "per-position", **options)


@pytest.fixture
def own_names(monkeypatch):
    """What a test registers is gone behind it."""
    monkeypatch.setattr(registry, "_registered", {})


def test_the_surface_is_what_it_says():
    assert set(dir(ff)) == NAMES | {"__version__"}
    assert all(getattr(ff, name).__doc__ for name in NAMES)
    assert callable(ff.run)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = ff.nothing


def test_the_import_loads_nothing_heavy():
    code = "import sys, frostformer; print([n for n in ('torch', 'numpy', 'transformers') if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


@pytest.mark.slow
def test_types_are_seen_from_outside(tmp_path):
    lines = ["import frostformer as ff", "reveal_type(ff.run)", "reveal_type(ff.Task.from_arrays)", ""]
    (tmp_path / "use.py").write_text("\n".join(lines))
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", tmp_path / "cache", tmp_path / "use.py"],
        capture_output=True,
        text=True,
    )
    assert "RunConfig" in done.stdout
    assert "-> frostformer.tasks.task.Task" in done.stdout
    assert "Any" not in done.stdout.splitlines()[0].replace("typing.Any", "")


@pytest.mark.parametrize("kind", TARGETS)
def test_every_kind_of_target_from_training_to_prediction(kind, tmp_path):
    task = waves(kind)
    result = ff.run(SHORT, tmp_path / "run", task=task)
    assert result.config["task"] == "waves"
    assert result.task["fingerprint"] == task.fingerprint
    assert ff.evaluate(tmp_path / "run", task=task) == result.metrics["test"]
    answers = ff.predict(tmp_path / "run", X[:4])
    scores = np.load(tmp_path / "run" / "test_scores.npz", allow_pickle=False)
    assert scores["row"].tolist() == list(range(len(task.test)))
    assert scores["row"].dtype == np.int64
    assert scores["score"].dtype == np.float64
    assert scores["answer"].dtype == np.asarray(answers).dtype
    metric = {"regression": "mae"}.get(kind, "accuracy")
    assert abs(scores["score"].mean()) == pytest.approx(result.metrics["test"][metric])
    if kind == "names":
        assert set(answers) <= {"no", "yes"}
    raw = task.test.inputs * np.array(task.reading.deviation) + np.array(task.reading.mean)
    np.testing.assert_array_equal(np.asarray(ff.predict(tmp_path / "run", raw)), scores["answer"])


def test_ragged_positions_are_answered_where_they_are_real(tmp_path):
    lengths = 2 + np.arange(120) % 5
    x, y = (
        [row[:n] for row, n in zip(X, lengths, strict=True)],
        [row[:n, 0] > 0 for row, n in zip(X, lengths, strict=True)],
    )
    task = ff.Task.from_arrays(x, y, name="ragged", per_position=True)
    ff.run(SHORT, tmp_path / "run", task=task)
    (tmp_path / "x.jsonl").write_text("".join(json.dumps(row.tolist()) + "\n" for row in x[:5]))
    done = subprocess.run(
        [sys.executable, "-m", "frostformer", "predict", tmp_path / "run", tmp_path / "x.jsonl"],
        capture_output=True,
        text=True,
    )
    answers = [json.loads(line)["classes"] for line in done.stdout.splitlines()]
    assert [len(row) for row in answers] == lengths[:5].tolist()


def test_other_data_of_the_same_name_is_refused(tmp_path, own_names):
    ff.run(SHORT, tmp_path / "run", task=replace(waves(), name="digits"))
    for other in (None, ff.Task.from_arrays(X + 1, TARGETS["classification"], name="digits")):
        with pytest.raises(ff.InputError, match="with other data than this one"):
            ff.evaluate(tmp_path / "run", task=other)
    with pytest.raises(ff.InputError, match="the task's data"):
        ff.run(SHORT, tmp_path / "run", task=replace(waves(seed=1), name="digits"), resume=True)


def test_a_registered_task_is_known_everywhere(tmp_path, own_names):
    ff.register_task("waves", waves)
    config = replace(SHORT, task="waves", task_options={"y": "regression"})
    result = ff.run(config, tmp_path / "run")
    assert ff.evaluate(tmp_path / "run") == result.metrics["test"]
    assert ff.run(config, tmp_path / "run", resume=True) == result


def test_a_plugin_makes_a_task_known_to_the_command_line(tmp_path):
    (tmp_path / "my_tasks.py").write_text(
        "import numpy as np, frostformer as ff\n"
        "def ramps(length: int = 5):\n    'Ramps.'\n"
        "    x = np.arange(60.0 * length).reshape(60, length)\n"
        "    return ff.Task.from_arrays(x, np.arange(60) % 2, name='ramps')\n"
        "ff.register_task('ramps', ramps)\n"
    )

    def frostformer(*arguments):
        command = [sys.executable, "-m", "frostformer", *arguments]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)

    run = [
        "run",
        "--plugin",
        "my_tasks.py",
        "--task",
        "ramps",
        "--backbone",
        "identity",
        "--width",
        "8",
        "--steps",
        "4",
    ]
    done = frostformer(*run, "--out", "out")
    assert done.returncode == 0, done.stderr
    assert ff.read_result(tmp_path / "out/result.json").config["plugin"] == "my_tasks.py"
    assert frostformer(*run, "--out", "out", "--resume").returncode == 0
    done = frostformer("evaluate", "out")
    assert done.returncode == 0, done.stderr
    assert "accuracy" in done.stdout
    assert "Ramps." in frostformer("tasks", "ramps", "--plugin", "my_tasks.py").stdout
    assert frostformer("report", "out").returncode == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no such file"),
        ("{}[0]", "failed with KeyError"),
        ("(", "failed with SyntaxError"),
    ],
)
def test_a_plugin_that_fails_is_one_sentence(tmp_path, content, message):
    path = tmp_path / "mine.py"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ff.InputError, match=message):
        plugins.load_plugin(str(path))


def test_a_module_of_ones_own_from_training_to_prediction(tmp_path):
    module = nn.GRU(8, 8, batch_first=True)
    config = ff.RunConfig(steps=6, evaluate_every=3, batch_size=8, device="cpu")
    result = ff.run(config, tmp_path / "run", task=waves(), backbone=module)
    assert result.config["backbone"] == "module:GRU"
    assert ff.evaluate(tmp_path / "run", task=waves(), backbone=module) == result.metrics["test"]
    assert len(ff.predict(tmp_path / "run", X[:3], backbone=module)) == 3
    with pytest.raises(ff.InputError, match="was given as a Python object"):
        ff.predict(tmp_path / "run", X[:3])
    with pytest.raises(ff.InputError, match="load it on the backbone it was trained on"):
        ff.predict(tmp_path / "run", X[:3], backbone=nn.GRU(8, 8, batch_first=True))


def test_a_backbone_that_padding_changes_takes_one_length_only(tmp_path):
    module = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
    config = ff.RunConfig(steps=4, evaluate_every=2, batch_size=8, device="cpu")
    ff.run(config, tmp_path / "equal", task=waves(), backbone=module)
    ragged = ff.Task.from_arrays([x[: 2 + i % 4] for i, x in enumerate(X)], TARGETS["names"], name="ragged")
    with pytest.raises(ff.InputError, match="gives other values where a sequence is padded"):
        ff.run(config, tmp_path / "ragged", task=ragged, backbone=module)
    with pytest.raises(ff.InputError, match="gives other values where a sequence is padded"):
        ff.predict(tmp_path / "equal", [X[0], X[1, :3]], backbone=module)


def test_many_runs_of_a_task_of_ones_own(tmp_path):
    configs = {f"seed-{seed}": replace(SHORT, seed=seed) for seed in range(3)}
    outcome = ff.run_many(configs | {"bad": replace(SHORT, trainable="nothing")}, tmp_path, task=waves())
    assert list(outcome.results) == list(configs)
    assert set(outcome.failures) == {"bad"}
    assert "unknown parameter group" in outcome.failures["bad"]


def test_raw_images_are_predicted(tmp_path):
    from sklearn.datasets import load_digits

    ff.run(replace(SHORT, task="digits"), tmp_path / "run")
    answers = ff.predict(tmp_path / "run", load_digits().images[:5])
    assert answers.shape == (5,)
    assert answers.dtype == np.int64


def test_an_adapter_is_used_in_either_precision_and_a_finished_run_is_finished(tmp_path):
    config = replace(SHORT, backbone="embedded", width=None, backbone_precision="bf16")
    result = ff.run(config, tmp_path / "run", task=waves())
    assert ff.evaluate(tmp_path / "run", task=waves(), precision="bf16") == result.metrics["test"]
    model, adapter = ff.load_adapter(tmp_path / "run", precision="fp32")
    assert model.precision == "fp32"
    assert adapter.config.backbone_precision == "bf16"
    with pytest.raises(ff.InputError, match="was not trained on 8-bit matrices"):
        ff.load_adapter(tmp_path / "run", precision="int8")
    assert ff.run(replace(config, backbone_precision="auto"), tmp_path / "run", task=waves(), resume=True) == result
    with pytest.raises(ff.InputError, match="other values of backbone_precision"):
        ff.run(replace(config, backbone_precision="fp32"), tmp_path / "run", task=waves(), resume=True)


def test_balanced_classes_and_schedules_train(tmp_path):
    options = {"class_weights": "balanced", "schedule": "cosine", "warmup_steps": 2, "weight_decay": 0.1, "division": 1}
    result = ff.run(replace(SHORT, **options), tmp_path / "run", task=waves())
    assert torch.isfinite(torch.tensor(result.metrics["test"]["loss"]))
    assert ff.evaluate(tmp_path / "run", task=waves()) == result.metrics["test"]


@pytest.mark.slow
def test_a_backbone_of_a_plugin_is_the_same_in_every_process(tmp_path):
    (tmp_path / "mine.py").write_text(
        "import frostformer as ff\nfrom torch import nn\n"
        "class Mine(nn.Module):\n    width = 8\n"
        "    def __init__(self):\n        super().__init__()\n        self.layer = nn.Linear(8, 8)\n"
        "    def forward(self, x, **options):\n        return self.layer(x)\n"
        "def mine():\n    return Mine()\n"
        "ff.register_backbone('mine', mine)\n"
    )

    def frostformer(*arguments, cwd=tmp_path):
        command = [sys.executable, "-m", "frostformer", *arguments]
        return subprocess.run(command, capture_output=True, text=True, cwd=cwd)

    run = [
        "run",
        "--plugin",
        "mine.py",
        "--backbone",
        "mine",
        "--task",
        "digits",
        "--steps",
        "4",
        "--evaluate-every",
        "2",
    ]
    assert frostformer(*run, "--seeds", "0-1", "--out", "many").returncode == 0
    assert frostformer(*run, "--out", "out").returncode == 0
    done = frostformer("evaluate", "out")
    assert done.returncode == 0, done.stderr
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "mine.py").rename(tmp_path / "elsewhere" / "moved.py")
    assert "there is no such file" in frostformer("evaluate", "out").stderr
    assert frostformer("evaluate", "out", "--plugin", "elsewhere/moved.py").returncode == 0
    assert frostformer(*run[:2], "elsewhere/moved.py", *run[3:], "--out", "out", "--resume").returncode == 0


def test_one_bad_run_of_a_cohort_leaves_the_others(tmp_path):
    ff.run(SHORT, tmp_path / "seed-0", task=waves())
    configs = {f"seed-{seed}": replace(SHORT, seed=seed, steps=9) for seed in range(3)}
    outcome = ff.run_many(configs, tmp_path, task=waves())
    assert list(outcome.results) == ["seed-1", "seed-2"]
    assert "other values of steps" in outcome.failures["seed-0"]


def test_a_model_that_diverged_answers_with_its_last_finite_tensors(tmp_path):
    result = ff.run(replace(SHORT, learning_rate=1e30), tmp_path / "run", task=waves("names"))
    assert result.diverged == 2  # the first step is finite, its tensors are not
    assert np.isfinite(result.metrics["test"]["loss"])
    assert len(ff.predict(tmp_path / "run", X[:2])) == 2


def test_a_task_that_nobody_knows_is_one_sentence(tmp_path):
    ff.run(SHORT, tmp_path / "run", task=waves())
    with pytest.raises(ff.InputError, match="give it as `task=`, or name with --plugin"):
        ff.evaluate(tmp_path / "run")
    with pytest.raises(ff.InputError, match=r"unknown split 'valid'.*Did you mean 'validation'"):
        ff.evaluate(tmp_path / "run", "valid", task=waves())
    assert ff.read_result(str(tmp_path / "run")).task["name"] == "waves"
