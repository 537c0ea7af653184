"""Pretrain a small GPT-2: the backbone that ships with the package, or your own.

    frostformer pretrain novels.txt.xz --out runs/novels --measure-on wikitext2-validation.parquet
    frostformer pretrain --objective bit-memory --out runs/bit-memory

Matrices inside the blocks of a language model learn with Muon (Jordan et al. 2024), which learns faster than Adam at
this size (LOG.md); everything else with AdamW. The loss of a step is a pure function of weights, seed and step, and no
model has dropout, so a run that was killed goes on from its checkpoint as if nothing had happened.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from frostformer.errors import InputError
from frostformer.files import check_writable, write_whole
from frostformer.pretraining.config import PretrainConfig
from frostformer.pretraining.objective import Card, Objective, num_steps, tokens_per_step
from frostformer.pretraining.registry import build_objective
from frostformer.training.checkpoints import read_tensors, write_tensors
from frostformer.training.optimizers import clip_gradients, optimizer_tensors, restore_optimizer

CHECKPOINT_EVERY = 100  # steps
CHECKPOINT_NAME = "checkpoint.safetensors"


def pretrain(
    corpus: Path | None, out: Path, config: PretrainConfig, measure_on: tuple[Path, ...] = ()
) -> dict[str, Any]:
    """Learn the objective, write a Hugging Face folder (config, safetensors, model card, a language's tokenizer).

    Goes on from `out/checkpoint.safetensors` where there is one. Returns the measurements, which `out/pretraining.json`
    holds too: tokens seen, seconds, and the objective's own (language: bits per byte on the held-out documents and on
    each file of `measure_on`; bit memory: accuracy).
    """
    checkpoint = out / CHECKPOINT_NAME
    check_writable(out)
    if (out / "model.safetensors").exists() and not checkpoint.exists():
        raise InputError(f"{out} holds a model that was not begun here: give another --out")
    objective = build_objective(config, corpus, measure_on, out / "tokenizer.json", checkpoint.is_file())
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    objective.network.to(device)
    seconds = _train(objective, checkpoint, config)
    record = {
        "config": asdict(config),
        "tokens_seen": num_steps(config) * tokens_per_step(config),
        "wall_seconds": round(seconds),
        "hardware": f"{device.type}, {torch.get_num_threads()} threads",
        **objective.record(),
    }
    objective.save(out)
    write_whole(out / "pretraining.json", json.dumps(record, indent=2) + "\n")
    write_whole(out / "README.md", model_card(objective.card(record), record))
    return record


def model_card(card: Card, record: dict[str, Any]) -> str:
    """A Markdown page for the folder: what it is, how it was made, what it measures."""
    config = record["config"]
    flags = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in config.items())
    corpus = f"{record['corpus']} " if "corpus" in record else ""
    wall_time = f"{record['wall_seconds'] / 60:.0f} minutes ({record['hardware']})"
    rows = card.data | {"wall time": wall_time} | card.scores
    return "\n".join(
        [
            f"# {card.title}",
            "",
            f"GPT-2 type, {config['layers']} layers, width {config['width']}, {config['heads']} heads, {card.tables}.",
            "",
            "| | |",
            "|---|---|",
            *(f"| {name} | {value} |" for name, value in rows.items()),
            "",
            card.note,
            "",
            "```",
            f"frostformer pretrain {corpus}--out FOLDER {flags}",
            "```",
            "",
        ]
    )


def _train(objective: Objective, checkpoint: Path, config: PretrainConfig) -> float:
    """Run every step that is still to do; returns the seconds spent, those before a kill included."""
    from tqdm import tqdm

    optimizers = _optimizers(objective.network, config, objective.muon)
    identity = {"config": asdict(config), **objective.identity}
    first_step, seconds = _resume(objective.network, optimizers, checkpoint, identity)
    steps = num_steps(config)
    bar = tqdm(range(first_step, steps), initial=first_step, total=steps, desc="pretrain", unit="step")
    started = time.monotonic()
    for step in bar:
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = config.learning_rate * _learning_rate_factor(step, config)
        loss = _training_step(objective, optimizers, step)
        if (step + 1) % 20 == 0:
            bar.set_postfix(nats=f"{float(loss):.3f}")
        if (step + 1) % CHECKPOINT_EVERY == 0 or step + 1 == steps:
            if not loss.isfinite():
                raise InputError(f"pretraining diverged before step {step + 1}: lower --learning-rate")
            spent = seconds + time.monotonic() - started
            _write_checkpoint(
                objective.network, optimizers, checkpoint, {"step": step + 1, "seconds": spent} | identity
            )
    return seconds + time.monotonic() - started


def _training_step(objective: Objective, optimizers: list[torch.optim.Optimizer], step: int) -> Tensor:
    loss = objective.loss(step)
    loss.backward()  # type: ignore[no-untyped-call]
    clip_gradients(list(objective.network.parameters()), 1.0)
    for optimizer in optimizers:
        optimizer.step()
        optimizer.zero_grad()
    return loss.detach()


def _optimizers(model: nn.Module, config: PretrainConfig, muon: bool = True) -> list[torch.optim.Optimizer]:
    blocks = [module for module in model.modules() if isinstance(module, nn.ModuleList)]  # a GPT-2 has no other list
    by_muon = {id(p) for block in blocks for p in block.parameters() if p.ndim == 2} if muon else set()
    matrices = [p for p in model.parameters() if id(p) in by_muon]
    others = [p for p in model.parameters() if id(p) not in by_muon]
    adam = torch.optim.AdamW(others, config.learning_rate, betas=(0.9, 0.95), weight_decay=0.0, fused=True)
    if not matrices:
        return [adam]
    return [torch.optim.Muon(matrices, config.learning_rate, weight_decay=0.1, adjust_lr_fn="match_rms_adamw"), adam]


def _learning_rate_factor(step: int, config: PretrainConfig) -> float:
    """Linear warm-up over 100 steps, then linear to zero."""
    return min(1.0, (step + 1) / 100) * (1 - step / num_steps(config))


def _write_checkpoint(
    model: nn.Module,
    optimizers: list[torch.optim.Optimizer],
    path: Path,
    header: dict[str, Any],
) -> None:
    tensors = {f"model/{name}": parameter.detach() for name, parameter in model.named_parameters()}
    for i, optimizer in enumerate(optimizers):
        tensors |= optimizer_tensors(optimizer, f"optimizer{i}")
    write_tensors(path, tensors, header)


def _resume(
    model: nn.Module, optimizers: list[torch.optim.Optimizer], path: Path, identity: dict[str, Any]
) -> tuple[int, float]:
    """Put a checkpoint's state back; returns (next step, seconds spent so far), (0, 0.0) where there is none."""
    if not path.is_file():
        return 0, 0.0
    tensors, header = read_tensors(path)
    if any(header.get(key) != value for key, value in identity.items()):
        raise InputError(
            f"{path} belongs to another configuration, text or task version: give another --out, or delete it"
        )
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(tensors[f"model/{name}"])
    for i, optimizer in enumerate(optimizers):
        restore_optimizer(optimizer, tensors, f"optimizer{i}")
    return header["step"], header["seconds"]
