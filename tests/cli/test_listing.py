"""The list of tasks, and sequences as text."""

from __future__ import annotations

import json

from frostformer.cli.app import app
from frostformer.cli.listing import examples, print_tasks
from frostformer.tasks import registry
from frostformer.tasks.registry import TASKS, build_task
from frostformer.tasks.task import Task
from helpers import TASK_OPTIONS


def test_every_task_is_listed_with_source_and_licence(capsys):
    print_tasks()
    printed = capsys.readouterr().out
    for name, entry in TASKS.items():
        assert f"\n{name}\n" in "\n" + printed
        assert entry.source in printed
        assert entry.licence in printed


def test_bits_show_as_bits_with_their_answer():
    bits, answer = examples(build_task("bit-xor"), 1)
    numbers = [int(bit) for bit in bits.split()]
    assert answer == "-> " + " ".join(str(a ^ b) for a, b in zip(numbers[:5], numbers[5:], strict=True))


def test_bit_memory_shows_hidden_bits_as_dots():
    *rows, _ = examples(build_task("bit-memory", TASK_OPTIONS["bit-memory"]), 1)
    assert len(rows) == 6  # two strings and a question, two patches each
    assert set("".join(rows[:4])) == {"+", "-"}
    assert "." in "".join(rows[4:])


def test_images_show_as_shades(tasks):
    *rows, answer = examples(tasks["mnist"], 1)
    assert [len(row) for row in rows] == [56] * 28
    assert answer == f"-> {tasks['mnist'].train.targets[0, 0, 0]}"


def test_tasks_and_backbones_for_programs(capsys):
    app(["tasks", "--json"], result_action="return_value")
    tasks = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in tasks] == [*TASKS]
    assert tasks[0]["shape"]["length"] == TASKS[tasks[0]["name"]].shape.length
    app(["tasks", "bit-xor", "--json"], result_action="return_value")
    (xor,) = json.loads(capsys.readouterr().out)
    assert xor["options"] == {"length": "5"}
    assert xor["sizes"][0] is None
    app(["backbones", "--json"], result_action="return_value")
    assert {"embedded", "gpt2", "lstm"} <= {one["name"] for one in json.loads(capsys.readouterr().out)}


def test_a_task_of_ones_own_tells_what_its_function_says(capsys, monkeypatch):
    def plain(n: int) -> Task:
        raise NotImplementedError

    def told(size: int = 3) -> Task:
        """One line.

        And another.
        """
        raise NotImplementedError

    monkeypatch.setattr(registry, "_registered", {"plain": plain, "told": told})
    app(["tasks", "plain"], result_action="return_value")
    assert capsys.readouterr().out.splitlines() == [
        "plain",
        "  no description: give the function a docstring",
        "option --task-options.n (no default)",
    ]
    app(["tasks", "told"], result_action="return_value")
    assert capsys.readouterr().out.splitlines() == [
        "told",
        "  One line.",
        "",
        "And another.",
        "option --task-options.size (default 3)",
    ]
