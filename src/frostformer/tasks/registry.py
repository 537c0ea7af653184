"""The one dictionary of tasks: what each is, known without its data, and who builds it, imported on demand.

A new task is one function that returns a `Task` and one entry here. A test compares the entries with what is built.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from frostformer.errors import InputError, unknown_name
from frostformer.tasks.task import Task, TaskShape


@dataclass(frozen=True)
class Entry:
    """A task with its default options."""

    builder: str
    """`module:function`; its parameters are the task's options."""

    shape: TaskShape
    sizes: tuple[int | None, int, int]
    """Sequences to train on (None: endless), validate on, test on."""

    trivial: float
    """Test accuracy of the best rule that needs no model, to three digits."""

    source: str
    licence: str


_PAPER = "generated, after Lu et al. 2021 (arXiv 2103.05247)"
_LISTOPS = "generated, after Nangia and Bowman 2018 and Tay et al. 2021 (Long Range Arena)"
_MNIST = "LeCun, Cortes and Burges, The MNIST database of handwritten digits"
_CIFAR = "Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images"
_TAPE = "TAPE (songlab-cal/tape), remote homology; Rao et al. 2019 (arXiv 1906.08230); SCOPe, Fox et al. 2013"
_TAPE_LICENCE = "none stated for the data; TAPE asks users to cite it and SCOPe"

TASKS = {
    "bit-xor": Entry(
        "frostformer.tasks.bits:bit_xor",
        TaskShape("vectors", channels=1, length=10, classes=2, read_positions=5),
        sizes=(None, 118, 132),
        trivial=0.5,
        source=_PAPER,
        licence="none needed",
    ),
    "bit-memory": Entry(
        "frostformer.tasks.bits:bit_memory",
        TaskShape("vectors", channels=50, length=120, classes=2, read_positions=20, predictions=50),
        sizes=(None, 1000, 1000),
        trivial=0.75,
        source=_PAPER,
        licence="none needed",
    ),
    "listops": Entry(
        "frostformer.tasks.listops:listops",
        TaskShape("tokens", channels=16, length=1024, classes=10),
        sizes=(96_000, 2000, 2000),
        trivial=0.3695,
        source=_LISTOPS,
        licence="none needed",
    ),
    "listops-lu2021": Entry(
        "frostformer.tasks.listops:listops_lu2021",
        TaskShape("tokens", channels=15, length=512, classes=10),
        sizes=(96_000, 2000, 2000),
        trivial=0.365,
        source=_LISTOPS,
        licence="none needed",
    ),
    "digits": Entry(
        "frostformer.tasks.images:digits",
        TaskShape("vectors", channels=4, length=16, classes=10),
        sizes=(1197, 300, 300),
        trivial=0.1,
        source="scikit-learn load_digits; Alpaydin and Kaynak, UCI Optical Recognition of Handwritten Digits",
        licence="CC BY 4.0",
    ),
    "mnist": Entry(
        "frostformer.tasks.images:mnist",
        TaskShape("vectors", channels=16, length=49, classes=10),
        sizes=(55_000, 5000, 10_000),
        trivial=0.1135,
        source=_MNIST,
        licence="CC BY-SA 3.0",
    ),
    "mnist-32": Entry(
        "frostformer.tasks.images:mnist_32",
        TaskShape("vectors", channels=16, length=64, classes=10),
        sizes=(55_000, 5000, 10_000),
        trivial=0.1135,
        source=_MNIST,
        licence="CC BY-SA 3.0",
    ),
    "cifar10": Entry(
        "frostformer.tasks.images:cifar10",
        TaskShape("vectors", channels=48, length=64, classes=10),
        sizes=(45_000, 5000, 10_000),
        trivial=0.1,
        source=_CIFAR,
        licence="none stated by its makers",
    ),
    "cifar10-lra": Entry(
        "frostformer.tasks.images:cifar10_lra",
        TaskShape("vectors", channels=1, length=1024, classes=10),
        sizes=(45_000, 5000, 10_000),
        trivial=0.1,
        source=_CIFAR,
        licence="none stated by its makers",
    ),
    "remote-homology": Entry(
        "frostformer.tasks.proteins:remote_homology",
        TaskShape("tokens", channels=30, length=1024, classes=1195),
        sizes=(12_312, 736, 718),
        trivial=0.0279,
        source=_TAPE,
        licence=_TAPE_LICENCE,
    ),
    "remote-homology-lu2021": Entry(
        "frostformer.tasks.proteins:remote_homology_lu2021",
        TaskShape("tokens", channels=30, length=1024, classes=1195),
        sizes=(12_305, 734, 718),
        trivial=0.0279,
        source=_TAPE,
        licence=_TAPE_LICENCE,
    ),
}

_TRUTH = {"true": True, "false": False}
_PARSERS: dict[str, Callable[[str], Any]] = {  # by the builder's own annotation
    "int": int,
    "str": str,
    "bool": lambda text: _TRUTH[text.lower()],
    "Path | None": Path,
}


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
    return replace(builder(**arguments), source=TASKS[name].source, licence=TASKS[name].licence)


def task_shape(name: str, options: Mapping[str, str] | None = None) -> TaskShape:
    """The shape of a task; with its default options it is known without the data."""
    if name in TASKS and not options:
        return TASKS[name].shape
    return build_task(name, options).shape


def task_builder(name: str) -> Callable[..., Task]:
    """The function that builds task `name`; its signature and docstring say what the task offers."""
    if name not in TASKS:
        raise unknown_name("task", name, TASKS)
    module, function = TASKS[name].builder.split(":")
    builder: Callable[..., Task] = getattr(importlib.import_module(module), function)
    return builder


def _parse(what: str, text: str, annotation: str) -> Any:
    try:
        return _PARSERS[annotation](text)
    except (ValueError, KeyError):
        raise InputError(f"{what} is '{text}': give a value of type {annotation}") from None
