"""Frozen transformers as estimators of scikit-learn, for `Pipeline`, `GridSearchCV`, `cross_val_score` and `clone`.

N sequences, T positions, C channels, K classes, G numbers of a target.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import check_is_fitted
from torch import nn

from frostformer.config import MOST_SEED, ClassWeights, Device, RunConfig, Weights
from frostformer.deploy import saved
from frostformer.deploy.distinct import Distinct, distinct
from frostformer.deploy.fitting import fit
from frostformer.deploy.rows import read_classes, read_numbers, read_weights, read_x
from frostformer.deploy.watching import Bar
from frostformer.errors import InputError
from frostformer.tasks.scoring.classification import Classification
from frostformer.tasks.scoring.regression import Regression
from frostformer.tasks.scoring.scoring import Scoring


@dataclass(kw_only=True, eq=False, repr=False)
class _FrozenTransformer(BaseEstimator):  # type: ignore[misc]
    """What both estimators have; parameters that a `RunConfig` has are explained there."""

    backbone: str | nn.Module = "embedded"
    """As in `RunConfig`, or a module of your own, (B, T, D) to (B, T, D)."""

    weights: Weights = "auto"
    layers: int | None = None
    width: int | None = None
    trainable: str = "frozen"
    learning_rate: float = 1e-3
    batch_size: int = 32
    steps: int = 1000
    patience: int | None = 5
    evaluate_every: int = 50

    validation_fraction: float = 0.2
    """Share of the sequences, 0 to 0.5, that is held out to choose the best step and to stop early. With 0, and where
    there are too few sequences, the training sequences choose."""

    random_state: Any = 0
    """A whole number: equal numbers give equal results. None or a `numpy.random.RandomState`: drawn anew each time."""

    device: Device = "auto"

    verbose: int = 0
    """1 shows a bar with the steps and the validation score."""

    def _fit(self, rows: Distinct, scoring: Scoring, *, balanced: bool = False, calibrate: bool = False) -> Self:
        """Train on what was read."""
        config = self._config("balanced" if balanced else "none")
        with Bar(config.steps, shown=bool(self.verbose)) as bar:
            done = fit(
                rows,
                scoring,
                config,
                validation_fraction=self.validation_fraction,
                calibrate=calibrate,
                module=self.backbone if isinstance(self.backbone, nn.Module) else None,
                watch=bar.watch,
            )
        self._trained = done.trained
        self.n_iter_, self.best_step_ = done.steps, done.best_step
        self.validation_curve_ = np.array([(each.step, each.validation_score) for each in done.curve])
        return self

    def _config(self, class_weights: ClassWeights) -> RunConfig:
        given = {name: saved.plain(getattr(self, name)) for name in (*saved.OF_A_RUN, "device")}
        name = "embedded" if isinstance(self.backbone, nn.Module) else self.backbone
        return RunConfig(backbone=name, seed=self._seed(), class_weights=class_weights, **given)

    def _seed(self) -> int:
        if isinstance(self.random_state, (int, np.integer)):
            return int(self.random_state)
        try:
            return int(check_random_state(self.random_state).randint(MOST_SEED, dtype=np.int64))
        except ValueError as error:
            raise InputError(str(error)) from error

    def _logits(self, x: Any) -> np.ndarray:
        """(N, G, K) float64."""
        check_is_fitted(self)
        return self._trained.logits(read_x(self, x, fitting=False))

    def __sklearn_is_fitted__(self) -> bool:
        """Whether there is a trained model."""
        return hasattr(self, "_trained")

    def save(self, path: Path | str) -> None:
        """Write the trained tensors and all that is needed to predict into one safetensors file, an adapter.

        `ff.predict` and `frostformer predict` read it, too. The backbone is not in it.

        Raises:
            InputError: it cannot be written.
        """
        check_is_fitted(self)
        saved.save(self, Path(path))

    @classmethod
    def load(cls, path: Path | str, *, backbone: str | nn.Module | None = None, device: Device = "auto") -> Self:
        """The estimator that `save` wrote.

        Args:
            path: the file.
            backbone: where the backbone is now, if not where it was; or the module that it was fitted on.
            device: where to compute.

        Raises:
            InputError: it is no such file, or of another estimator, or the backbone is another one.
        """
        estimator: Self = saved.load(cls, Path(path), backbone, device)
        return estimator

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


@dataclass(kw_only=True, eq=False, repr=False)
class FrozenTransformerClassifier(ClassifierMixin, _FrozenTransformer):  # type: ignore[misc]
    """Classes of sequences, by a frozen pretrained transformer with new, trained input and output layers.

    >>> import numpy as np, frostformer as ff
    >>> x = np.random.default_rng(0).standard_normal((60, 8, 2))  # 60 sequences of 8 positions and 2 channels
    >>> y = np.where(x[:, :, 0].sum(1) > 0, "rise", "fall")
    >>> classifier = ff.FrozenTransformerClassifier(steps=20, evaluate_every=10).fit(x, y)
    >>> classifier.predict_proba(x[:3]).shape
    (3, 2)

    After `fit`: `classes_` (K,), `n_features_in_` (columns of a table, else channels), `feature_names_in_` of frames,
    `n_iter_` (steps taken), `best_step_`, `validation_curve_` (step and score of each evaluation), `temperature_`.
    """

    class_weight: Any = None
    """`balanced`: every class counts as much as any other. A dictionary: class to weight."""

    calibrate: bool = False
    """Fit one temperature on the held-out sequences, so that `predict_proba` is as sure as it is right."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803 (scikit-learn's name)
        """Train on sequences and their classes.

        Args:
            X: a table or frame (N, T), each row a sequence of one channel; an array (N, T, C); or a list of arrays
                (T,) or (T, C) of different lengths. Always measurements, never tokens.
            y: (N,) numbers, texts or bools: the classes.
            sample_weight: (N,) how often each sequence counts, which is the same as giving it so often.

        Raises:
            InputError: X or y are none of these, hold what is no finite number, or there is one class only.
        """
        x, y = read_x(self, X, fitting=True), read_classes(y, X)
        weights = read_weights(sample_weight, X)
        if self.class_weight is not None and self.class_weight != "balanced":
            each = _class_weights(self.class_weight, y)
            weights = each if weights is None else each * weights
        counted = np.ones(len(y), bool) if weights is None else weights > 0
        classes = np.unique(y[counted])
        if len(classes) < 2:
            names = ", ".join(map(repr, classes.tolist()))
            raise InputError(f"all that counts in y is of one class, {names}: give sequences of at least two classes")
        numbers = np.searchsorted(classes, np.where(counted, y, classes[0]))
        scoring = Classification(names=tuple(classes.tolist()))
        balanced = self.class_weight == "balanced"
        self._fit(distinct(x, numbers, weights), scoring, balanced=balanced, calibrate=self.calibrate)
        self.classes_ = classes
        return self

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803
        """(N,) the most probable class of each sequence; for X see `fit`."""
        best = self._logits(X)[:, 0].argmax(1)
        classes: np.ndarray = self.classes_[best]
        return classes

    def predict_proba(self, X: Any) -> np.ndarray:  # noqa: N803
        """(N, K) float64 probability of each class, in the order of `classes_`; for X see `fit`."""
        from scipy.special import softmax

        logits = self._logits(X)[:, 0]
        probabilities: np.ndarray = softmax(logits / self.temperature_, axis=1)
        return probabilities

    @property
    def temperature_(self) -> float:
        """What logits are divided by; 1 without `calibrate`."""
        check_is_fitted(self)
        scoring: Any = self._trained.adapter.scoring
        return float(scoring.temperature)


