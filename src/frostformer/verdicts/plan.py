"""What a verdict will do, fixed before anything is trained, and how many steps fit into its budget."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

from frostformer.config import RunConfig
from frostformer.errors import InputError
from frostformer.files import is_file, read_at_most, write_whole
from frostformer.models.build import build_model
from frostformer.results.result import MOST_RESULT_BYTES
from frostformer.results.verdict import PLAN_NAME
from frostformer.schema import parse_json, read_as, read_format, reading
from frostformer.tasks.task import Task
from frostformer.training.devices import Place
from frostformer.training.evaluation import predict_logits
from frostformer.training.loop import Training
from frostformer.verdicts.budget import Budget, as_budget
from frostformer.verdicts.training import EVALUATIONS

FORMAT = 1
TRAININGS_OF_A_REPLICATE = 5 / 3  # three rates for a third of the steps, one of them for the rest

OF_THE_VERDICT, OF_BASELINES = 0.74, 0.08
"""Shares of the time for the three arms that always run, and for the simple baselines; the rest is for the others."""

_FEWEST_STEPS, _ENOUGH_STEPS, _MOST_STEPS, USUAL_STEPS = 27, 100, 9000, 600
_UNTIMED, _TIMED, _PIECES = 3, 4, 5  # steps before, steps of a piece, pieces
_LONG = 1.0  # seconds; what takes less is timed several times
_RESERVE = 1.05


@dataclass(frozen=True)
class Plan:
    """Everything that could be chosen after a look at scores, and is not."""

    command: str
    task: str
    fingerprints: tuple[str, ...]
    """SHA-256 of the data of each fold."""

    metric: str
    backbone: str
    layers: int | None
    precision: str
    arms: dict[str, dict[str, Any]]
    """The fields of `RunConfig` in which the arms differ."""

    rates: dict[str, tuple[float, ...]]
    """What each arm chooses its learning rate among."""

    baselines: tuple[str, ...]
    left_out: tuple[str, ...]
    replicates: int
    steps: int
    batch_size: int
    margin: float | None
    """As the user gave it; None: a formula of the validation scores, see `margin_by`."""

    margin_by: str
    alpha: float
    reading: int
    seed: int
    labels: int | None
    sizes: tuple[int, ...]
    """All numbers of labels that are asked for; they share alpha. Empty where all are used."""

    most_steps: int | None
    """As the user gave it."""

    budget: str
    smallest: float | None
    """The smallest gain that is likely to be found, by assumed values."""

    seconds_of_a_training: float
    evaluations: int = EVALUATIONS[0]
    """Of a training."""

    format: int = FORMAT

    @property
    def fields(self) -> dict[str, Any]:
        """As plain values."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return plain


def write_plan(folder: Path, plan: Plan) -> None:
    """Write it to `folder/plan.json`."""
    write_whole(folder / PLAN_NAME, json.dumps(plan.fields, indent=2) + "\n")


def read_plan(folder: Path) -> Plan | None:
    """The plan in a folder; None where there is none.

    Raises:
        InputError: the file is none, or of a newer version.
    """
    path = folder / PLAN_NAME
    if not is_file(path):
        return None
    content = read_at_most(path, MOST_RESULT_BYTES)
    with reading(f"{path} is not the plan of a verdict", "begin anew with --overwrite"):
        fields = parse_json(content)
        read_format(fields, "format", FORMAT)
        return read_as(Plan, fields)


def check_same(folder: Path, before: Plan, asked: Mapping[str, Any]) -> None:
    """Refuse to go on with a verdict that was asked something else."""
    old = before.fields
    wanted = json.loads(json.dumps(dict(asked)))
    if changed := [
        _NAMES.get(name, f"--{name.replace('_', '-')}") for name, value in wanted.items() if old[name] != value
    ]:
        raise asked_otherwise(folder, ", ".join(dict.fromkeys(changed)))


def asked_otherwise(folder: Path, what: str) -> InputError:
    """The error for a folder whose verdict was asked something else."""
    return InputError(
        f"{folder} holds a verdict that differs in {what}: ask as before, give another --out, or use "
        "--overwrite, which begins anew"
    )


_NAMES = {
    "task": "the task",
    "fingerprints": "the tested sequences",
    "precision": "--backbone-precision",
    "labels": "--sizes",
    "most_steps": "--steps",
}
"""What a user calls the fields of a plan; all others are options of the same name."""


