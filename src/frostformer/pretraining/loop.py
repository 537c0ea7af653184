"""Pretrains a small GPT-2: the backbone `embedded` that comes with the package, or one of your own.

    frostformer pretrain novels.txt.xz --out runs/novels --measure-on wikitext2-validation.parquet
    frostformer pretrain --objective bit-memory --out runs/bit-memory

For a language, the optimizer Muon (Jordan et al. 2024) trains the matrices inside the blocks: in a trial at this size
(docs/recipe.md) it learned faster than AdamW, which trains everything else. The loss of a step depends only on the
weights, the seed and the number of the step, so a run that was killed continues from its checkpoint and ends with the
same bytes.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from frostformer.errors import InputError
from frostformer.files import cannot_write, check_space, hidden, is_file, write_whole
from frostformer.locks import locked
from frostformer.pretraining.bit_memory import BitMemory
from frostformer.pretraining.config import PretrainConfig
from frostformer.pretraining.language import Language
from frostformer.pretraining.objective import BIT_MEMORY, Card, Objective, num_steps, tokens_per_step
from frostformer.schema import read_as, reading
from frostformer.training.checkpoints import CHECKPOINT_NAME, read_tensors, write_tensors
from frostformer.training.optimizers import fitting, optimizer_tensors, restore_optimizer

CHECKPOINT_EVERY = 100  # steps
LOSS_EVERY = 20  # steps
FILES = (CHECKPOINT_NAME, "tokenizer.json", "pretraining.json", "README.md")  # that are written here, whole each
COPIES = 4  # of the weights on the disk: three in a checkpoint (the weights, two of AdamW's), and the backbone


def _nothing(_: float) -> None:
    pass


@dataclass(frozen=True)
class Watch:
    """Functions that are called while a pretraining goes on."""

    step: Callable[[int], None] = _nothing
    """Called after each step with its number, counted from 1."""

    loss: Callable[[float], None] = _nothing
    """Called now and then with the loss of the step."""


def build_objective(
    config: PretrainConfig, corpus: Path | None, measure_on: tuple[Path, ...], tokenizer: Path, keep_tokenizer: bool
) -> Objective:
    """The objective that the configuration names, with newly drawn weights.

    A language needs a tokenizer. With `keep_tokenizer` it is read from the file `tokenizer`, if that exists; otherwise
    a new one is trained and written there.

    Raises:
        InputError: a text is missing, too short, or given for bit memory, which reads none; or too few positions.
    """
    if config.objective == BIT_MEMORY:
        if corpus is not None or measure_on:
            raise InputError("bit-memory generates its own data: give neither a corpus nor a text to measure on")
        return BitMemory(config)
    if corpus is None:
        raise InputError("language needs a corpus: give a text file, or choose the objective bit-memory")
    return Language(config, corpus, measure_on, tokenizer, keep_tokenizer)


def pretrain(
    corpus: Path | None,
    out: Path,
    config: PretrainConfig,
    measure_on: tuple[Path, ...] = (),
    watch: Watch | None = None,
) -> dict[str, Any]:
    """Train a backbone and write it to `out`.

    `out` becomes a Hugging Face folder: configuration, weights, model card and, for a language, the tokenizer. If there
    is an `out/checkpoint.safetensors`, training continues from it.

    Returns what is also written to `out/pretraining.json`: configuration, tokens seen, seconds, and the scores. These
    are, for a language, bits per byte on the held-out documents and on each file of `measure_on`; for bit memory,
    accuracy.

    Raises:
        InputError: it cannot be trained, or written to `out`; or the folder is another pretraining's.
        Busy: another process is at `out`.
    """
    with locked(out, FILES):
        return _pretrain(corpus, out, config, measure_on, watch or Watch())


def _pretrain(
    corpus: Path | None, out: Path, config: PretrainConfig, measure_on: tuple[Path, ...], watch: Watch
) -> dict[str, Any]:
    checkpoint = out / CHECKPOINT_NAME
    if (out / "model.safetensors").exists() and not checkpoint.exists():
        raise InputError(f"{out} contains a model but no checkpoint to continue from: give another --out")
    objective = build_objective(config, corpus, measure_on, out / "tokenizer.json", checkpoint.is_file())
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    objective.network.to(device)
    size = sum(parameter.nbytes for parameter in objective.network.parameters())
    check_space(out, COPIES * size, f"pretraining a model of {size / 1e6:,.1f} MB")
    seconds = _train(objective, checkpoint, config, watch)
    record = {
        "config": asdict(config),
        "tokens_seen": num_steps(config) * tokens_per_step(config),
        "wall_seconds": round(seconds),
        "hardware": f"{device.type}, {torch.get_num_threads()} threads",
        **objective.record(),
    }
    _save(objective, out)
    write_whole(out / "pretraining.json", json.dumps(record, indent=2) + "\n")
    write_whole(out / "README.md", model_card(objective.card(record), record))
    return record


def _save(objective: Objective, out: Path) -> None:
    """Write the Hugging Face folder beside `out`'s own files, then let each file take its place."""
    staged = hidden(out / "model", ".new")
    try:
        shutil.rmtree(staged, ignore_errors=True)  # of a pretraining that was killed while it wrote
        try:
            objective.save(staged)
            for file in sorted(staged.iterdir()):
                file.replace(out / file.name)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
    except (OSError, SafetensorError) as error:
        raise cannot_write(out, error) from error


