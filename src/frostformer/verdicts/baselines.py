"""The simple baselines that a transformer must beat to be worth its cost, from scikit-learn.

Each is fitted to the training sequences; validation chooses one of three settings by the metric that chooses a
transformer's step. N sequences, R read positions, G predictions, F features.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from frostformer.data.sequences import Sequences
from frostformer.tasks.shape import TaskShape
from frostformer.tasks.task import Task
from frostformer.verdicts import features as made

FEWEST_TO_CHOOSE = 30  # validation sequences
_MOST_OUTPUTS = 32  # models of one baseline
_FEW = 300  # training rows, to estimate how long a fit takes
_TREES = 100

Features = Callable[[Sequences, TaskShape], np.ndarray]


@dataclass(frozen=True)
class Baseline:
    """One model on one kind of features."""

    name: str
    model: str
    """`majority`, `linear`, `boosting` or `neighbours`."""

    kind: str
    """Of the task's answers."""

    balanced: bool
    """Whether every class is to count as much as any other."""

    features: Features
    settings: tuple[float | None, ...] = (None,)
    """What validation chooses among; the middle one where validation is too small."""

    def code(self, setting: str) -> str:
        """Lines of scikit-learn that fit it again; X has the features, y the answers."""
        module, call = _CODE[self.model, self.kind == "regression"]
        name = call.partition("(")[0].rpartition(".")[2]
        weights = ', class_weight="balanced"' if self.balanced and self.model in ("linear", "boosting") else ""
        made_of, lines = call.format(setting=setting or "None", weights=weights), [f"from {module} import {name}"]
        if self.model in ("linear", "neighbours"):
            made_of = f"make_pipeline(StandardScaler(), {made_of})"
            lines[0] += "; from sklearn.pipeline import make_pipeline"
            lines.append("from sklearn.preprocessing import StandardScaler")
        features = self.name.partition(" on ")[2] or "anything"
        lines.append(f"model = {made_of}.fit(X, y)  # X has {features}, a row for each sequence; y the answers")
        return "\n".join(lines)


_CODE = {
    ("majority", False): ("sklearn.dummy", 'DummyClassifier(strategy="most_frequent")'),
    ("majority", True): ("sklearn.dummy", 'DummyRegressor(strategy="mean")'),
    ("linear", False): ("sklearn.linear_model", "LogisticRegression(C={setting}, max_iter=300{weights})"),
    ("linear", True): ("sklearn.linear_model", "Ridge(alpha={setting})"),
    ("boosting", False): (
        "sklearn.ensemble",
        "HistGradientBoostingClassifier(learning_rate={setting}{weights})",
    ),
    ("boosting", True): ("sklearn.ensemble", "HistGradientBoostingRegressor(learning_rate={setting})"),
    ("neighbours", False): ("sklearn.neighbors", "KNeighborsClassifier(n_neighbors=int({setting}))"),
    ("neighbours", True): ("sklearn.neighbors", "KNeighborsRegressor(n_neighbors=int({setting}))"),
}


@dataclass(frozen=True)
class Fit:
    """A baseline at its chosen setting."""

    setting: float | None
    validation: np.ndarray
    """(V,) score of each validation sequence."""

    validation_score: float
    """Of the metric that chooses; higher is better."""

    decisions: np.ndarray
    """(N, R, G) for the test inputs, in the form of `Scoring.decisions`. Test targets were not read."""

    seconds: float


def baselines_for(task: Task, *, lengths_tell: bool = False, missing_tells: bool = False) -> tuple[Baseline, ...]:
    """The baselines for a task, the cheapest first.

    Args:
        task: the task.
        lengths_tell: whether the length alone may give the answer.
        missing_tells: whether what is missing may.
    """
    kind, numbers = task.scoring.kind, task.scoring.kind == "regression"
    balanced = task.scoring.chosen_by == "balanced_accuracy" or getattr(task.scoring, "balanced", False)
    make = partial(Baseline, kind=kind, balanced=balanced)
    trivial = {"regression": "mean", "multilabel": "majority of each label"}.get(kind, "majority class")
    found = [make(trivial, "majority", features=made.length_alone)]
    shape = task.shape
    if not shape.per_position and shape.read_positions * shape.predictions > _MOST_OUTPUTS:
        return tuple(found)
    linear = "ridge regression" if numbers else "logistic regression"
    ridge = (1.0, 10.0, 100.0) if numbers else (0.01, 0.1, 1.0)
    rates, neighbours = (0.03, 0.1, 0.3), (1.0, 5.0, 15.0)
    kinds: dict[str, Features] = {"summary features": made.summary, "flattened values": made.flattened}
    if shape.per_position:
        kinds = {"the values around a position": made.around}
    for name, features in kinds.items():
        found.append(make(f"{linear} on {name}", "linear", features=features, settings=ridge))
    found += [
        make(f"nearest neighbours on {name}", "neighbours", features=features, settings=neighbours)
        for name, features in list(kinds.items())[-1:]
    ]
    found += [
        make(f"boosting on {name}", "boosting", features=features, settings=rates)
        for name, features in ((one, features) for one, features in kinds.items())
    ]
    alone = {"the length alone": (lengths_tell, made.length_alone), "what is missing": (missing_tells, made.gaps_alone)}
    for name, (tells, features) in alone.items():
        if tells and not shape.per_position:
            found.append(make(f"boosting on {name}", "boosting", features=features, settings=rates))
    return tuple(found)


