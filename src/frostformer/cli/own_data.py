"""What was understood of a user's file, as sentences for people and as one object for programs."""

from __future__ import annotations

import itertools
import json
import shlex
from collections.abc import Iterator
from typing import Any

import numpy as np
from rich.text import Text

from frostformer.cli.terminal import say
from frostformer.data.files.case import Case
from frostformer.data.files.options import DataFile
from frostformer.report.making import of_file
from frostformer.tasks.own_data import Look
from frostformer.words import counted, few_of

_FIRST = 3  # sequences that are shown
_LETTERS = 80  # of each
_STEPS = 8  # channels of a step, or answers of a sequence
_CHANNELS = 4  # names
_CLASSES = 12
_POSITIONS = 64  # of each, for programs


def as_json(look: Look) -> str:
    """One object in one line, with the first sequences and the command that trains on the file."""
    found = look.describe() | {"first": [_as_plain(case) for case in _first(look)], "command": command(look)}
    return json.dumps(found, ensure_ascii=False, allow_nan=False)


def print_look(look: Look) -> None:
    """Everything a user needs to see before training on a file."""
    found = look.describe()
    say(_plain(f"{look.path}: {_sequences(look, found)}"))
    for line in [*_answers(look, found), *_missing(found)]:
        say(_plain(line))
    splits = look.division.sentence if look.division else ""
    if splits and not look.refusals:
        say(_plain(f"splits: {splits}"))
    for title, sentences in (
        ("warning", [*look.refusals, *look.warnings]),
        ("left out", look.left_out),
        ("note", [one for one in look.notes if one != splits]),
    ):
        for sentence in sentences:
            shown = "note" if title in sentence else title  # `left out: column 'a' left out`
            say(Text.assemble((f"{shown}: ", "bold"), _plain(sentence)))
    say("the first sequences:")
    for line in _rows(look):
        say(_plain(f"  {line}"))
    if trains := command(look):
        say(Text.assemble("train on it: ", (_plain(trains), "bold")))
    else:
        say("no task can be made of it as it is: see the first warning")


def command(look: Look) -> str | None:
    """The command that trains on a file, with the options that were given; None where no task can be made of it."""
    if look.refusals:
        return None
    words = of_file(DataFile(**look.options.given() | {"path": str(look.path)}))
    return shlex.join(["frostformer", "run", *words, "--out", f"runs/{look.path.name.split('.')[0] or 'own'}"])


def _sequences(look: Look, found: dict[str, Any]) -> str:
    """`20 sequences of 24 steps, 2 channels: x, y`."""
    step = "step" if found["kind"] == "vectors" else "symbol"
    least, most = min(found["lengths"]), max(found["lengths"])
    lengths = counted(most, step) if least == most else f"{least:,} to {counted(most, step)}"
    said = f"{counted(found['n'], 'sequence')} of {lengths}"
    if found["kind"] == "tokens":
        return said
    told = found["channels"] > 1 and look.schema.channels[0] != "channel 1"
    names = f": {few_of(look.schema.channels, _CHANNELS)}" if told else ""
    return f"{said}, {counted(found['channels'], 'channel')}{names}"


def _answers(look: Look, found: dict[str, Any]) -> Iterator[str]:
    """What is to be predicted."""
    if look.targets is None:
        return
    names = few_of([f"'{name}'" for name in look.schema.targets], _CLASSES)
    title = f"answer {names}" + (", one for each position" if look.schema.per_position else "")
    if labels := found.get("labels"):
        known = found.get("known", {})
        each = [f"{name} ({count:,}{f' of {known[name]:,}' if known else ''})" for name, count in labels.items()]
        what = counted(len(labels), "label") + " that may be there at once" if known else ""
        yield f"{title}: {what or counted(len(labels), 'class', 'classes')}: {few_of(each, _CLASSES)}"
        return
    ranges = found["target_range"]
    of_each = {"": ranges} if isinstance(ranges, list) else ranges
    spans = [f"{name} {one[0]:g} to {one[1]:g}".strip() for name, one in of_each.items() if one]
    yield f"{title}: numbers, {few_of(spans, _CLASSES)}"


def _missing(found: dict[str, Any]) -> Iterator[str]:
    if found["missing"]:
        yield f"{counted(found['missing'], 'value')} missing"


def _rows(look: Look) -> Iterator[str]:
    """The first sequences, each in a line, with its answer."""
    for case in _first(look):
        answer = f" -> {few_of([text or '?' for text in case.target], _STEPS)}" if case.target else ""
        yield f"{case.name}: {_values(case)}{answer}"


def _first(look: Look) -> list[Case]:
    """The first sequences of the file that was named."""
    return [look.cases[row] for row in itertools.islice(look.named.nonzero()[0].tolist(), _FIRST)]


def _as_plain(case: Case) -> dict[str, Any]:
    """The start of a sequence as plain values: symbols, or a list of channels for each step, None where missing."""
    start = case.values[:_POSITIONS]
    values = start.tolist() if start.ndim == 1 else np.where(np.isnan(start), np.array(None), start).tolist()
    return {"name": case.name, "place": case.place, "values": values, "target": case.target[:_POSITIONS]}


def _values(case: Case) -> str:
    """`0.1 0.2 0.3 ...`; letters stand without blanks, digits with, and the channels of a step in brackets."""
    first = case.values[:_LETTERS]
    if case.values.ndim > 1:
        words, between = [_step(one) for one in first], " "
    else:
        words = first.tolist()
        between = "" if all(len(one) == 1 and not one.isdigit() for one in words) else " "
    room = itertools.accumulate(len(one) + len(between) for one in words)
    shown = [one for one, until in zip(words, room, strict=True) if until <= _LETTERS] or words[:1]
    return (between.join(shown) or "empty") + (" ..." if len(case.values) > len(shown) else "")


def _step(values: np.ndarray) -> str:
    shown = ["?" if np.isnan(one) else f"{one:.6g}" for one in values[:_STEPS].tolist()]
    more = ["..."] if len(values) > _STEPS else []
    return shown[0] if len(values) == 1 else f"({', '.join([*shown, *more])})"


def _plain(text: str) -> str:
    """Without what a terminal would take for an instruction."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
