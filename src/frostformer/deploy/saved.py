"""Estimators in files: an adapter whose header also says what scikit-learn wants to know. No pickle."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from frostformer.config import Device
from frostformer.deploy.trained import Trained
from frostformer.errors import InputError
from frostformer.files import is_folder
from frostformer.runs.adapters import Adapter, put_on_backbone
from frostformer.schema import read_as, reading
from frostformer.training.checkpoints import read_tensors

_KEY = "estimator"
OF_A_RUN = (  # parameters of an estimator that the configuration in an adapter holds
    *("weights", "layers", "width", "trainable", "learning_rate", "batch_size", "steps", "patience", "evaluate_every"),
)


@dataclass(frozen=True)
class _Saved:
    """What an adapter does not say of an estimator."""

    kind: str
    """Name of its class."""

    validation_fraction: float
    n_iter: int
    best_step: int
    validation_curve: list[list[float]]
    features: int
    is_table: bool
    feature_names: list[str] | None = None
    is_column: bool = True
    """Whether the numbers of a regressor were given as (N,)."""

    calibrate: bool = False
    class_weight: str | list[tuple[str | bool | int | float, float]] | None = None
    """Pairs of class and weight, since a JSON object has texts as its keys."""

    objects: bool = False
    """Whether classes are an array of objects."""

    channels: list[str] | None = None
    """Columns of the frame of lists that it was fitted on."""


def save(estimator: Any, path: Path) -> None:
    """Write a fitted estimator."""
    weights = getattr(estimator, "class_weight", None)
    names = getattr(estimator, "feature_names_in_", None)
    about = _Saved(
        kind=type(estimator).__name__,
        validation_fraction=float(estimator.validation_fraction),
        n_iter=estimator.n_iter_,
        best_step=estimator.best_step_,
        validation_curve=estimator.validation_curve_.tolist(),
        features=estimator.n_features_in_,
        is_table=estimator._is_table,  # noqa: SLF001
        feature_names=None if names is None else list(map(str, names)),
        is_column=getattr(estimator, "_is_column", True),
        calibrate=bool(getattr(estimator, "calibrate", False)),
        class_weight=[(plain(name), float(one)) for name, one in weights.items()]
        if isinstance(weights, dict)
        else weights,
        channels=None if (channels := getattr(estimator, "_channels", None)) is None else list(channels),
        objects=hasattr(estimator, "classes_") and estimator.classes_.dtype.kind == "O",
    )
    estimator._trained.save(path, {_KEY: asdict(about)})  # noqa: SLF001


def load(kind: type[Any], path: Path, backbone: str | nn.Module | None, device: Device) -> Any:
    """The estimator of class `kind` that was written to a file."""
    if is_folder(path):
        raise InputError(f"{path} is a folder, such as a run has: use `frostformer.predict`, or give what `save` wrote")
    tensors, header = read_tensors(path)
    adapter = Adapter.read(path, header)
    if _KEY not in header:
        raise InputError(f"{path} is the adapter of a run, not of an estimator: use `frostformer.predict`")
    with reading(f"{path} is damaged", "save the estimator again"):
        about = read_as(_Saved, header[_KEY])
        _check(about, adapter)
    if about.kind != kind.__name__:
        raise InputError(f"{path} holds a {about.kind}, not a {kind.__name__}: load it with {about.kind}.load")
    model = put_on_backbone(path, tensors, adapter, backbone, device=device)
    module = backbone if isinstance(backbone, nn.Module) else None
    given = {name: getattr(adapter.config, name) for name in OF_A_RUN}
    if hasattr(kind, "calibrate"):
        pairs = about.class_weight
        given |= {"calibrate": about.calibrate, "class_weight": dict(pairs) if isinstance(pairs, list) else pairs}
    estimator = kind(
        backbone=backbone or adapter.config.backbone,
        validation_fraction=about.validation_fraction,
        random_state=adapter.config.seed,
        device=device,
        **given,
    )
    _put_fitted(estimator, about, Trained(model, adapter, tensors, module, device))
    return estimator


def _check(about: _Saved, adapter: Adapter) -> None:
    """Refuse what no estimator can have written."""
    shape = adapter.shape
    scoring = "classification" if "Classifier" in about.kind else "regression"
    if (adapter.scoring.kind, shape.input_kind, shape.read_positions) != (scoring, "vectors", 1):
        raise InputError(f"its adapter is of {adapter.scoring.kind} of {shape.input_kind}")
    if about.features != (shape.length if about.is_table else shape.channels):
        raise InputError(f"it has {about.features} features, but the shape of its adapter is another")
    if about.feature_names is not None and len(about.feature_names) != about.features:
        raise InputError(f"it names {len(about.feature_names)} of {about.features} features")
    if about.is_column and scoring == "regression" and shape.predictions != 1:
        raise InputError(f"it predicts {shape.predictions} numbers, not one")


def _put_fitted(estimator: Any, about: _Saved, trained: Trained) -> None:
    """Set what `fit` sets."""
    estimator._trained, estimator._is_table = trained, about.is_table  # noqa: SLF001
    estimator.n_iter_, estimator.best_step_, estimator.n_features_in_ = about.n_iter, about.best_step, about.features
    estimator._channels = None if about.channels is None else tuple(about.channels)  # noqa: SLF001
    estimator.validation_curve_ = np.array(about.validation_curve)
    if about.feature_names is not None:
        estimator.feature_names_in_ = np.array(about.feature_names, object)
    if (names := trained.adapter.scoring.names) is not None:
        estimator.classes_ = np.array(names, object if about.objects else None)
    else:
        estimator._is_column = about.is_column  # noqa: SLF001


def plain(value: Any) -> Any:
    """A number of Python in place of one of NumPy, as a grid of parameters and the classes hold them."""
    return value.item() if isinstance(value, np.generic) else value