def fit(baseline: Baseline, task: Task, seed: int, rows: int | None = None) -> Fit:
    """Fit at each setting and keep the best on validation.

    Args:
        baseline: which.
        task: in the division of a replicate.
        seed: of whatever is drawn.
        rows: of an endless task, how many sequences to train on.
    """
    started = time.monotonic()
    train = _training(task, seed, rows)
    settings = baseline.settings
    if len(task.validation) < FEWEST_TO_CHOOSE:
        settings = (settings[len(settings) // 2],)
    x, tests = (
        baseline.features(train, task.shape),
        [baseline.features(split, task.shape) for split in (task.validation, task.test)],
    )
    best: Fit | None = None
    for setting in sorted(settings, key=lambda one: abs(settings.index(one) - len(settings) // 2)):
        validation, test = _decisions(baseline, setting, task, (x, train), tests, seed)
        targets, weights = task.validation.targets, task.validation.weights
        score = task.scoring.metrics(validation, targets, None, weights)[task.scoring.chosen_by]
        if best is None or score > best.validation_score:
            best = Fit(setting, task.scoring.scores(validation, targets), score, test, 0.0)
    assert best is not None
    return replace(best, seconds=time.monotonic() - started)


def seconds_of_fit(baseline: Baseline, task: Task, seed: int, rows: int | None = None) -> float:
    """About how long `fit` takes, from a fit to a few rows; the time is taken to grow with the rows."""
    train = _training(task, seed, rows if rows is None else min(rows, _FEW))
    few = task.validation[: min(len(task.validation), _FEW)]
    begun = time.monotonic()
    fit(baseline, replace(task, train=train.sample(_FEW), validation=few, test=few), seed)
    count = rows or len(train)
    return (time.monotonic() - begun) * max(1.0, count / _FEW)


def _training(task: Task, seed: int, rows: int | None) -> Sequences:
    """The training sequences, or as many of an endless task."""
    if isinstance(task.train, Sequences):
        return task.train
    return task.train.draw(np.random.default_rng(seed), rows or _FEW)


def _decisions(
    baseline: Baseline,
    setting: float | None,
    task: Task,
    train: tuple[np.ndarray, Sequences],
    tests: list[np.ndarray],
    seed: int,
) -> list[np.ndarray]:
    """(N, R, G) for the rows of each of `tests`, one model for each output; per position one model for all."""
    x, split = train
    per_position = task.shape.per_position
    known, targets = task.scoring.known(split.targets), task.scoring.encoded(split.targets)
    found = [np.zeros((len(one), task.shape.read_positions, task.shape.predictions)) for one in tests]
    for place in range(1 if per_position else task.shape.read_positions):
        for prediction in range(task.shape.predictions):
            at = (slice(None), slice(None) if per_position else place, prediction)
            y, chosen = targets[at].reshape(-1), known[at].reshape(-1)
            rows = x.reshape(-1, x.shape[-1])
            weights = None
            if split.weights is not None:
                weights = np.repeat(split.weights, len(rows) // len(split))[chosen]
            answer = _fitted(baseline, setting, (rows[chosen], y[chosen]), weights, seed)
            for out, one in zip(found, tests, strict=True):
                out[at] = answer(one.reshape(-1, one.shape[-1])).reshape(out[at].shape)
    if task.scoring.kind == "multilabel" or (task.scoring.kind == "classification" and task.scoring.outputs == 2):
        return [2 * one - 1 for one in found]  # decisions between two are above zero or below
    return found


def _fitted(
    baseline: Baseline,
    setting: float | None,
    data: tuple[np.ndarray, np.ndarray],
    weights: np.ndarray | None,
    seed: int,
) -> Callable[[np.ndarray], np.ndarray]:
    """The answers of the fitted model; where training knows one answer alone, always that."""
    x, y = data
    if len(np.unique(y)) == 1 and baseline.kind != "regression":
        return lambda rows: np.full(len(rows), y[0], np.float64)
    model, name = _model(baseline, setting, len(x), seed)
    given = {} if weights is None or baseline.model == "neighbours" else {f"{name}sample_weight": weights}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of scikit-learn: that steps did not suffice, or a column is constant
        model.fit(x, y, **given)
    return lambda rows: np.asarray(model.predict(rows), np.float64)


def _model(baseline: Baseline, setting: float | None, rows: int, seed: int) -> tuple[Any, str]:
    """The model, not fitted yet, and how its last step's arguments are named."""
    from sklearn.dummy import DummyClassifier, DummyRegressor
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    numbers, weight = baseline.kind == "regression", "balanced" if baseline.balanced else None
    if baseline.model == "majority":
        return (DummyRegressor() if numbers else DummyClassifier(strategy="most_frequent")), ""
    assert setting is not None
    if baseline.model == "boosting":
        how: dict[str, Any] = {"learning_rate": setting, "max_iter": _TREES, "random_state": seed}
        how |= {"early_stopping": False, "min_samples_leaf": min(20, max(1, rows // 20))}
        if numbers:
            return HistGradientBoostingRegressor(**how), ""
        return HistGradientBoostingClassifier(**how, class_weight=weight), ""
    if baseline.model == "neighbours":
        near = min(int(setting), rows)
        last: Any = KNeighborsRegressor(near) if numbers else KNeighborsClassifier(near)
    elif numbers:
        last = Ridge(alpha=setting)
    else:
        last = LogisticRegression(C=setting, max_iter=300, class_weight=weight)
    return make_pipeline(StandardScaler(), last), f"{type(last).__name__.lower()}__"
