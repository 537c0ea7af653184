"""Pretraining on the paper's bit-memory task (Lu et al. 2021, Table 2).

The task has its default options, and every step draws new strings. The backbone is trained between an input layer and
an output layer that are not kept. The inputs are vectors, so the token table is not used. They have 120 positions, so
only the first 120 rows of the position table are used.
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
from frostformer.training.batch import to_device
from frostformer.training.evaluation import evaluate


class BitMemory(Objective):
    """Recall the hidden bits of a string, as the paper's backbone "bit memory" did."""

    network: SequenceModel
    muon = False  # in a short trial AdamW needed fewer steps, and a step of small batches takes longer with Muon

    def __init__(self, config: PretrainConfig) -> None:
        """Build the task and draw the weights: first the backbone's, then those of the input and output layers."""
        from transformers import GPT2Model

        self.config, self.task = config, build_task(BIT_MEMORY)
        if config.positions < self.task.shape.length:
            raise InputError(f"positions is {config.positions}: give at least {self.task.shape.length} for bit-memory")
        torch.manual_seed(config.seed)
        self.gpt2: Any = GPT2Model(gpt2_config(config, vocabulary=1, end_of_text=0))
        self.network = SequenceModel(self.task.shape, HuggingFaceBackbone(BIT_MEMORY, self.gpt2))
        self.identity = {"task_version": self.task.version}

    def loss(self, step: int) -> Tensor:
        """Mean cross-entropy in nats per bit over the strings of one step."""
        drawn = next(training_batches(self.task.train, self.config.batch_size, self.config.seed, step))
        device = next(self.network.parameters()).device
        batch = to_device(drawn, self.task.scoring, device)
        with torch.autocast(device.type, dtype=torch.bfloat16):
            logits = self.network(batch.inputs, batch.lengths)  # (B, R, G, K)
        return batch.mean(self.task.scoring.losses(logits, batch.encoded))

    def record(self) -> dict[str, Any]:
        """The task, and the accuracy on its validation split over all bits and over the hidden bits."""
        found = evaluate(self.network, self.task.validation, self.task.scoring, batch_size=64).metrics
        return {
            "task": self.task.name,
            "task_version": self.task.version,
            "trained_positions": self.task.shape.length,
            "accuracy": {"all bits": round(found["accuracy"], 4), "hidden bits": round(found["marked_accuracy"], 4)},
        }

    def card(self, record: dict[str, Any]) -> Card:
        """See `Objective.card`."""
        rows, trained = record["config"]["positions"], record["trained_positions"]
        return Card(
            title="A small transformer that learned bit memory",
            tables=f"{rows:,} positions (only the first {trained} trained), no vocabulary",
            data={
                "data": f"task `{record['task']}`, version {record['task_version']}: new strings at every step",
                "positions seen": f"{record['tokens_seen']:,}",
            },
            scores={f"validation accuracy, {name}": f"{100 * x:.2f} %" for name, x in record["accuracy"].items()},
            note="The model was trained on vectors; its one token is only a placeholder. The input and output layers "
            "that it was trained with were not kept. Guessing gets 50 % of the hidden bits.",
        )

    def save(self, out: Path) -> None:
        """See `Objective.save`. The token table gets one row of zeros, since the file format needs a token table."""
        table = nn.Embedding(1, self.config.width)
        nn.init.zeros_(table.weight)
        self.gpt2.set_input_embeddings(table)
        self.gpt2.half().save_pretrained(out)