@dataclass(kw_only=True, eq=False, repr=False)
class FrozenTransformerRegressor(RegressorMixin, _FrozenTransformer):  # type: ignore[misc]
    """Numbers that sequences stand for, by a frozen pretrained transformer with new, trained input and output layers.

    >>> import numpy as np, frostformer as ff
    >>> x = [np.random.default_rng(n).standard_normal(5 + n % 4) for n in range(60)]  # 60 sequences of 5 to 8 positions
    >>> y = [each.mean() for each in x]
    >>> ff.FrozenTransformerRegressor(steps=20, evaluate_every=10).fit(x, y).predict(x[:3]).shape
    (3,)

    After `fit`: `n_features_in_` (columns of a table, else channels), `feature_names_in_` of frames, `n_iter_` (steps
    taken), `best_step_`, `validation_curve_` (step and R2 of each evaluation).
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803
        """Train on sequences and their numbers.

        Args:
            X: as in `FrozenTransformerClassifier.fit`.
            y: (N,) or (N, G) numbers.
            sample_weight: (N,) how often each sequence counts, which is the same as giving it so often.

        Raises:
            InputError: X or y are none of these, or hold what is no finite number.
        """
        x, numbers = read_x(self, X, fitting=True), read_numbers(y, X)
        self._is_column = numbers.ndim == 1
        return self._fit(distinct(x, numbers, read_weights(sample_weight, X)), Regression())

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803
        """(N,) or (N, G) float64 numbers in the unit of `y`; for X see `fit`."""
        logits = self._logits(X)
        answers: np.ndarray = self._trained.adapter.scoring.answers(logits[:, None, :, 0])[:, 0]  # (N, G)
        return answers[:, 0] if self._is_column else answers

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _class_weights(class_weight: Any, y: np.ndarray) -> np.ndarray:
    """(N,) the weight of the class of each sequence."""
    try:
        weights: np.ndarray = compute_sample_weight(class_weight, y)
    except (ValueError, TypeError) as error:
        raise InputError(f"class_weight: {error}") from error
    return weights
