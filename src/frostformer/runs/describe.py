"""What a result says of its task and its backbone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from frostformer.config import RunConfig
from frostformer.data.sequences import Sequences
from frostformer.models.build import Identity
from frostformer.models.model import SequenceModel
from frostformer.results.result import thin
from frostformer.tasks.scoring.scoring import Metrics
from frostformer.tasks.task import SPLITS, Task
from frostformer.training.records import Record


def describe_task(task: Task) -> dict[str, Any]:
    """What a result says of its task."""
    splits = {name: getattr(task, name) for name in SPLITS}
    return {
        "name": task.name,
        "version": task.version,
        "fingerprint": task.fingerprint,
        "shape": asdict(task.shape),
        "scoring": {
            "kind": task.scoring.kind,
            "per_position": task.shape.per_position,
            "names": None if task.scoring.names is None else list(task.scoring.names),
            "chosen_by": task.scoring.chosen_by,
        },
        "splits": {name: len(split) if isinstance(split, Sequences) else None for name, split in splits.items()},
        "trivial": task.trivial,
        "marked": task.marked,
        "note": task.note,
        "source": task.source,
        "licence": task.licence,
    }


def describe_backbone(model: SequenceModel, config: RunConfig, identity: Identity) -> dict[str, Any]:
    """What a result says of its backbone."""
    backbone = model.backbone
    return {
        "name": config.backbone,
        "weights": config.weights,
        "fingerprint": identity.fingerprint,
        "tensors": identity.tensors,
        "width": backbone.width,
        "blocks": backbone.num_blocks,
        "causal": backbone.causal,
        "max_length": backbone.max_length,
        "answer": list(identity.answer),  # as JSON gives it back
        "probe": asdict(backbone.probe),
    }


def describe_curve(records: Sequence[Record], metric: str) -> list[dict[str, float | None]]:
    """What a result says of the evaluations, thinned."""
    return thin(points(records, metric))


def points(records: Sequence[Record], metric: str) -> list[dict[str, float | None]]:
    """Every evaluation; its validation score stands under the name of the metric."""
    return [
        {
            "step": record.step,
            "train_loss": record.train_loss,
            "validation_loss": record.validation_loss,
            f"validation_{metric}": record.validation_score,
            "seconds": record.seconds,
        }
        for record in records
    ]


def numbers(metrics: Metrics) -> Metrics:
    """The metrics without those that are tables, one number for each class or pair of classes."""
    return {name: value for name, value in metrics.items() if not isinstance(value, (list, dict))}
