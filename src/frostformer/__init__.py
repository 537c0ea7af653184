"""Frozen pretrained transformers on any sequence data.

The names below are loaded on first use, so that `import frostformer` takes no time.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from frostformer.config import RunConfig as RunConfig
    from frostformer.data.sequences import Sequences as Sequences
    from frostformer.data.sequences import Stream as Stream
    from frostformer.deploy.estimators import FrozenTransformerClassifier as FrozenTransformerClassifier
    from frostformer.deploy.estimators import FrozenTransformerRegressor as FrozenTransformerRegressor
    from frostformer.deploy.predict import evaluate as evaluate
    from frostformer.deploy.predict import predict as predict
    from frostformer.errors import InputError as InputError
    from frostformer.models.backbones.registry import register_backbone as register_backbone
    from frostformer.models.build import build_model as build_model
    from frostformer.results.result import Result as Result
    from frostformer.results.result import read_result as read_result
    from frostformer.runs.adapters import load_adapter as load_adapter
    from frostformer.runs.many import run_many as run_many
    from frostformer.runs.one import run as run
    from frostformer.tasks.registry import register_task as register_task
    from frostformer.tasks.scoring.scoring import Scoring as Scoring
    from frostformer.tasks.shape import TaskShape as TaskShape
    from frostformer.tasks.task import Task as Task
    from frostformer.verdicts.verdict import verdict as verdict

    __version__: str

_PUBLIC = {
    "FrozenTransformerClassifier": "deploy.estimators",
    "FrozenTransformerRegressor": "deploy.estimators",
    "InputError": "errors",
    "Result": "results.result",
    "RunConfig": "config",
    "Scoring": "tasks.scoring.scoring",
    "Sequences": "data.sequences",
    "Stream": "data.sequences",
    "Task": "tasks.task",
    "TaskShape": "tasks.shape",
    "build_model": "models.build",
    "evaluate": "deploy.predict",
    "load_adapter": "runs.adapters",
    "predict": "deploy.predict",
    "read_result": "results.result",
    "register_backbone": "models.backbones.registry",
    "register_task": "tasks.registry",
    "run": "runs.one",
    "run_many": "runs.many",
    "verdict": "verdicts.verdict",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        value = importlib.import_module("frostformer.provenance").version_of("frostformer") or "unknown"
    elif name in _PUBLIC:
        value = getattr(importlib.import_module(f"frostformer.{_PUBLIC[name]}"), name)
    else:
        raise AttributeError(f"module 'frostformer' has no attribute '{name}'")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*_PUBLIC, "__version__"])