@dataclass(frozen=True)
class Speed:
    """Seconds that the parts of a training take."""

    build: float
    step: float
    validation: float
    test: float

    def training(self, steps: int, evaluations: int, rates: int) -> float:
        """Of one training with the choice among so many rates."""
        share = TRAININGS_OF_A_REPLICATE if rates > 1 else 1.0
        passes = evaluations * share + 1
        return _RESERVE * (self.build + share * steps * self.step + passes * self.validation + self.test)

    def steps(self, seconds: float, evaluations: int, rates: int) -> int:
        """The largest number of steps, a multiple of nine, of a training that takes so many seconds at most."""
        fixed, share = self.training(0, evaluations, rates), TRAININGS_OF_A_REPLICATE if rates > 1 else 1.0
        most = (seconds - fixed) / (_RESERVE * share * self.step)
        return rounded(int(max(0.0, min(most, _MOST_STEPS))))


def rounded(steps: int) -> int:
    """A number of steps that has thirds and evaluations in each of them."""
    return steps // EVALUATIONS[0] * EVALUATIONS[0]


def measure(config: RunConfig, task: Task, place: Place) -> Speed:
    """Time a few steps and passes of an arm; what it learns is thrown away."""
    begun = time.monotonic()
    steps = _UNTIMED + _PIECES * _TIMED
    training = Training(build_model(config, task.shape)[0], task, replace(config, steps=steps), place)
    built = time.monotonic() - begun
    training.begin()

    def train(steps: int) -> None:
        for _ in range(steps):
            training.take_step()
        place.wait()

    train(_UNTIMED)
    step = median(_seconds(lambda: train(_TIMED)) for _ in range(_PIECES)) / _TIMED
    validation = _usual_seconds(training.validate)
    few = task.test[: min(len(task.test), max(64, len(task.validation)))].still()
    test = _usual_seconds(lambda: predict_logits(training.model, few, config.evaluation_batch_size))
    return Speed(built, step, validation, test * len(task.test) / len(few))


def _usual_seconds(work: Callable[[], object]) -> float:
    """The median of a few times, so that a moment in which the machine does something else does not count.

    What is done first loads libraries and is not timed.
    """
    work()
    first = _seconds(work)
    return first if first > _LONG else median([first, _seconds(work), _seconds(work)])


def _seconds(work: Callable[[], object]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


@dataclass(frozen=True)
class Size:
    """How much is trained."""

    replicates: int
    steps: int
    evaluations: int


def size(
    budget: Budget, speed: Speed, folds: int, rates: Sequence[int], steps: int | None = None, comparisons: int = 1
) -> Size:
    """What the budget allows.

    Args:
        budget: what is left of it.
        speed: of a training of the frozen backbone.
        folds: of the tested sequences.
        rates: for each arm that always runs, how many rates it chooses among.
        steps: more are not run, even if they fit.
        comparisons: that share the user's budget; `budget` is that of one.

    Raises:
        InputError: not even the smallest verdict fits.
    """
    choices = (5, 3) if folds == 1 else (3, 2)
    if budget.trainings is not None:
        each = sum(TRAININGS_OF_A_REPLICATE if one > 1 else 1.0 for one in rates) * folds
        fitting = [replicates for replicates in choices if replicates * each <= budget.trainings]
        if not fitting:
            raise InputError(
                f"budget is {budget.text} trainings, and the smallest verdict on these data takes "
                f"{-(-choices[-1] * each * comparisons // 1):,.0f}: give so many"
            )
        return Size(fitting[0], max(_FEWEST_STEPS, rounded(steps or USUAL_STEPS)), EVALUATIONS[0])
    assert budget.seconds is not None
    most = rounded(steps) if steps else _MOST_STEPS
    for replicates, evaluations in product(choices, EVALUATIONS):
        seconds = OF_THE_VERDICT * budget.seconds / (replicates * folds * len(rates))
        found = min(speed.steps(seconds, evaluations, max(rates)), most)
        if found >= min(rounded(_ENOUGH_STEPS), most):
            return Size(replicates, max(found, _FEWEST_STEPS), evaluations)
    if found >= _FEWEST_STEPS:
        return Size(replicates, found, evaluations)
    needed = speed.training(_FEWEST_STEPS, evaluations, max(rates)) * replicates * folds * len(rates) / OF_THE_VERDICT
    needed *= comparisons
    raise InputError(
        f"budget is {budget.text}, and the smallest verdict on these data takes about {as_budget(needed)} here: give "
        "that, or make a training faster, with --layers for fewer of the backbone's blocks or, on a file of yours, "
        "--max-length for shorter sequences"
    )
