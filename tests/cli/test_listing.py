"""The list of tasks, and sequences as text."""

from __future__ import annotations

from frostformer.cli.listing import examples, print_tasks
from frostformer.tasks.registry import TASKS, build_task
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
