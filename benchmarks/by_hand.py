"""The frozen loop that one would write oneself today: the library's GPT-2 with its own attention, AdamW, no dropout.

Only what trains is handed to the optimizer, and the loss stays on the device: what most people would do, no more.
"""

from __future__ import annotations

import torch
from torch import nn

from benchmarks.cases import Case, made_up_batches
from benchmarks.clock import Block, timed
from benchmarks.official import PlainModel, freeze, fresh_gpt2
from frostformer.tasks.scoring.classification import Classification
from frostformer.training.batch import to_device
from frostformer.training.devices import choose_device


def by_hand(case: Case) -> Block:
    """Blocks of its training step."""
    device = choose_device(case.config.device)[0]
    gpt2 = fresh_gpt2(case.config.backbone, embd_pdrop=0.0, attn_pdrop=0.0, resid_pdrop=0.0)
    freeze(gpt2)
    model = PlainModel(case.shape, gpt2, dropout=0.0).to(device).train()
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer, batches = torch.optim.AdamW(trained, case.config.learning_rate), made_up_batches(case)

    def step() -> None:
        batch = to_device(next(batches), Classification(), device)
        loss = nn.functional.cross_entropy(model(batch.inputs).flatten(0, -2), batch.encoded.flatten())
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(trained, case.config.gradient_clip)
        optimizer.step()
        optimizer.zero_grad()

    return timed(step, device)
