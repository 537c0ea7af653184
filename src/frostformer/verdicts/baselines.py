"""The simple baselines that a transformer must beat to be worth its cost, from scikit-learn.

Each is fitted to the training sequences; validation chooses one of its settings, by the metric that chooses a
transformer's step. The test targets are never read here.
Shapes: N sequences, V of them for validation, R read positions, G predictions per position, F features.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from frostformer.data.sequences import Sequences
from frostformer.tasks.shape import TaskShape
from frostformer.tasks.task import Task
from frostformer.verdicts.features import Columns, gap_channels, in_words
from frostformer.verdicts.simple_models import TREES, Family, Predict, Setting, SimpleModel

FEWEST_TO_CHOOSE = 30  # validation sequences
TRIVIAL = {"regression": "mean", "multilabel": "majority of each label", "classification": "majority class"}
"""Always the same answer, by the kind of scoring."""
_MOST_OUTPUTS = 32  # models of one baseline
_TRIED_ROWS = (250, 1000)  # to estimate how long a fit takes
_MOST_OF_ONE = 50  # rows that one sequence is taken for, where each of its positions is a row
_TRIED_TREES = 20  # the same, of all classes together
_LEAST_GROWTH = 0.25


@dataclass(frozen=True)
class Baseline:
    """One model on one kind of features."""

    name: str

    features: str
    """Which ones, by their name in `features.FEATURES`."""

    about: str
    """What the features are, in words."""

    model: SimpleModel

    settings: tuple[Setting, ...] = (None,)
    """What validation chooses among; the middle one where it sees no difference or has too few sequences."""

    @property
    def usual(self) -> Setting:
        """The middle setting."""
        return self.settings[len(self.settings) // 2]

    def code(self, setting: str | Setting = None) -> str:
        """Lines that train it again, with the setting that was chosen, as a number or as text."""
        lines = self.model.code(float(setting) if setting else self.usual, self.about)
        made = f"Columns.of(task, task.train).rows({self.features!r}, task.train)"
        return f"{lines}\n# with `from frostformer.verdicts.features import Columns`, X = {made}"


@dataclass(frozen=True)
class Fit:
    """A baseline at its chosen setting."""

    setting: Setting

    validation: np.ndarray
    """(V,) score of each validation sequence."""

    validation_score: float
    """Of the metric that chooses; higher is better."""

    decisions: np.ndarray
    """(N, R, G) for the test inputs, in the form of `Scoring.decisions`."""

    seconds: float


def baselines_for(task: Task, *, lengths_tell: bool = False, missing_tells: bool = False) -> tuple[Baseline, ...]:
    """The baselines for a task, the cheapest first; more than 32 answers a sequence have only the trivial one.

    Args:
        task: the task.
        lengths_tell: whether the length alone may give the answer.
        missing_tells: whether what is missing may.
    """
    shape = task.shape
    trivial = TRIVIAL[task.scoring.kind]
    found = [Baseline(trivial, "nothing", in_words("nothing", shape), _model(task, "majority"))]
    outputs = shape.predictions * (1 if shape.per_position else shape.read_positions)
    if outputs > _MOST_OUTPUTS:
        return tuple(found)
    pairs: list[tuple[Family, str]] = []
    if lengths_tell:
        pairs.append(("boosting", "length"))
    if missing_tells and gap_channels(task.reading):
        pairs.append(("boosting", "missing"))
    pairs += [("linear", "summary"), ("linear", "flattened"), ("neighbours", "flattened")]
    pairs += [("boosting", "summary"), ("boosting", "flattened")]
    if shape.per_position:
        pairs = [("linear", "around"), ("neighbours", "around"), ("boosting", "around")]
    for family, features in pairs:
        model, about = _model(task, family), in_words(features, shape)
        found.append(Baseline(f"{model.called} on {about}", features, about, model, model.settings))
    return tuple(found)


def fit(baseline: Baseline, task: Task, seed: int, rows: int | None = None) -> Fit:
    """Fit it at each setting and keep the best on validation.

    Args:
        baseline: which.
        task: in the division of a replicate.
        seed: of whatever is drawn.
        rows: of an endless task, how many sequences to train on.
    """
    started = time.monotonic()
    train, validation, scoring = _training(task, seed, rows), task.validation, task.scoring
    columns = Columns.of(task, train)
    x, of_validation = (columns.rows(baseline.features, split) for split in (train, validation))
    choice = baseline.settings if len(validation) >= FEWEST_TO_CHOOSE else (baseline.usual,)
    best: tuple[float, Setting, Predict, np.ndarray] | None = None
    for setting in sorted(choice, key=lambda one: one != baseline.usual):  # the first of equals stays
        predict = _fitted(baseline, setting, task, x, train, seed)
        decisions = predict(of_validation)
        metrics = scoring.metrics(decisions, validation.targets, None, validation.weights)
        score = float(metrics[scoring.chosen_by])
        if best is None or score > best[0]:
            best = score, setting, predict, decisions
    assert best is not None
    score, setting, predict, decisions = best
    tested = predict(columns.rows(baseline.features, task.test))
    scores = scoring.scores(decisions, validation.targets)
    return Fit(setting, scores, score, tested, time.monotonic() - started)


def seconds_of_fit(baseline: Baseline, task: Task, seed: int, rows: int | None = None) -> float:
    """About how long `fit` takes: a line through the times of two fits to a few training sequences."""
    total = _count(task, rows)
    of_one = min(task.shape.length, _MOST_OF_ONE) if task.shape.per_position else 1
    few, more = (min(total, count // of_one) for count in _TRIED_ROWS)
    train = _training(task, seed, more)
    less, seconds = (_seconds(baseline, task, train.sample(count), seed) for count in (few, more))
    if total > more:
        # two short times are noisy: at least a quarter of the time is taken to grow with the rows
        seconds += (total - more) * max((seconds - less) / (more - few), _LEAST_GROWTH * seconds / more)
    if baseline.model.family == "neighbours":  # each sequence that is asked about is compared with all in training
        asked = np.array([len(task.validation), len(task.test)])
        seconds *= asked.sum() / np.minimum(asked, more).sum()
    return float(seconds)


def _seconds(baseline: Baseline, task: Task, train: Sequences, seed: int) -> float:
    """How long a fit to these sequences takes, from one setting and, in boosting, some of the trees."""
    baseline.model.fitted(np.zeros((1, 1)), np.zeros(1), None, baseline.usual, seed)  # so that the library is loaded
    known = train.targets[task.scoring.known(train.targets)]
    classes = 1 if baseline.model.numbers else len(np.unique(known))
    trees = max(1, _TRIED_TREES // max(1, classes))
    started = time.monotonic()
    columns = Columns.of(task, train)
    splits = (train, task.validation.sample(len(train)), task.test.sample(len(train)))
    x, *asked = (columns.rows(baseline.features, split) for split in splits)
    read = time.monotonic()
    predict = _fitted(baseline, baseline.usual, task, x, train, seed, trees)
    for one in asked:
        predict(one)
    seconds = (time.monotonic() - read) * len(baseline.settings)
    if baseline.model.family == "boosting":
        seconds *= TREES / trees
    if baseline.model.family in ("linear", "boosting") and task.scoring.outputs > 2:
        seconds *= task.scoring.outputs / classes  # a few sequences may lack some classes
    return seconds + read - started


def _model(task: Task, family: Family) -> SimpleModel:
    """A model for the kind of answers of a task."""
    scoring = task.scoring
    return SimpleModel(
        family,
        numbers=scoring.kind == "regression",
        sign=scoring.kind == "multilabel" or scoring.outputs == 2,
        balanced=scoring.chosen_by == "balanced_accuracy" or getattr(scoring, "balanced", False),
    )


def _training(task: Task, seed: int, rows: int | None) -> Sequences:
    """The training sequences; of an endless task as many as asked for, drawn with the seed."""
    if isinstance(task.train, Sequences):
        return task.train
    return task.train.draw(np.random.default_rng(seed), _count(task, rows))


def _count(task: Task, rows: int | None) -> int:
    """How many training sequences there are."""
    if isinstance(task.train, Sequences):
        return len(task.train)
    assert rows is not None, "an endless task does not say how many sequences to draw"
    return rows


def _fitted(
    baseline: Baseline, setting: Setting, task: Task, x: np.ndarray, train: Sequences, seed: int, trees: int = TREES
) -> Predict:
    """One model for each answer, trained where the answer is known: rows (N, F) or (N, R, F) -> decisions (N, R, G)."""
    shape, models, rows = task.shape, [], x.reshape(-1, x.shape[-1])
    for at in _outputs(shape):
        known = task.scoring.known(train.targets)[at].reshape(-1)
        if known.any():
            y = task.scoring.encoded(train.targets)[at].reshape(-1)[known]
            weights = None if train.weights is None else train.weights.repeat(len(rows) // len(x))[known]
            models.append((at, baseline.model.fitted(rows[known], y, weights, setting, seed, trees)))

    def predict(x: np.ndarray) -> np.ndarray:
        found = np.zeros((len(x), shape.read_positions, shape.predictions))
        for at, model in models:
            found[at] = model(x.reshape(-1, x.shape[-1])).reshape(found[at].shape)
        return found

    return predict


def _outputs(shape: TaskShape) -> Iterator[tuple[slice, slice | int, int]]:
    """Where in targets (N, R, G) the answers of each model are; one model answers at all positions that are alike."""
    places = [slice(None)] if shape.per_position else range(shape.read_positions)
    for place in places:
        for prediction in range(shape.predictions):
            yield slice(None), place, prediction
