"""The models of scikit-learn that the simple baselines are made of, and the lines of Python that make them again.

N sequences, F features, K classes.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Family = Literal["majority", "linear", "neighbours", "boosting"]
Setting = float | None
Predict = Callable[[np.ndarray], np.ndarray]

TREES = 100  # of each class, in boosting


@dataclass(frozen=True)
class SimpleModel:
    """One model for one answer, of which a setting is still to be chosen."""

    family: Family

    numbers: bool = False
    """Whether the answer is a number, and not one of several classes."""

    sign: bool = False
    """Whether of two classes 0 and 1 a decision above 0 stands for 1."""

    balanced: bool = False
    """Whether every class weighs as much as any other; nearest neighbours cannot do that."""

    @property
    def called(self) -> str:
        """Its name in words."""
        linear = "ridge regression" if self.numbers else "logistic regression"
        return {"linear": linear, "neighbours": "nearest neighbours"}.get(self.family, self.family)

    @property
    def settings(self) -> tuple[Setting, ...]:
        """What validation chooses among: penalty, number of neighbours, or learning rate."""
        linear = (1.0, 10.0, 100.0) if self.numbers else (0.01, 0.1, 1.0)
        known = {"linear": linear, "neighbours": (1, 5, 15), "boosting": (0.03, 0.1, 0.3)}
        return known.get(self.family, (None,))

    def fitted(
        self,
        x: np.ndarray,
        y: np.ndarray,
        weights: np.ndarray | None,
        setting: Setting,
        seed: int,
        trees: int = TREES,
    ) -> Predict:
        """Train it.

        Args:
            x: (N, F).
            y: (N,) class numbers, or numbers.
            weights: (N,) how much each row counts, all the same if not given; neighbours all count the same.
            setting: one of `settings`.
            seed: of what is drawn at random.
            trees: of each class, in boosting.

        Returns:
            (M, F) rows -> (M,) numbers, class numbers, or decisions between two classes.
        """
        from sklearn.pipeline import make_pipeline

        only_one = not self.numbers and len(np.unique(y)) == 1  # which other models refuse
        family: Family = "majority" if only_one else self.family
        model = make_pipeline(*self._steps(family, setting, seed, len(x), trees))
        weighted = weights is not None and family != "neighbours"
        given = {f"{model.steps[-1][0]}__sample_weight": weights} if weighted else {}
        with _without_remarks():
            model.fit(x, y, **given)
        return self._predict(model)

    def code(self, setting: Setting, about: str) -> str:
        """Three lines that train the same model; `about` says what the columns of X are."""
        steps = self._steps(self.family, setting, seed=0)
        modules, texts = zip(*map(_spelled, steps), strict=True)
        made = texts[0] if len(texts) == 1 else f"pipeline.make_pipeline({', '.join(texts)})"
        imported = sorted({*modules, "pipeline"} if len(texts) > 1 else modules)
        return (
            f"from sklearn import {', '.join(imported)}\nmodel = {made}\nmodel.fit(X, y)  # X: {about}; y: the answers"
        )

    def _predict(self, model: Any) -> Predict:
        """What a trained model answers, in the form of `Scoring.decisions`."""
        if self.numbers:
            return lambda rows: np.asarray(model.predict(rows), np.float64)
        classes = np.asarray(model.classes_)
        if self.sign:
            return lambda rows: np.asarray(model.predict_proba(rows) @ (2.0 * classes - 1), np.float64)
        return lambda rows: classes[model.predict_proba(rows).argmax(1)].astype(np.float64)

    def _steps(
        self, family: Family, setting: Setting, seed: int, rows: int | None = None, trees: int = TREES
    ) -> list[Any]:
        """The model, behind a scaler where the scale of a column would matter."""
        from sklearn import dummy, ensemble, linear_model, neighbors, preprocessing

        weight = "balanced" if self.balanced else None
        if family == "majority":
            return [dummy.DummyRegressor() if self.numbers else dummy.DummyClassifier(strategy="most_frequent")]
        assert setting is not None
        if family == "boosting":  # fewer leaves and bins than usual: hardly less accurate, several times as fast
            how = {"learning_rate": setting, "max_iter": trees, "max_leaf_nodes": 15, "min_samples_leaf": 5}
            how |= {"max_bins": 63, "early_stopping": False, "random_state": seed}
            if self.numbers:
                return [ensemble.HistGradientBoostingRegressor(**how)]
            return [ensemble.HistGradientBoostingClassifier(**how, class_weight=weight)]
        scaler = preprocessing.StandardScaler()
        if family == "neighbours":
            near = min(int(setting), rows or int(setting))
            return [scaler, (neighbors.KNeighborsRegressor if self.numbers else neighbors.KNeighborsClassifier)(near)]
        if self.numbers:
            return [scaler, linear_model.Ridge(alpha=setting)]
        return [scaler, linear_model.LogisticRegression(C=setting, max_iter=300, class_weight=weight)]


def _spelled(step: Any) -> tuple[str, str]:
    """The module of scikit-learn that has a model, and how the model is made: what differs from the usual."""
    module = type(step).__module__.split(".")[1]
    return module, f"{module}.{' '.join(repr(step).split())}"


@contextmanager
def _without_remarks() -> Iterator[None]:
    """Leave out scikit-learn's warnings of what data may be like: slow to fit, columns alike, rare classes."""
    from scipy.linalg import LinAlgWarning
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        for kind in (ConvergenceWarning, LinAlgWarning):
            warnings.simplefilter("ignore", kind)
        warnings.filterwarnings("ignore", "The number of unique classes is greater", UserWarning)
        yield
