"""`frostformer evaluate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from frostformer.cli.options import AsJson
from frostformer.config import Device, Precision


def evaluate(
    adapter: Path,
    *,
    split: Literal["validation", "test", "train"] = "test",
    data: Path | None = None,
    backbone: str | None = None,
    device: Device = "auto",
    backbone_precision: Precision = "auto",
    plugin: str | None = None,
    as_json: AsJson = False,
) -> None:
    """Score an adapter on a whole split of its task.

    Parameters
    ----------
    adapter
        A run's folder or its adapter.safetensors.
    split
        Which split to score.
    data
        Where the run's file or folder is now, if it was trained on one of yours and it is not where the run found it.
    backbone
        Where the backbone is now, if not where the run found it.
    device
        Where to compute; `auto` takes a GPU where there is one.
    backbone_precision
        Precision of the backbone's matrix products; `auto` is bf16 on a GPU and fp32 elsewhere.
    plugin
        Where the run's plugin is now, if not where the run found it.
    as_json
        Print all metrics as one JSON object for a program to read; null is a number that is not finite.
    """
    from frostformer.cli.terminal import say
    from frostformer.deploy.predict import Predictor, scores
    from frostformer.results.json_lines import without_infinities
    from frostformer.results.metrics import METRICS
    from frostformer.results.verdict_folder import refuse_verdict

    refuse_verdict(adapter, "it has scored its test itself, and evaluate takes a run's folder")
    predictor = Predictor(adapter, backbone, device, backbone_precision, plugin)
    metrics = scores(predictor, split, data=data)
    if as_json:
        say(json.dumps({"split": split} | without_infinities(metrics)))
        return
    told = [f"{METRICS[name].label} {METRICS[name].text(x)}" for name, x in metrics.items() if isinstance(x, float)]
    say(f"{split}: {', '.join(told)}; {predictor.place}")
