"""Every run and every verdict under a folder, with its state, its score and its age. It imports no torch.

frostformer runs
frostformer runs results --json
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from frostformer.cli.terminal import say
from frostformer.errors import InputError
from frostformer.files import is_file, is_folder
from frostformer.locks import is_in_use
from frostformer.results.arms import arm_label, task_label
from frostformer.results.metrics import headline, metric
from frostformer.results.result import RESULT_NAME, read_result
from frostformer.results.verdict import PLAN_NAME, VERDICT_NAME, read_verdict

_CHECKPOINT = "checkpoint.safetensors"  # its module imports torch
_UNFINISHED = "unfinished"
_UNITS = (("d", 86400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0))


@dataclass(frozen=True)
class Entry:
    """One run or verdict."""

    folder: str
    what: str
    """Task and arm of a run, as a report calls them; `verdict on TASK`."""

    state: str
    """`finished`, `diverged`, `running` or `unfinished`, with the step it has come to; or why it cannot be read."""

    score: str
    """Of the test; a verdict's answer. Empty where there is none yet."""

    seconds: float
    """Since its file was last written."""


def entries(folder: Path) -> Iterator[Entry]:
    """Whatever lies under a folder, in the order of the paths.

    Raises:
        InputError: there is no such folder.
    """
    if not is_folder(folder):
        raise InputError(f"no folder at {folder}: give one that `frostformer run --out` wrote, or one above it")
    wanted = {RESULT_NAME, _CHECKPOINT, VERDICT_NAME, PLAN_NAME}
    found = {path.parent for path in folder.rglob("*") if path.name in wanted and is_file(path)}
    for own in sorted(found):
        is_part = any(is_file(above / VERDICT_NAME) for above in own.parents if above in found)  # of a verdict
        if not is_part and (entry := _entry(own)) is not None:
            yield entry


def print_entries(found: list[Entry]) -> None:
    """A line each, with columns of one width."""
    lines = [("folder", "age", "state", "score", "what")]
    lines += [(one.folder, age(one.seconds), one.state, one.score, one.what) for one in found]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        say("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def age(seconds: float) -> str:
    """Such as `5 min` or `3 d`, rounded down."""
    name, unit = next(((name, unit) for name, unit in _UNITS if seconds >= unit), _UNITS[-1])
    return f"{max(0, int(seconds // unit))} {name}"


def _entry(folder: Path) -> Entry | None:
    """None for a folder whose files are of something else, such as a pretraining."""
    path = next(folder / name for name in (VERDICT_NAME, _CHECKPOINT, RESULT_NAME, PLAN_NAME) if is_file(folder / name))
    try:
        known = _READ[path.name](folder)
    except InputError as error:
        known = ("", str(error), "")
    if known is None:
        return None
    what, state, score = known
    of_sizes = path.name == PLAN_NAME and is_in_use(folder.parent)  # the verdict has its lock, not each of its sizes
    if state.startswith(_UNFINISHED) and (is_in_use(folder) or of_sizes):
        state = state.replace(_UNFINISHED, "running", 1)
    return Entry(str(folder), what, state, score, max(0.0, time.time() - path.stat().st_mtime))


def _verdict(folder: Path) -> tuple[str, str, str]:
    found = read_verdict(folder)
    return f"verdict on {found.task}", "finished", found.answer


def _planned(folder: Path) -> tuple[str, str, str] | None:
    try:
        plan = json.loads((folder / PLAN_NAME).read_text("utf-8"))
        return f"verdict on {plan['task']}", _UNFINISHED, ""
    except (OSError, ValueError, KeyError, TypeError):
        return None  # another program's plan


def _finished(folder: Path) -> tuple[str, str, str]:
    result = read_result(folder / RESULT_NAME)
    name = headline(result)
    score = result.metrics["test"].get(name)
    shown = "" if score is None else f"{metric(name).label} {metric(name).text(score)}"
    state = "finished" if result.diverged is None else f"diverged at step {result.diverged:,}"
    return f"{task_label(result)}: {arm_label(result)}", state, shown


def _begun(folder: Path) -> tuple[str, str, str] | None:
    header = _header(folder / _CHECKPOINT)
    if header is None or not isinstance(config := header.get("identity", {}).get("config"), dict):
        return None
    what = f"{config.get('task')}: {config.get('backbone')}, {config.get('weights')}, {config.get('trainable')}"
    return what, f"{_UNFINISHED}, step {header.get('step')} of {config.get('steps')}", ""


def _header(path: Path) -> dict[str, Any] | None:
    """What a checkpoint says of itself; its tensors are not read, so its checksum is not compared."""
    try:
        with safe_open(path, framework="np") as file:
            text = (file.metadata() or {})["frostformer"]
        header = json.loads(text[text.index("{") :])
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise InputError(f"{path} cannot be read ({error})") from error
    return header if isinstance(header, dict) and isinstance(header.get("identity", {}), dict) else None


_READ = {VERDICT_NAME: _verdict, _CHECKPOINT: _begun, RESULT_NAME: _finished, PLAN_NAME: _planned}
