"""`frostformer explain`."""

from __future__ import annotations

from typing import Annotated

from frostformer.cli.options import Flat
from frostformer.config import AskedConfig


def explain(config: Annotated[AskedConfig, Flat] = AskedConfig()) -> None:  # noqa: B008 (frozen)
    """Show what would train and what a step would cost, without training; needs no data of a shipped task."""
    from frostformer.cli.console import print_cost, print_freeze, print_probe, read_out_text
    from frostformer.cli.terminal import say
    from frostformer.models.build import build_model, freeze_for
    from frostformer.models.freezing import freeze_plan, trained_groups
    from frostformer.runs.cost import measure_cost
    from frostformer.runs.one import settle
    from frostformer.tasks.registry import task_shape

    question, place = settle(config)
    model, _ = build_model(question.config, task_shape(question.config))
    for what, became in question.resolved.items():
        say(f"{what.replace('_', ' ')}: {became}")
    say(f"read-out: {read_out_text(model.read_out, model.shape)}")
    print_freeze(freeze_plan(model, trained_groups(config)))
    print_probe(model.backbone.probe)
    freeze_for(model, question.config)
    print_cost(measure_cost(model.to(place.device)))
