"""Pretrain a small GPT-2-type language model on plain text: the backbone that ships with the package, or your own.

    frostformer pretrain novels.txt.xz --out runs/novels --measure-on wikitext2-validation.parquet

A window is `positions` tokens. For the first four fifths of the steps a window is read as four pieces that do not see
one another, each at its own quarter of the position table: cheaper, and every position is trained from the first step.
The last fifth reads whole windows. Matrices inside the blocks learn with Muon (Jordan et al. 2024), which learns faster
than Adam at this size (LOG.md); everything else with AdamW. The batch of a step is a pure function of (seed, step) and
the model has no dropout, so a run that was killed goes on from its checkpoint as if nothing had happened.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from frostformer.checkpoints import read_tensors, write_tensors
from frostformer.config import PretrainConfig
from frostformer.data import epoch_order
from frostformer.errors import InputError
from frostformer.files import write_whole
from frostformer.optimizers import optimizer_tensors, restore_optimizer
from frostformer.text import END_OF_TEXT, Document, encode, read_documents, split_documents, train_tokenizer

PIECES = 4
WHOLE_WINDOW_SHARE = 0.2
CHECKPOINT_EVERY = 100  # steps
CHECKPOINT_NAME = "checkpoint.safetensors"


def pretrain(corpus: Path, out: Path, config: PretrainConfig, measure_on: tuple[Path, ...] = ()) -> dict[str, Any]:
    """Train on `corpus`, write a Hugging Face folder (config, safetensors, tokenizer, model card) to `out`.

    Goes on from `out/checkpoint.safetensors` where there is one. Returns the measurements, which `out/pretraining.json`
    holds too: bits per byte on the held-out documents and on each file of `measure_on`, tokens seen, seconds.
    """
    measured_texts = {path.name: read_documents(path) for path in measure_on}  # read first: a wrong path fails now
    training, held_out = split_documents(read_documents(corpus))
    tokenizer = _tokenizer(out, training, config)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = build_language_model(config, end_of_text=tokenizer.token_to_id(END_OF_TEXT)).to(device)
    ids = np.concatenate([encode(tokenizer, document) for document in training])
    if len(ids) <= config.positions:
        raise InputError(f"{corpus} has {len(ids)} training tokens, a window {config.positions}: give more text")
    seconds = _train(model, ids, out / CHECKPOINT_NAME, config)

    texts = {"held-out documents": held_out, **measured_texts}
    record = {
        "config": asdict(config),
        "corpus": corpus.name,
        "documents": {"training": len(training), "held_out": [document.name for document in held_out]},
        "tokens_seen": _steps(config) * config.batch_size * config.positions,
        "training_tokens": len(ids),
        "wall_seconds": round(seconds),
        "hardware": f"{device.type}, {torch.get_num_threads()} threads",
        "bits_per_byte": {
            name: round(bits_per_byte(model, tokenizer, documents), 3) for name, documents in texts.items()
        },
    }
    model.half().save_pretrained(out)  # 16 bits: half the file; read back as float32
    write_whole(out / "pretraining.json", json.dumps(record, indent=2) + "\n")
    write_whole(out / "README.md", model_card(record))
    return record


def build_language_model(config: PretrainConfig, end_of_text: int) -> Any:
    """A GPT-2 of the given shape with fresh weights, tied embeddings and the fused form of its tanh GELU."""
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(config.seed)
    return GPT2LMHeadModel(
        GPT2Config(
            vocab_size=config.vocabulary,
            n_positions=config.positions,
            n_embd=config.width,
            n_layer=config.layers,
            n_head=config.heads,
            activation_function="gelu_pytorch_tanh",
            resid_pdrop=0.0,
            embd_pdrop=0.0,
            attn_pdrop=0.0,
            bos_token_id=end_of_text,
            eos_token_id=end_of_text,
            use_cache=False,
        )
    )


@torch.no_grad()
def bits_per_byte(model: Any, tokenizer: Any, documents: list[Document]) -> float:
    """Bits the model needs per UTF-8 byte of the documents; every token is predicted once, from at most one window."""
    positions: int = model.config.n_positions
    nats, num_bytes = 0.0, 0
    for document in documents:
        ids = torch.from_numpy(encode(tokenizer, document).astype(np.int64))
        num_bytes += len(document.text.encode())
        for start in range(0, len(ids) - 1, positions):
            window = ids[start : start + positions + 1].to(model.device)
            nats += float(_next_token_loss(model, window[None, :-1], window[None, 1:], None, reduction="sum"))
    return nats / math.log(2) / num_bytes


def model_card(record: dict[str, Any]) -> str:
    """A Markdown page for the folder: what it is, how it was made, what it measures."""
    config, bits = record["config"], record["bits_per_byte"]
    flags = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in config.items())
    return "\n".join(
        [
            "# A small causal language model",
            "",
            f"GPT-2 type, {config['layers']} layers, width {config['width']}, {config['heads']} heads, "
            f"{config['positions']:,} positions (all trained), byte-pair vocabulary of {config['vocabulary']:,}.",
            "",
            "| | |",
            "|---|---|",
            f"| data | `{record['corpus']}`: {record['documents']['training']} documents, "
            f"{record['training_tokens']:,} tokens |",
            f"| tokens seen | {record['tokens_seen']:,} |",
            f"| wall time | {record['wall_seconds'] / 60:.0f} minutes ({record['hardware']}) |",
            *(f"| bits per byte, {name} | {value:.3f} |" for name, value in bits.items()),
            "",
            f"Held out, never trained on: {', '.join(record['documents']['held_out'])}.",
            "",
            "```",
            f"frostformer pretrain {record['corpus']} --out FOLDER {flags}",
            "```",
            "",
        ]
    )


def _train(model: nn.Module, ids: np.ndarray, checkpoint: Path, config: PretrainConfig) -> float:
    """Run every step that is still to do; returns the seconds spent, those before a kill included."""
    from tqdm import tqdm

    optimizers = _optimizers(model, config)
    identity = {"config": asdict(config), "training_text": hashlib.sha256(ids.tobytes()).hexdigest()}
    first_step, seconds = _resume(model, optimizers, checkpoint, identity)
    bar = tqdm(
        range(first_step, _steps(config)), initial=first_step, total=_steps(config), desc="pretrain", unit="step"
    )
    started = time.monotonic()
    for step in bar:
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = config.learning_rate * _learning_rate_factor(step, config)
        loss = _training_step(model, optimizers, *_batch(ids, step, config))
        if (step + 1) % 20 == 0:
            bar.set_postfix(nats_per_token=f"{float(loss):.3f}")
        if (step + 1) % CHECKPOINT_EVERY == 0 or step + 1 == _steps(config):
            spent = seconds + time.monotonic() - started
            _write_checkpoint(model, optimizers, checkpoint, {"step": step + 1, "seconds": spent} | identity)
    return seconds + time.monotonic() - started


def _training_step(
    model: nn.Module, optimizers: list[torch.optim.Optimizer], inputs: Tensor, targets: Tensor, position_ids: Tensor
) -> Tensor:
    device = next(model.parameters()).device
    loss = _next_token_loss(model, inputs.to(device), targets.to(device), position_ids.to(device))
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for optimizer in optimizers:
        optimizer.step()
        optimizer.zero_grad()
    return loss.detach()


def _next_token_loss(
    model: nn.Module, inputs: Tensor, targets: Tensor, position_ids: Tensor | None, reduction: str = "mean"
) -> Tensor:
    """Cross-entropy in nats per token; inputs, targets (B, T)."""
    with torch.autocast(inputs.device.type, dtype=torch.bfloat16):
        logits = model(input_ids=inputs, position_ids=position_ids).logits  # (B, T, vocabulary)
    return nn.functional.cross_entropy(logits.flatten(0, 1).float(), targets.flatten(), reduction=reduction)


def _batch(ids: np.ndarray, step: int, config: PretrainConfig) -> tuple[Tensor, Tensor, Tensor]:
    """(inputs, targets, position ids) of one step, each (B, T); windows are visited in a new order each epoch."""
    num_windows = (len(ids) - 1) // config.positions
    starts = epoch_order(num_windows, config.batch_size, config.seed, step) * config.positions
    windows = np.stack([ids[start : start + config.positions + 1] for start in starts]).astype(np.int64)
    position_ids = np.broadcast_to(np.arange(config.positions), (len(windows), config.positions))
    in_pieces = step < (1 - WHOLE_WINDOW_SHARE) * _steps(config)
    length = config.positions // PIECES if in_pieces else config.positions
    pieces = (array.reshape(-1, length) for array in (windows[:, :-1], windows[:, 1:], position_ids))
    inputs, targets, positions = (torch.from_numpy(np.ascontiguousarray(piece)) for piece in pieces)
    return inputs, targets, positions


def _optimizers(model: Any, config: PretrainConfig) -> list[torch.optim.Optimizer]:
    in_blocks = {id(p) for p in model.transformer.h.parameters() if p.ndim == 2}
    matrices = [p for p in model.parameters() if id(p) in in_blocks]
    others = [p for p in model.parameters() if id(p) not in in_blocks]
    return [
        torch.optim.Muon(matrices, config.learning_rate, weight_decay=0.1, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, config.learning_rate, betas=(0.9, 0.95), weight_decay=0.0, fused=True),
    ]


def _learning_rate_factor(step: int, config: PretrainConfig) -> float:
    """Linear warm-up over 100 steps, then linear to zero."""
    return min(1.0, (step + 1) / 100) * (1 - step / _steps(config))


def _steps(config: PretrainConfig) -> int:
    return max(1, config.tokens // (config.batch_size * config.positions))


def _tokenizer(out: Path, training: list[Document], config: PretrainConfig) -> Any:
    """The tokenizer of the run that goes on, or one trained anew."""
    from tokenizers import Tokenizer

    path = out / "tokenizer.json"
    if not (path.is_file() and (out / CHECKPOINT_NAME).is_file()):
        write_whole(path, train_tokenizer(training, config.vocabulary).to_str())
    return Tokenizer.from_file(str(path))


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
        raise InputError(f"{path} belongs to another configuration or another text: give another --out, or delete it")
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(tensors[f"model/{name}"])
    for i, optimizer in enumerate(optimizers):
        restore_optimizer(optimizer, tensors, f"optimizer{i}")
    return header["step"], header["seconds"]
