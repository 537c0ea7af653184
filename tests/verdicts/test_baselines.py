"""That the baselines find what is planted, for every kind of task, and read no test targets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from frostformer.data.sequences import Sequences, Stream
from frostformer.tasks.registry import TASKS, build_task
from frostformer.tasks.scoring.classification import Classification
from frostformer.tasks.task import Task
from frostformer.verdicts.baselines import baselines_for, fit, seconds_of_fit
from frostformer.verdicts.features import Columns

RNG = np.random.default_rng(0)
USUAL = (
    "majority class",
    "logistic regression on summary features",
    "logistic regression on flattened values",
    "nearest neighbours on flattened values",
    "boosting on summary features",
    "boosting on flattened values",
)


@pytest.fixture(autouse=True)
def same_numbers():
    """So that no test depends on those before it."""
    RNG.bit_generator.state = np.random.default_rng(0).bit_generator.state


def noise(count=150, length=6, channels=2):
    return RNG.normal(size=(count, length, channels))


def of_classes(classes=3, count=120):
    """The mean of the second channel tells the class."""
    y = np.arange(count) % classes
    x = noise(count)
    x[..., 1] += 2 * y[:, None]
    return Task.from_arrays(x, y, name="classes")


def imbalanced(count=200):
    y = (np.arange(count) % 10 == 0).astype(int)
    x = noise(count)
    x[..., 0] += y[:, None]
    return Task.from_arrays(x, y, name="imbalanced")


def of_labels():
    x = noise()
    y = (x.mean(1) > 0).astype(float)
    y[RNG.random(y.shape) < 0.2] = np.nan
    y[np.isnan(y).all(1), 0] = 1
    return Task.from_arrays(x, y, name="labels", scoring="multilabel")


def of_numbers(several=True):
    x = noise()
    y = 3 * x.mean(1) + 100
    y[:40:2, 0] = np.nan
    return Task.from_arrays(x, y if several else y[:, 1], name="numbers")


def by_length(count=120):
    lengths = RNG.integers(3, 12, count)
    return Task.from_arrays([RNG.normal(size=(one, 1)) for one in lengths], (lengths > 6).astype(int), name="lengths")


def by_token(count=120):
    """The token 4 is there in one of two classes."""
    y = np.arange(count) % 2
    rows = [RNG.integers(0, 4, RNG.integers(3, 9)) for _ in range(count)]
    for row, label in zip(rows, y, strict=True):
        if label:
            row[RNG.integers(len(row))] = 4
    return Task.from_arrays(rows, y, name="tokens", kind="tokens")


def per_position(count=60, kind="vectors"):
    """The answer is whether the position before has a value above zero; some answers are not known."""
    rows = [RNG.normal(size=RNG.integers(4, 9)) for _ in range(count)]
    if kind == "tokens":
        rows = [(row > 0).astype(int) for row in rows]
    answers = [np.concatenate([[-1], row[:-1] > 0]).astype(int) for row in rows]
    return Task.from_arrays(rows, answers, name="each", kind=kind, scoring="classification", per_position=True)


def numbers_per_position():
    rows = [RNG.normal(size=RNG.integers(4, 9)) for _ in range(60)]
    return Task.from_arrays(rows, [2 * row for row in rows], name="each", per_position=True)


EVERY = {
    "classes": of_classes,
    "two": lambda: of_classes(2),
    "imbalanced": imbalanced,
    "labels": of_labels,
    "numbers": of_numbers,
    "a number": lambda: of_numbers(False),
    "ragged": by_length,
    "tokens": by_token,
    "per position": per_position,
    "tokens per position": lambda: per_position(kind="tokens"),
    "numbers per position": numbers_per_position,
}


def named(task, name, **how):
    return next(one for one in baselines_for(task, **how) if one.name == name)


def score(task, found):
    metrics = task.scoring.metrics(found.decisions, task.test.targets, None, task.test.weights)
    return metrics[task.scoring.chosen_by]


def test_the_baselines_of_a_task():
    task = of_classes()
    assert tuple(one.name for one in baselines_for(task)) == USUAL
    told = [one.name for one in baselines_for(task, lengths_tell=True, missing_tells=True)]
    assert told == [USUAL[0], "boosting on the length alone", *USUAL[1:]]  # nothing is missing in arrays
    assert baselines_for(of_numbers())[0].name == "mean"
    assert baselines_for(of_labels())[0].name == "majority of each label"
    assert named(of_numbers(), "ridge regression on summary features").settings == (1.0, 10.0, 100.0)


@pytest.mark.parametrize("kind", EVERY)
def test_every_kind_of_task(kind):
    task = EVERY[kind]()
    scores = {}
    for baseline in baselines_for(task):
        found = fit(baseline, task, seed=0)
        assert found.decisions.shape == task.test.targets.shape
        assert np.isfinite(found.decisions).all()
        assert found.setting in baseline.settings
        validation = task.validation
        assert found.validation.shape == (len(validation),)
        assert np.isfinite(task.scoring.scores(found.decisions, task.test.targets)).all()
        assert task.scoring.answers(found.decisions).shape == task.test.targets.shape
        scores[baseline.name] = score(task, found)
    trivial, *others = scores.values()
    assert max(others) > trivial + 0.15


@pytest.mark.parametrize("kind", EVERY)
def test_test_targets_are_never_read(kind):
    task = EVERY[kind]()
    poison = np.full_like(task.test.targets, np.nan if task.test.targets.dtype.kind == "f" else -9)
    poisoned = replace(task)
    object.__setattr__(poisoned, "test", replace(task.test, targets=poison))
    for baseline in baselines_for(task)[:3]:
        one, other = fit(baseline, task, 0), fit(baseline, poisoned, 0)
        assert (one.decisions == other.decisions).all()
        assert one.setting == other.setting


def test_the_validation_score_is_the_tasks():
    task = imbalanced()
    found = fit(baselines_for(task)[1], task, 0)
    assert task.scoring.chosen_by == "balanced_accuracy"
    recall = [found.validation[task.validation.targets.ravel() == label].mean() for label in (0, 1)]
    assert found.validation_score == pytest.approx(np.mean(recall))


def test_rare_classes_count_as_much_as_common_ones():
    task = imbalanced()
    plain = replace(task, scoring=Classification(chosen_by="accuracy"))
    balanced, other = (fit(baselines_for(one)[1], one, 0) for one in (task, plain))
    assert (balanced.decisions > 0).sum() > (other.decisions > 0).sum()
    weighted = [one.name for one in baselines_for(task) if "class_weight='balanced'" in one.code()]
    assert weighted == [name for name in USUAL if name.startswith(("logistic", "boosting"))]


def test_the_length_alone():
    task = by_length()
    found = fit(named(task, "boosting on the length alone", lengths_tell=True), task, 0)
    assert score(task, found) == 1


def test_what_is_missing_alone(tmp_path):
    lines = ["t0,t1,t2,t3,label"]
    for row in range(120):
        cells = RNG.normal(size=4).round(2).astype(str)
        cells[1 + row % 2] = ""  # which of two steps is missing gives the class
        lines.append(",".join([*cells, "ab"[row % 2]]))
    path = tmp_path / "gaps.csv"
    path.write_text("\n".join(lines) + "\n")
    task = Task.from_file(path, target="label")
    found = fit(named(task, "boosting on what is missing", missing_tells=True), task, 0)
    assert score(task, found) == 1


def test_equal_seeds_give_equal_decisions():
    task = of_classes(2, count=90)
    for baseline in baselines_for(task):
        one, other = (fit(baseline, task, 7) for _ in range(2))
        assert (one.decisions == other.decisions).all()
        assert (one.setting, one.validation_score) == (other.setting, other.validation_score)


def test_too_few_to_choose_and_no_difference_take_the_middle():
    task = of_classes()
    few = replace(task, validation=task.validation[:20])
    baseline = baselines_for(task)[3]
    assert fit(baseline, few, 0).setting == 5
    apart = of_classes(2)
    wide = replace(apart.train, inputs=apart.train.inputs + 50.0 * apart.train.targets)
    valid = replace(apart.validation, inputs=apart.validation.inputs + 50.0 * apart.validation.targets)
    assert fit(baseline, replace(apart, train=wide, validation=valid), 0).setting == 5


@pytest.mark.parametrize("left", [(0, 2), (1,)])
@pytest.mark.parametrize("classes", [3, 2])
def test_a_class_that_training_lacks(left, classes):
    task = of_classes(classes)
    chosen = np.isin(task.train.targets.ravel(), left)
    task = replace(task, train=task.train[chosen])
    for baseline in baselines_for(task):
        answers = task.scoring._classes(fit(baseline, task, 0).decisions)
        assert set(np.unique(answers)) <= set(left)


def test_a_label_that_training_does_not_know():
    task = of_labels()
    targets = task.train.targets.copy()
    targets[:, :, 0] = -1
    targets[:, :, 1] = np.maximum(targets[:, :, 1], 0)
    task = replace(task, train=replace(task.train, targets=targets))
    for baseline in baselines_for(task):
        assert (task.scoring.answers(fit(baseline, task, 0).decisions)[..., 0] == 0).all()


def test_weights_count():
    task = of_classes(2)
    y = task.train.targets.ravel()
    weights = np.where(y == 1, 1.9, 0.1)
    task = replace(task, train=replace(task.train, inputs=np.zeros_like(task.train.inputs), weights=weights))
    for number in (0, 1, 4):
        assert (fit(baselines_for(task)[number], task, 0).decisions > 0).all()


def test_endless_tasks_train_on_as_many_as_asked():
    endless = build_task("bit-xor")
    drawn = []

    def draw(generator, count):
        drawn.append(count)
        return endless.train.draw(generator, count)

    task = replace(endless, train=Stream(draw))
    found = fit(named(task, "boosting on flattened values"), task, seed=1, rows=400)
    assert drawn[-1] == 400
    assert found.decisions.shape == task.test.targets.shape
    assert score(task, found) > 0.7
    assert seconds_of_fit(baselines_for(task)[1], task, 0, rows=5000) > 0


@pytest.mark.parametrize("name", sorted(TASKS))
def test_every_task_of_the_catalog(name, tasks):
    task = tasks[name]
    small = {"validation": task.validation[:30], "test": task.test[:30]}
    if isinstance(task.train, Sequences):
        small["train"] = task.train[:60]
    task = replace(task, **small)
    for baseline in baselines_for(task)[:4]:
        found = fit(baseline, task, 0, rows=60)
        assert np.isfinite(task.scoring.scores(found.decisions, task.test.targets)).all()


def test_images():
    task = build_task("digits")
    assert score(task, fit(named(task, "nearest neighbours on flattened values"), task, 0)) > 0.9


def test_too_many_answers_have_only_the_majority():
    x = noise(60)
    task = Task.from_arrays(x, RNG.integers(0, 2, (60, 40)), name="many", scoring="multilabel")
    assert [one.name for one in baselines_for(task)] == ["majority of each label"]


def test_an_estimate_of_the_seconds():
    task = of_classes(count=2000)
    for baseline in baselines_for(task):
        assert 0 < seconds_of_fit(baseline, task, 0) < 60
    few = replace(task, train=task.train[:5])
    assert seconds_of_fit(baselines_for(task)[3], few, 0) > 0
    x = noise(60, length=70, channels=1)
    long = Task.from_arrays(x, list(x[..., 0]), name="long", per_position=True)
    assert seconds_of_fit(baselines_for(long)[1], long, 0) > 0


def test_the_code_has_the_chosen_setting():
    task = imbalanced()
    assert baselines_for(task)[1].code("0.01") == (
        "from sklearn import linear_model, pipeline, preprocessing\n"
        "model = pipeline.make_pipeline(preprocessing.StandardScaler(), "
        "linear_model.LogisticRegression(C=0.01, class_weight='balanced', max_iter=300))\n"
        "model.fit(X, y)  # X: summary features; y: the answers\n"
        "# with `from frostformer.verdicts.features import Columns`, "
        "X = Columns.of(task, task.train).rows('summary', task.train)"
    )
    assert Columns.of(task, task.train).rows("summary", task.train).ndim == 2
    assert baselines_for(task)[3].code(15) == baselines_for(task)[3].code("15")
    assert "KNeighborsClassifier()" in baselines_for(task)[3].code()  # five neighbours are usual there, too