def model_card(card: Card, record: dict[str, Any]) -> str:
    """The model card of the folder as Markdown: what the model is, how it was made, and its scores."""
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


def _train(objective: Objective, checkpoint: Path, config: PretrainConfig, watch: Watch) -> float:
    """Run all remaining steps. Returns the seconds of training, those before an interruption included."""
    optimizers = _optimizers(objective.network, config, objective.muon)
    identity = {"config": asdict(config), **objective.identity}
    first_step, seconds = _resume(objective.network, optimizers, checkpoint, identity)
    steps = num_steps(config)
    started = time.monotonic()
    for step in range(first_step, steps):
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = config.learning_rate * _learning_rate_factor(step, config)
        loss = _training_step(objective, optimizers, step)
        watch.step(step + 1)
        if (step + 1) % LOSS_EVERY == 0 or step + 1 == steps:
            watch.loss(float(loss))
        if (step + 1) % CHECKPOINT_EVERY == 0 or step + 1 == steps:
            if not loss.isfinite():
                raise InputError(
                    f"pretraining diverged: the loss at step {step + 1} is not finite; give a lower --learning-rate"
                )
            spent = seconds + time.monotonic() - started
            _write_checkpoint(
                objective.network, optimizers, checkpoint, {"step": step + 1, "seconds": spent} | identity
            )
    return seconds + time.monotonic() - started


def _training_step(objective: Objective, optimizers: list[torch.optim.Optimizer], step: int) -> Tensor:
    loss = objective.loss(step)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(objective.network.parameters(), 1.0)
    for optimizer in optimizers:
        optimizer.step()
        optimizer.zero_grad()
    return loss.detach()


def _optimizers(model: nn.Module, config: PretrainConfig, muon: bool = True) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the blocks, if wanted, and AdamW for every other parameter."""
    blocks = [module for module in model.modules() if isinstance(module, nn.ModuleList)]  # of a GPT-2, the blocks
    by_muon = {id(p) for block in blocks for p in block.parameters() if p.ndim == 2} if muon else set()
    matrices = [p for p in model.parameters() if id(p) in by_muon]
    others = [p for p in model.parameters() if id(p) not in by_muon]
    adam = torch.optim.AdamW(others, config.learning_rate, betas=(0.9, 0.95), weight_decay=0.0, fused=True)
    if not matrices:
        return [adam]
    return [torch.optim.Muon(matrices, config.learning_rate, weight_decay=0.1, adjust_lr_fn="match_rms_adamw"), adam]


def _learning_rate_factor(step: int, config: PretrainConfig) -> float:
    """The share of the peak learning rate: it rises over the first 100 steps and then falls linearly to zero."""
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
    """Restore the state in a checkpoint. Returns the next step and the seconds spent so far; both 0 without a file."""
    if not is_file(path):
        return 0, 0.0
    tensors, header = read_tensors(path)
    if any(header.get(key) != value for key, value in identity.items()):
        raise InputError(
            f"{path} was written with another configuration, text or task version: give another --out, or delete it"
        )
    with (
        torch.no_grad(),
        reading(f"{path} is not a checkpoint of this pretraining", "delete it, or give another --out"),
    ):
        stored = read_as(_Stored, header)
        for name, parameter in model.named_parameters():
            parameter.copy_(fitting(tensors, f"model/{name}", parameter))
        for i, optimizer in enumerate(optimizers):
            restore_optimizer(optimizer, tensors, f"optimizer{i}")
    return stored.step, stored.seconds


@dataclass(frozen=True)
class _Stored:
    """How far a pretraining has come."""

    step: int
    seconds: float

    def __post_init__(self) -> None:
        """Refuse what no pretraining can have come to."""
        if self.step < 0 or not self.seconds >= 0:
            raise InputError(f"step is {self.step}, seconds is {self.seconds}")
