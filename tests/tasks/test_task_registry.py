"""The tasks by name: shipped, registered, and of installed packages."""

import os
import socket
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from frostformer.config import RunConfig
from frostformer.data.sequences import Stream
from frostformer.errors import InputError
from frostformer.tasks import registry as registry_module
from frostformer.tasks.registry import TASKS, build_task, register_task, task_builder, task_names, task_of
from frostformer.tasks.task import Task


@pytest.mark.parametrize("name", TASKS)
def test_every_name_has_a_builder_that_says_what_it_makes(name):
    assert task_builder(name).__doc__


@pytest.mark.parametrize("name", TASKS)
def test_every_task_carries_its_name_and_where_it_is_from(tasks, name):
    task = tasks[name]
    assert task.name == name
    assert task.version >= 1
    assert task.source
    assert task.licence


def test_options_reach_the_builder():
    assert build_task("bit-xor", {"length": "7"}).shape.read_positions == 7
    assert build_task("bit-memory", {"strings": "2", "bits": "8", "patch": "4"}).shape.length == 6
    assert build_task("bit-xor").shape == build_task("bit-xor", {}).shape == build_task("bit-xor", None).shape


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("bit-xr", {}, "unknown task 'bit-xr'.*Did you mean 'bit-xor'"),
        ("bit-xor", {"lenght": "7"}, "unknown option of task 'bit-xor' 'lenght'.*Did you mean 'length'"),
        ("bit-xor", {"length": "seven"}, "bit-xor option 'length' is 'seven'"),
        ("bit-xor", {"length": "7.5"}, "bit-xor option 'length' is '7.5'"),
        ("bit-xor", {"length": "2"}, "length is 2"),
        ("digits", {"length": "7"}, "'digits' has no options"),
    ],
)
def test_refuses(name, options, message):
    with pytest.raises(InputError, match=message):
        build_task(name, options)


@pytest.mark.parametrize("name", TASKS)
def test_the_entry_agrees_with_what_is_built(name, monkeypatch, tmp_path):
    if "FROSTFORMER_DATA" not in os.environ:
        monkeypatch.setenv("FROSTFORMER_DATA", str(tmp_path))  # not what lies in a home folder, which takes minutes
    monkeypatch.setattr(socket.socket, "connect", None)  # data is there or not; nothing is downloaded
    try:
        task = build_task(name)
    except (InputError, TypeError) as error:
        pytest.skip(f"no data here: {error}")
    entry = TASKS[name]
    assert task.shape == entry.shape
    train = None if isinstance(task.train, Stream) else len(task.train)
    assert (train, len(task.validation), len(task.test)) == entry.sizes
    assert max(task.trivial.values()) == pytest.approx(entry.trivial, abs=0.02)


@pytest.fixture
def registry(monkeypatch):
    """Tasks that a test registers are gone behind it."""
    monkeypatch.setattr(registry_module, "_registered", {})


def waves(length: int = 6, noise: float = 0.5, loud: bool = False, folder: Path | None = None) -> Task:
    """Waves with noise."""
    x = np.random.default_rng(0).standard_normal((50, length, 1)) * noise
    return Task.from_arrays(x, np.arange(50) % 2, name=f"waves {loud} {folder}")


def test_a_registered_task_has_options_of_every_type(registry):
    register_task("waves", waves)
    task = build_task("waves", {"length": "9", "noise": "0.25", "loud": "true", "folder": "here"})
    assert task.shape.length == 9
    assert task.name == "waves True here"
    assert "waves" in task_names()
    with pytest.raises(InputError, match="waves option 'noise' is 'much'"):
        build_task("waves", {"noise": "much"})


def test_options_work_without_postponed_annotations(registry):
    namespace = {"Task": Task, "np": np, "waves": waves}
    exec("def mine(length: int = 6, noise: float = 1.0) -> Task:\n    return waves(length, noise)", namespace)
    register_task("mine", namespace["mine"])
    assert build_task("mine", {"length": "7", "noise": "0.5"}).shape.length == 7


def test_a_name_that_is_taken_is_refused_and_the_same_function_replaces_itself(registry):
    def other() -> Task:
        return waves()

    register_task("waves", waves)
    register_task("waves", waves)
    for name in ("waves", "digits"):
        with pytest.raises(InputError, match=f"there is a task '{name}' already"):
            register_task(name, other)


def test_a_builder_must_give_a_task(registry):
    register_task("nothing", lambda: None)
    with pytest.raises(InputError, match="gave a NoneType"):
        build_task("nothing")


