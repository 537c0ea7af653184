"""The one dictionary of tasks."""

import os
import socket

import pytest

from frostformer.data.sequences import Stream
from frostformer.errors import InputError
from frostformer.tasks.registry import TASKS, build_task, task_builder


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
def test_the_entry_agrees_with_what_is_built(name, monkeypatch):
    if name not in ("bit-xor", "bit-memory", "digits") and "FROSTFORMER_DATA" not in os.environ:
        pytest.skip("FROSTFORMER_DATA names no folder of real data")
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
