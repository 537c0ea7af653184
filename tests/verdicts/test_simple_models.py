"""That a model and its lines of Python are the same, and that no data make one fail."""

from __future__ import annotations

import numpy as np
import pytest

from frostformer.verdicts.simple_models import SimpleModel

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
FAMILIES = ("majority", "linear", "neighbours", "boosting")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("kind", [{"numbers": True}, {"sign": True}, {"sign": True, "balanced": True}, {}])
def test_the_code_makes_the_same_model(family, kind):
    model = SimpleModel(family, **kind)
    y = RNG.integers(0, 2 if model.sign else 3, 60)
    for setting in {model.settings[0], model.settings[-1]} if family != "boosting" else {0.2}:
        code = model.code(setting, "features")
        assert len(code.splitlines()) == 3
        known = {"X": X, "y": y}
        exec(code, known)
        shown, own = known["model"].predict(X), model.fitted(X, y, None, setting, seed=0)(X)
        assert ((own > 0) == shown if model.sign else own == shown).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_one_class_is_always_answered(family):
    assert (SimpleModel(family).fitted(X, np.full(60, 2), None, 1.0, seed=0)(X) == 2).all()
    assert (SimpleModel(family, sign=True).fitted(X, np.zeros(60, int), None, 1.0, seed=0)(X) < 0).all()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("numbers", [False, True])
def test_hardly_any_rows_and_equal_columns(family, numbers):
    model = SimpleModel(family, numbers=numbers)
    predict = model.fitted(np.ones((2, 4), np.float32), np.arange(2), None, model.settings[-1], seed=0)
    assert predict(X[:, [0, 0, 0, 0]]).shape == (60,)


def test_columns_that_repeat_each_other():
    x = np.repeat(X, 40, axis=1).astype(np.float32)
    for family in FAMILIES:
        model = SimpleModel(family, numbers=True)
        assert np.isfinite(model.fitted(x, X[:, 0], None, model.settings[0], seed=0)(x)).all()


def test_weights_count():
    y, weights = np.arange(60) % 2, np.where(np.arange(60) % 2, 1.9, 0.1)
    for family in ("majority", "linear", "boosting"):
        model = SimpleModel(family, sign=True)
        assert (model.fitted(np.zeros((60, 1)), y, weights, model.settings[-1], seed=0)(X[:, :1]) > 0).all()


def test_as_many_classes_as_rows_are_no_reason_to_warn():
    x, y = np.repeat(X[:20], 200, axis=1), np.arange(20)
    for family in FAMILIES[:3]:
        model = SimpleModel(family)
        assert set(model.fitted(x, y, None, model.settings[-1], seed=0)(x)) <= set(y)