def test_an_installed_package_brings_tasks(tmp_path, monkeypatch):
    (tmp_path / "tiny_tasks.py").write_text(
        "from frostformer import Task\nimport numpy as np\n"
        "def ramps(length: int = 5) -> Task:\n    'Ramps.'\n"
        "    x = np.arange(40.0 * length).reshape(40, length)\n"
        "    return Task.from_arrays(x, np.arange(40) % 2, name='ramps')\n"
    )
    about = tmp_path / "tiny_tasks-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny-tasks\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[frostformer.tasks]\nramps = tiny_tasks:ramps\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert "ramps" in task_names()
    assert build_task("ramps", {"length": "7"}).shape.length == 7


def test_class_weights_and_divisions_are_the_runs(tasks):
    task = tasks["digits"]
    same, divided = task_of(RunConfig(), task), task_of(RunConfig(division=3, class_weights="balanced"), task)
    assert same is task
    assert divided.scoring.weights is not None
    assert divided.fingerprint == task.fingerprint
    assert not np.array_equal(divided.validation.inputs, task.validation.inputs)
    numbers = Task.from_arrays(np.ones((20, 3)), np.arange(20.0) + 0.5, name="numbers")
    with pytest.raises(InputError, match="class_weights: task 'numbers' has no classes"):
        task_of(RunConfig(class_weights="balanced"), numbers)


@pytest.mark.parametrize("name", ["bit-xor", "bit-memory"])
def test_a_task_without_end_draws_another_validation_that_training_never_sees(tasks, name):
    task = tasks[name]
    others = [task.divided(seed) for seed in range(6)]
    kept = {other.validation.inputs.tobytes() for other in others}
    assert len(kept) > 1
    for other in others:
        assert np.array_equal(other.test.inputs, task.test.inputs)
        drawn = other.train.draw(np.random.default_rng(0), 500).inputs
        seen = {row.tobytes() for row in drawn}
        assert not seen & {row.tobytes() for row in other.validation.inputs}
        assert not seen & {row.tobytes() for row in other.test.inputs}


class Unreadable:
    """A type that no text can be."""


def with_option(hint):
    """A task's builder with one option of this type, and the list of the values that it gets."""
    seen = []

    def builder(option=None):
        seen.append(option)
        return waves()

    builder.__annotations__ = {"option": hint}
    return builder, seen


@pytest.mark.parametrize(
    ("hint", "text", "value"),
    [
        (float, "0.5", 0.5),
        (float | None, "2", 2.0),
        (bool, "true", True),
        (int, "12", 12),
        (int | None, "4", 4),
        (Literal["a", "b"], "b", "b"),
        (Literal[1, 2], "2", 2),
        (str, "12", "12"),
        (Path, "x", Path("x")),
    ],
)
def test_an_option_is_read_by_its_type(registry, hint, text, value):
    builder, seen = with_option(hint)
    register_task("mine", builder)
    build_task("mine", {"option": text})
    assert [(type(one), one) for one in seen] == [(type(value), value)]


@pytest.mark.parametrize(
    ("hint", "text", "words"),
    [
        (float, "much", "type float"),
        (float, "nan", "finite"),
        (bool, "maybe", "type bool"),
        (int, "1.5", "type int"),
        (int, "9" * 5000, "type int"),
        (Literal["a", "b"], "c", "one of a, b"),
        (Literal[1, 2], "3", "one of 1, 2"),
        (Unreadable, "x", "cannot be given as text"),
        ("NotThere", "x", "is not known"),
    ],
)
def test_an_option_of_another_type_is_refused(registry, hint, text, words):
    builder, seen = with_option(hint)
    register_task("mine", builder)
    with pytest.raises(InputError, match=words):
        build_task("mine", {"option": text})
    assert seen == []


def test_an_option_without_a_default_must_be_given(registry):
    register_task("mine", lambda length: waves(length))
    with pytest.raises(InputError, match=r"needs its option 'length'.*--task-options\.length"):
        build_task("mine")


def test_a_task_is_shown_without_its_sequences():
    assert repr(waves(length=4)) == (
        "Task 'waves False None' (classification): train Sequences(30, 4, 1), validation Sequences(10, 4, 1), "
        "test Sequences(10, 4, 1)"
    )
    assert repr(build_task("bit-xor")).startswith("Task 'bit-xor' (classification): train Stream(draw=")
