"""`python -m benchmarks.gradients`: the norm of the gradient at step 0, with our input layer and with the paper's.

python -m benchmarks.gradients --out results/gradients gpt2=random embedded=pretrained backbones/stories15m=pretrained
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch
from cyclopts import App
from torch import nn

from frostformer.config import RunConfig, Weights
from frostformer.data.sequences import Sequences
from frostformer.errors import InputError
from frostformer.files import write_whole
from frostformer.models.build import build_model, freeze_for
from frostformer.models.model import SequenceModel
from frostformer.provenance import environment
from frostformer.tasks.registry import task_of
from frostformer.tasks.task import Task
from frostformer.training.batch import inputs_on

TASKS = ("bit-xor", "digits", "mnist")
BATCH = 16

app = App(name="gradients", help_format="plaintext")


@app.default
def gradients(*arms: str, out: Path = Path("runs/gradients")) -> None:
    """Compute one loss of a first batch of 16 and its gradient; writes OUT/gradients.json and OUT/README.md.

    Parameters
    ----------
    arms
        Backbones with their weights, such as `gpt2=random`.
    out
        Folder for the table.
    """
    rows = []
    for arm in arms:
        backbone, _, weights = arm.rpartition("=")
        rows += [measure(backbone, weights, task) for task in TASKS]
    content = {"rows": rows, "environment": environment("cpu", 1)}
    write_whole(out / "gradients.json", json.dumps(content, indent=1) + "\n")
    write_whole(out / "README.md", table(rows))


def measure(backbone: str, weights: str, name: str) -> dict[str, Any]:
    """One backbone on one task, with seed 0."""
    known = {value: value for value in get_args(Weights)}
    config = RunConfig(task=name, backbone=backbone, weights=known[weights], device="cpu")
    task = task_of(config)
    model, _ = build_model(config, task.shape)
    trained = list(freeze_for(model, config).values())
    (bias,) = (parameter for path, parameter in model.input_layer.named_parameters() if path.endswith("bias"))
    row = {
        "backbone": Path(backbone).name,
        "weights": weights,
        "task": name,
        "gradient_at_zero": model.backbone.probe.gradient_at_zero,
        "bias_deviation": float(bias.detach().std()),
        "norm": gradient_norm(model, trained, task),
    }
    nn.init.zeros_(bias)
    return {**row, "norm_with_the_papers_layer": gradient_norm(model, trained, task)}


def gradient_norm(model: SequenceModel, trained: list[nn.Parameter], task: Task) -> float | None:
    """Norm over all trained tensors, before clipping; None if it is not finite."""
    train = task.train
    batch = train[:BATCH] if isinstance(train, Sequences) else train.draw(np.random.default_rng(0), BATCH)
    logits = model(*inputs_on(torch.device("cpu"), batch.trimmed()))
    loss = nn.functional.cross_entropy(logits.flatten(0, -2), torch.from_numpy(batch.targets).flatten())
    found = torch.autograd.grad(loss, trained, allow_unused=True)
    norm = torch.stack([gradient.norm() for gradient in found if gradient is not None]).norm()
    return float(norm) if norm.isfinite() else None


def table(rows: list[dict[str, Any]]) -> str:
    """A line for each backbone and task."""
    lines = [
        "# Norm of the gradient at step 0",
        "",
        "Made by `python -m benchmarks.gradients`: the first batch of 16, seed 0, what `frozen` trains. The bias of "
        "the input layer is zero in the paper; here it is drawn where gradients at zero inputs are more than 100 times "
        "those at inputs of deviation 1.",
        "",
        "| backbone | weights | task | at zero inputs, times | deviation of the bias | norm | with the paper's layer |",
        "|---|---|---|---|---|---|---|",
    ]
    keys = ("gradient_at_zero", "bias_deviation", "norm", "norm_with_the_papers_layer")
    for row in rows:
        cells = ["too large" if row[key] is None else f"{row[key]:.3g}" for key in keys]
        lines.append(f"| {row['backbone']} | {row['weights']} | {row['task']} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    try:
        app()
    except InputError as error:
        sys.exit(f"gradients: {error}")
