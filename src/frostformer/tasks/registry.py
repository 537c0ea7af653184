"""The tasks by name: the shipped ones, those that somebody registers, and those of installed packages.

A new shipped task is one function that returns a `Task` and one entry here; a test checks that they agree.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import entry_points
from pathlib import Path

from frostformer.config import RunConfig
from frostformer.errors import InputError, check_builder, same_definition, unknown_name
from frostformer.tasks.options import options_of
from frostformer.tasks.scoring.classification import Classification
from frostformer.tasks.shape import TaskShape
from frostformer.tasks.task import Task


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
    "cifar10-lu2021": Entry(
        "frostformer.tasks.images:cifar10_lu2021",
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
    "cifar10-lra-lu2021": Entry(
        "frostformer.tasks.images:cifar10_lra_lu2021",
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

ENTRY_POINTS = "frostformer.tasks"  # the group in which another package names its builders of tasks
_registered: dict[str, Callable[..., Task]] = {}


def register_task(name: str, builder: Callable[..., Task]) -> None:
    """Give a task of yours a name in this process, for `run`, `evaluate`, `--resume` and the report.

    Args:
        name: what to call it.
        builder: gives the task; its parameters, with type hints and defaults, are the task's options.

    Raises:
        InputError: another task has the name. A function that is defined again, as in a notebook, replaces itself.
    """
    check_builder("task", name, builder)
    taken = _registered.get(name)
    if name in TASKS or (taken is not None and not same_definition(taken, builder)):
        raise InputError(f"there is a task '{name}' already: choose another name")
    _registered[name] = builder


def task_names() -> list[str]:
    """Names of all tasks: the shipped ones, the registered ones, those of installed packages."""
    return [*dict.fromkeys((*TASKS, *_registered, *(point.name for point in entry_points(group=ENTRY_POINTS))))]


def build_task(name: str, options: Mapping[str, str] | None = None) -> Task:
    """The task called `name`, its builder called with `options`.

    Raises:
        InputError: unknown task or option, an option of the wrong type, or data that cannot be found or downloaded.
    """
    builder = task_builder(name)
    task = builder(**options_of(name, builder, options or {}))
    if not isinstance(task, Task):
        raise InputError(f"the builder of task '{name}' gave a {type(task).__name__}: return a frostformer.Task")
    if name not in TASKS:
        return task
    return replace(task, source=TASKS[name].source, licence=TASKS[name].licence)


def divided_task(config: RunConfig, task: Task | None = None) -> Task:
    """The task that `config` names, or `task`, in the division asked for.

    Raises:
        InputError: as in `build_task`.
    """
    task = task or _asked_for(config)
    return task if config.division is None else task.divided(config.division)


def task_of(config: RunConfig, task: Task | None = None) -> Task:
    """The task of a run: see `divided_task`; with the class weights asked for.

    Raises:
        InputError: as in `build_task`, or an option does not fit the task.
    """
    task = divided_task(config, task)
    if config.class_weights == "balanced":
        task = replace(task, scoring=replace(_by_classes(task, "class_weights"), balanced=True))
    if config.calibrate:
        _by_classes(task, "calibrate")
    return task


def _by_classes(task: Task, option: str) -> Classification:
    if not isinstance(task.scoring, Classification):
        raise InputError(f"{option}: task '{task.name}' has no classes ({task.scoring.kind}): leave it out")
    return task.scoring


def _asked_for(config: RunConfig) -> Task:
    """The task that `config` names, or that of the user's file."""
    if config.data is None:
        return build_task(config.task, config.task_options)
    from frostformer.tasks.from_file import task_from_file

    if config.task in task_names():
        raise InputError(
            f"a task is already called '{config.task}': give the one of your file another name, --task NAME"
        )
    if config.task_options:
        raise InputError("task_options belong to shipped tasks, and not to a file of yours: leave them out")
    return task_from_file(Path(config.data.path), config.data, name=config.task)


def task_shape(config: RunConfig) -> TaskShape:
    """The shape of a run's task; a shipped task with its default options needs no data for it."""
    if config.task in TASKS and not config.task_options:
        return TASKS[config.task].shape
    return _asked_for(config).shape


def task_builder(name: str) -> Callable[..., Task]:
    """The function that builds task `name`; its signature and docstring say what the task offers.

    Raises:
        InputError: there is no such task, or two packages give it.
    """
    if name in TASKS:
        module, function = TASKS[name].builder.split(":")
        builder: Callable[..., Task] = getattr(importlib.import_module(module), function)
        return builder
    if name in _registered:
        return _registered[name]
    points = list(entry_points(group=ENTRY_POINTS, name=name))
    if len(points) > 1:
        packages = ", ".join(point.dist.name if point.dist else point.value for point in points)
        raise InputError(f"task '{name}' is given by several packages ({packages}): uninstall all but one")
    if not points:
        raise InputError(f"{unknown_name('task', name, task_names())}; one of your own needs --plugin FILE")
    loaded: Callable[..., Task] = points[0].load()
    return loaded
