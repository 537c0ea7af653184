"""What a result says of its task and its backbone."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from frostformer.config import RunConfig
from frostformer.data.sequences import Sequences
from frostformer.models.build import Identity
from frostformer.models.model import SequenceModel
from frostformer.tasks.task import SPLITS, Task


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
