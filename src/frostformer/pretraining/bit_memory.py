"""The paper's bit-memory task (its Table 2).

It has its default options, fresh strings at every step, and stands between an input and an output layer that are thrown
away afterwards. It uses 120 rows of the position table and no token table.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from frostformer.data.batches import training_batches
from frostformer.errors import InputError
from frostformer.models.backbones.huggingface import HuggingFaceBackbone
from frostformer.models.model import SequenceModel
from frostformer.pretraining.config import PretrainConfig
from frostformer.pretraining.objective import BIT_MEMORY, Card, Objective, gpt2_config
from frostformer.tasks.registry import build_task
from frostformer.training.evaluation import cross_entropy, evaluate, to_device


class BitMemory(Objective):
    """Recall the hidden bits of a string, as the paper's backbone of that name did."""

    network: SequenceModel
    muon = False  # in a short trial AdamW needed fewer steps, and shorter ones: small batches, so Muon weighs

    def __init__(self, config: PretrainConfig) -> None:
        """Build the task and draw the weights, the backbone's first."""
        from transformers import GPT2Model

        self.config, self.task = config, build_task(BIT_MEMORY)
        if config.positions < self.task.shape.length:
            raise InputError(f"positions is {config.positions}: bit-memory needs at least {self.task.shape.length}")
        torch.manual_seed(config.seed)
        self.gpt2: Any = GPT2Model(gpt2_config(config, vocabulary=1, end_of_text=0))
        self.network = SequenceModel(self.task.shape, HuggingFaceBackbone(BIT_MEMORY, self.gpt2))
        self.identity = {"task_version": self.task.version}

    def loss(self, step: int) -> Tensor:
        """Nats per bit."""
        batch = next(training_batches(self.task.train, self.config.batch_size, self.config.seed, step))
        device = next(self.network.parameters()).device
        inputs, lengths, targets = to_device(batch, device)
        with torch.autocast(device.type, dtype=torch.bfloat16):
            logits = self.network(inputs, lengths)  # (B, R, G, K)
        return cross_entropy(logits, targets)

    def record(self) -> dict[str, Any]:
        """The task, and the share of right bits on its validation split."""
        metrics = evaluate(self.network, self.task.validation, batch_size=64)
        assert metrics.marked_accuracy is not None
        return {
            "task": self.task.name,
            "task_version": self.task.version,
            "trained_positions": self.task.shape.length,
            "accuracy": {"all bits": round(metrics.accuracy, 4), "hidden bits": round(metrics.marked_accuracy, 4)},
        }

    def card(self, record: dict[str, Any]) -> Card:
        """See `Objective.card`."""
        rows, trained = record["config"]["positions"], record["trained_positions"]
        return Card(
            title="A small transformer that learned bit memory",
            tables=f"{rows:,} positions (only the first {trained} trained), no vocabulary",
            data={
                "data": f"task `{record['task']}`, version {record['task_version']}: fresh strings at every step",
                "positions seen": f"{record['tokens_seen']:,}",
            },
            scores={f"validation accuracy, {name}": f"{100 * x:.2f} %" for name, x in record["accuracy"].items()},
            note="It reads vectors: its one token is a placeholder, and the layers it was trained between were thrown "
            "away. Guessing gets 50 % of the hidden bits.",
        )

    def save(self, out: Path) -> None:
        """See `Objective.save`; a token table of one row of zeros, since the format wants one."""
        table = nn.Embedding(1, self.config.width)
        nn.init.zeros_(table.weight)
        self.gpt2.set_input_embeddings(table)
        self.gpt2.half().save_pretrained(out)
