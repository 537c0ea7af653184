"""The same training with PEFT and the Hugging Face Trainer: tuned layer norms, new input and output layers."""

from __future__ import annotations

import time
import warnings
from itertools import islice
from tempfile import gettempdir
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.cases import BATCHES, Case, made_up_batches
from benchmarks.clock import Block, wait
from benchmarks.official import PlainModel, fresh_gpt2
from frostformer.errors import InputError
from frostformer.tasks.scoring.classification import Classification
from frostformer.training.batch import to_device
from frostformer.training.devices import choose_device


class Labelled(nn.Module):
    """A model whose forward pass ends with the loss, as the Trainer wants it."""

    def __init__(self, model: PlainModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, inputs: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Inputs (B, T) or (B, T, C), labels (B, R, G)."""
        return {"loss": nn.functional.cross_entropy(self.model(inputs).flatten(0, -2), labels.flatten())}


def peft_model(case: Case) -> Labelled:
    """PEFT's layer-norm tuning of the library's GPT-2, without dropout as in our runs, between two new layers."""
    try:
        import peft
    except ImportError:
        raise InputError("needs the package peft: `pip install frostformer[lora]`") from None
    gpt2 = fresh_gpt2(case.config.backbone, embd_pdrop=0.0, attn_pdrop=0.0, resid_pdrop=0.0)
    model = PlainModel(case.shape, gpt2, dropout=0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of nn.LayerNorm as of a strange layer, and calls what is deprecated
        model.gpt2 = peft.get_peft_model(gpt2, peft.LNTuningConfig())
    return Labelled(model)


def peft_trainer(case: Case) -> Block:
    """Blocks of the Trainer's steps, timed from the end of one extra step, so without what `train` does before it."""
    import transformers

    device = choose_device(case.config.device)[0]
    arguments = transformers.TrainingArguments(
        gettempdir(),  # nothing is written there
        per_device_train_batch_size=case.config.batch_size,
        learning_rate=case.config.learning_rate,
        lr_scheduler_type="constant",
        max_grad_norm=case.config.gradient_clip,
        remove_unused_columns=False,
        use_cpu=device.type == "cpu",
        dataloader_pin_memory=device.type != "cpu",
        disable_tqdm=True,
        report_to="none",
        save_strategy="no",
        logging_strategy="no",
    )
    ends: list[float] = []
    clock = _note_step_ends(ends, device)
    trainer = transformers.Trainer(peft_model(case), arguments, train_dataset=_examples(case), callbacks=[clock])
    trainer.remove_callback(transformers.PrinterCallback)

    def block(steps: int) -> float:
        arguments.max_steps = steps + 1
        ends.clear()
        trainer.train()
        return ends[-1] - ends[0]

    return block


def _note_step_ends(ends: list[float], device: torch.device) -> Any:
    import transformers

    class Clock(transformers.TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, *_: Any, **__: Any) -> None:
            wait(device)
            ends.append(time.perf_counter())

    return Clock()


def _examples(case: Case) -> list[dict[str, Tensor]]:
    batches = islice(made_up_batches(case), BATCHES)
    moved = [to_device(batch, Classification(), torch.device("cpu")) for batch in batches]
    return [
        {"inputs": inputs, "labels": targets}
        for batch in moved
        for inputs, targets in zip(batch.inputs, batch.encoded, strict=True)
    ]
