"""Frozen pretrained transformers on any sequence data; the names below are loaded on first use."""

from __future__ import annotations

import importlib
from typing import Any

_PUBLIC = {
    "RunConfig": "frostformer.config",
    "PretrainConfig": "frostformer.pretraining.config",
    "InputError": "frostformer.errors",
    "Sequences": "frostformer.data.sequences",
    "Stream": "frostformer.data.sequences",
    "Task": "frostformer.tasks.task",
    "TaskShape": "frostformer.tasks.task",
    "build_task": "frostformer.tasks.registry",
    "SequenceModel": "frostformer.models.model",
    "load_adapter": "frostformer.runs.adapters",
    "Result": "frostformer.results.result",
    "read_result": "frostformer.results.result",
}


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'frostformer' has no attribute '{name}'")
    return getattr(importlib.import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(_PUBLIC)
