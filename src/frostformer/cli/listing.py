"""The tasks and the backbones as the terminal lists them, and a few sequences of a task as text.

frostformer tasks
frostformer tasks digits --show 3
frostformer backbones
"""

from __future__ import annotations

import inspect
from collections.abc import Callable

import numpy as np

from frostformer.cli.terminal import console, say
from frostformer.data.sequences import Sequences, Stream
from frostformer.models.backbones.controls import CONTROLS
from frostformer.models.backbones.lstm import LSTMS
from frostformer.models.backbones.shapes import KNOWN
from frostformer.tasks.registry import TASKS, build_task, task_builder, task_names
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
    _print_name("embedded", "GPT-2 type, 6 layers, width 256, pretrained on English novels; in the package")
    for name, shape in KNOWN.items():
        _print_name(name, f"{shape.hub_id}; Lu et al. 2021: {shape.paper}")
    for name, lstm in LSTMS.items():
        parts = [f"layer-normalised LSTM, {lstm.layers} layers"]
        parts += ["residual connections"] * lstm.residual + ["positions"] * bool(lstm.positions)
        parts += ["with the official code's quirks"] * lstm.quirks
        _print_name(name, f"{', '.join(parts)}; Lu et al. 2021: tables 1 to 5")
    for name, control in CONTROLS.items():
        _print_name(name, f"{(inspect.getdoc(control) or '').splitlines()[0]}")
    say(
        "\nAny folder of a Hugging Face model that takes inputs_embeds, any .gguf file and any hub id works too.\n"
        "Fresh weights (`--weights random`) of the names above need no download."
    )


def print_task(name: str, show: int, options: dict[str, str]) -> None:
    """One task: what it is, its options, its source, and `show` training sequences."""
    builder = task_builder(name)
    _print_entry(name)
    about = _about(builder)
    if name not in TASKS:  # the entry has shown the first line
        about = about.partition("\n")[2].strip()
    if about:
        say(f"\n{about}")
    for parameter in inspect.signature(builder).parameters.values():
        default = "no default" if parameter.default is parameter.empty else f"default {parameter.default}"
        say(f"option --task-options.{parameter.name} ({default})")
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


def _print_name(name: str, about: str) -> None:
    console.print(name, style="bold")
    say(f"  {about}")


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
