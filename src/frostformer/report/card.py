"""The model card of a run: `README.md` in its folder, as the Hugging Face hub shows it. It imports no torch.

frostformer card runs/xor
hf upload YOU/xor runs/xor --include README.md adapter.safetensors result.json curve.csv
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from frostformer.models.backbones.shapes import known_shape
from frostformer.report.making import commands
from frostformer.report.rendering import text_of
from frostformer.results.arms import arm_label, task_label
from frostformer.results.metrics import headline, metric, scoring
from frostformer.results.result import Result
from frostformer.results.seeds import summarise

CARD_NAME = "README.md"
SHARED = (CARD_NAME, "adapter.safetensors", "result.json", "curve.csv")
"""What somebody else needs of a run."""

_MOST_NAMES = 50


def card(result: Result, folder: Path) -> str:
    """The card in Markdown, with the header that the hub reads; a pure function of the result.

    Args:
        result: of one run.
        folder: what the card calls its place.
    """
    name, versions = headline(result), _versions(result)
    shown = metric(name)
    scores = [
        (split, shown.text(score), count)
        for split in ("validation", "test")
        if (score := result.metrics[split].get(name)) is not None and (count := _count(result, split))
    ]
    groups = result.groups
    return text_of(
        "card.md.j2",
        result=result,
        folder=shlex.quote(folder.name),
        version=versions.get("frostformer", ""),
        task=" ".join(task_label(result).split()),
        arm=" ".join(arm_label(result).split()),
        index=_index(result, name),
        base=_base(result),
        trained=f"{sum(row['parameters'] for row in groups if row['trained']):,}",
        parameters=f"{sum(row['parameters'] for row in groups):,}",
        kilobytes=f"{result.adapter_bytes / 1000:,.0f}",
        metric=shown.label,
        scores=scores,
        chosen=", and the learning rate" if result.tried else "",
        trivial=", ".join(f"{rule} {shown.text(level)}" for rule, level in result.task["trivial"].items()),
        answers=_answers(result),
        command=commands(1, summarise([result])[0]),
        versions=", ".join(map(" ".join, versions.items())) or "The versions were not recorded",
    )


def _count(result: Result, split: str) -> str:
    count = result.task["splits"][split]
    return "" if count is None else f"{count:,}"


def _base(result: Result) -> str:
    """The hub id of the model that the tensors belong to, where its name is one; a folder's name may look like one."""
    shape = known_shape(result.backbone["name"]) if result.backbone["weights"] == "pretrained" else None
    return "" if shape is None else shape.hub_id


def _index(result: Result, name: str) -> str:
    """The test score as the hub's leaderboards read it; YAML understands JSON."""
    score = result.metrics["test"].get(name)
    kind = "regression" if scoring(result)["kind"] == "regression" else "classification"
    task = {"type": "other", "name": f"sequence {kind}"}
    found = {
        "task": task,
        "dataset": {"type": result.task["name"], "name": task_label(result), "split": "test"},
        "metrics": [] if score is None else [{"type": name, "value": round(score, 4)}],
    }
    return json.dumps([{"name": arm_label(result), "results": [found]}])


def _answers(result: Result) -> str:
    """What comes out for a sequence."""
    scoring = result.task.get("scoring") or {}
    kind = {"multilabel": "Several labels at once", "regression": "Numbers"}.get(scoring.get("kind", ""), "One class")
    each = "for every position" if scoring.get("per_position") else "for each sequence"
    names = [str(one) for one in scoring.get("names") or []]
    more = f" and {len(names) - _MOST_NAMES:,} more" if len(names) > _MOST_NAMES else ""
    return f"{kind} {each}{': ' + ', '.join(names[:_MOST_NAMES]) + more if names else ''}."


def _versions(result: Result) -> dict[str, str]:
    """Package -> version, as far as they were recorded."""
    versions = result.environment.get("versions")
    known = versions.items() if isinstance(versions, dict) else ()
    return {str(package): str(version) for package, version in known if version}
