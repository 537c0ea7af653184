"""The one dictionary of tasks: name -> builder, imported on demand. A new task is one function and one line here."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from frostformer.errors import InputError, unknown_name
from frostformer.tasks.task import Task

TASKS = {
    "bit-xor": "frostformer.tasks.bits:bit_xor",
    "bit-memory": "frostformer.tasks.bits:bit_memory",
    "digits": "frostformer.tasks.images:digits",
    "mnist": "frostformer.tasks.images:mnist",
}

_PARSERS: dict[str, Callable[[str], Any]] = {"int": int, "Path | None": Path}  # by the builder's own annotation


def build_task(name: str, options: Mapping[str, str] | None = None) -> Task:
    """The task called `name`, its builder called with `options`.

    Raises:
        InputError: unknown task or option, an option of the wrong type, or data that is not to be had.
    """
    builder = task_builder(name)
    parameters = inspect.signature(builder).parameters
    arguments = {}
    for option, text in (options or {}).items():
        if option not in parameters:
            if not parameters:
                raise InputError(f"task '{name}' has no options; '{option}' was given")
            raise unknown_name(f"option of task '{name}'", option, parameters)
        arguments[option] = _parse(f"{name} option '{option}'", str(text), parameters[option].annotation)
    return builder(**arguments)


def task_builder(name: str) -> Callable[..., Task]:
    """The function that builds task `name`; its signature and docstring say what the task offers."""
    if name not in TASKS:
        raise unknown_name("task", name, TASKS)
    module, function = TASKS[name].split(":")
    builder: Callable[..., Task] = getattr(importlib.import_module(module), function)
    return builder


def _parse(what: str, text: str, annotation: str) -> Any:
    try:
        return _PARSERS[annotation](text)
    except ValueError:
        raise InputError(f"{what} is '{text}': give a value of type {annotation}") from None
