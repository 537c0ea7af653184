"""The tasks and the backbones as the terminal lists them, and a few sequences of a task as text.

frostformer tasks
frostformer tasks digits --show 3
frostformer backbones
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from frostformer.cli.terminal import console, say
from frostformer.data.sequences import Sequences, Stream
from frostformer.models.backbones.controls import CONTROLS
from frostformer.models.backbones.lstm import LSTMS
from frostformer.models.backbones.shapes import KNOWN
from frostformer.tasks.registry import TASKS, build_task, task_builder, task_names
from frostformer.tasks.shape import TaskShape
from frostformer.tasks.task import Task

_SHADES = " .:-=+*#%@"  # dark to bright
_BITS = {-1: "-", 0: ".", 1: "+"}  # 0 is a hidden bit


def print_tasks() -> None:
    """Print every task that has a name; no data is read."""
    for name in task_names():
        _print_entry(name)
    say("\nTrivial is the test accuracy of the best rule that needs no model.")
    say("`frostformer tasks NAME --show 3` tells more of one and shows three sequences.")


def print_backbones() -> None:
    """Print every backbone that has a name; no weights are read."""
    for row in backbone_rows():
        console.print(row.name, style="bold")
        say(f"  {row.about}")
    say(
        "\nAny folder of a Hugging Face model that takes inputs_embeds, any .gguf file and any hub id works too.\n"
        "Fresh weights (`--weights random`) of the names above need no download."
    )


@dataclass(frozen=True)
class BackboneRow:
    """A backbone that has a name."""

    name: str
    about: str


def backbone_rows() -> list[BackboneRow]:
    """Every backbone that has a name; no weights are read."""
    rows = [BackboneRow("embedded", "GPT-2 type, 6 layers, width 256, pretrained on English novels; in the package")]
    rows += [BackboneRow(name, f"{one.hub_id}; Lu et al. 2021: {one.paper}") for name, one in KNOWN.items()]
    for name, lstm in LSTMS.items():
        parts = [f"layer-normalised LSTM, {lstm.layers} layers"]
        parts += ["residual connections"] * lstm.residual + ["positions"] * bool(lstm.positions)
        parts += ["with the official code's quirks"] * lstm.quirks
        rows.append(BackboneRow(name, f"{', '.join(parts)}; Lu et al. 2021: tables 1 to 5"))
    rows += [BackboneRow(name, (inspect.getdoc(one) or "").splitlines()[0]) for name, one in CONTROLS.items()]
    return rows


@dataclass(frozen=True)
class TaskRow:
    """A task that has a name; of one that is not shipped only what its function says."""

    name: str
    about: str
    options: dict[str, str | None]
    """Default of each option; null where it has none."""

    shape: TaskShape | None = None
    sizes: tuple[int | None, int, int] | None = None
    """Sequences to train on (null: endless), validate on, test on."""

    trivial: float | None = None
    """Test accuracy of the best rule that needs no model."""

    source: str = ""
    licence: str = ""


def task_rows(name: str | None = None) -> list[TaskRow]:
    """Every task that has a name, or one; no data is read."""
    rows = []
    for one in task_names() if name is None else [name]:
        builder, entry = task_builder(one), TASKS.get(one)
        options = {
            key: None if given.default is given.empty else str(given.default)
            for key, given in inspect.signature(builder).parameters.items()
        }
        known = () if entry is None else (entry.shape, entry.sizes, entry.trivial, entry.source, entry.licence)
        rows.append(TaskRow(one, _about(builder), options, *known))
    return rows


def print_task(name: str, show: int, options: dict[str, str]) -> None:
    """One task: what it is, its options, its source, and `show` training sequences."""
    (row,) = task_rows(name)
    _print_entry(name)
    about = row.about
    if name not in TASKS:  # the entry has shown the first line
        about = about.partition("\n")[2].strip()
    if about:
        say(f"\n{about}")
    for option, default in row.options.items():
        say(f"option --task-options.{option} ({'no default' if default is None else f'default {default}'})")
    if show > 0:
        for line in ["", *examples(build_task(name, options), show)]:
            say(line)


def examples(task: Task, count: int) -> list[str]:
    """The first training sequences as lines of text, each followed by its target."""
    split = task.train
    chosen = split.draw(np.random.default_rng(0), count) if isinstance(split, Stream) else split[:count]
    lines = []
    for number in range(len(chosen)):
        lines += _draw(chosen, number, task.vocabulary)
        lines.append(f"-> {' '.join(map(str, chosen.targets[number].ravel()))}")
    return lines


def _draw(sequences: Sequences, number: int, vocabulary: tuple[str, ...]) -> list[str]:
    row = sequences.inputs[number]
    if row.ndim == 3:  # an image (H, W, C) before its transform
        grey = row.mean(axis=2) / 256 * len(_SHADES)
        return ["".join(_SHADES[int(value)] * 2 for value in line) for line in grey]
    row = row[: sequences.lengths[number]]
    if row.ndim == 1:
        return [" ".join(vocabulary[token] if vocabulary else str(token) for token in row)]
    if row.shape[1] == 1:
        return [" ".join(f"{value:g}" for value in row[:, 0])]
    if set(np.unique(row)) <= set(_BITS):
        return ["".join(_BITS[int(value)] for value in vector) for vector in row]
    return [" ".join(f"{value:.2f}" for value in vector) for vector in row]


def _about(builder: Callable[..., Task]) -> str:
    return inspect.getdoc(builder) or "no description: give the function a docstring"


def _print_entry(name: str) -> None:
    console.print(name, style="bold")
    if name not in TASKS:  # registered, or of another package: known only by its builder
        say(f"  {_about(task_builder(name)).splitlines()[0]}")
        return
    entry = TASKS[name]
    shape, sizes = entry.shape, ["endless" if size is None else f"{size:,}" for size in entry.sizes]
    count = shape.read_positions * shape.predictions
    classes = f"{shape.classes} classes" if count == 1 else f"{count:,} predictions of {shape.classes} classes"
    say(f"  input: {shape.length:,} {shape.input_kind} of {shape.channels}; {classes}")
    say(f"  train {sizes[0]}, validation {sizes[1]}, test {sizes[2]}; trivial {100 * entry.trivial:.1f} %")
    say(f"  {entry.source} ({entry.licence})")
