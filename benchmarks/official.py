"""The paper's recipe as its authors ran it in 2021, written on today's libraries: what speed-ups are measured against.

GPT-2's tanh GELU in its Python form, eager attention, dropout 0.1, an Adam that is handed every parameter, gradients
clipped over every parameter, and the loss brought to the host in every step. Batches are those of the case; the
paper's had 2 to 16 sequences.

B batch, T positions, C channels, D width, R read positions, G predictions per position, K classes.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.cases import Case, made_up_batches
from benchmarks.clock import Block, timed
from frostformer.models.backbones.finding import EMBEDDED
from frostformer.models.backbones.shapes import known_shape
from frostformer.tasks.scoring.classification import Classification
from frostformer.tasks.shape import TaskShape
from frostformer.training.batch import to_device
from frostformer.training.devices import choose_device

DROPOUT = 0.1
_IN_2021 = {"activation_function": "gelu_new"} | dict.fromkeys(("embd_pdrop", "attn_pdrop", "resid_pdrop"), DROPOUT)


class PlainModel(nn.Module):
    """A whole GPT-2 between two new layers, as one writes it with the library alone."""

    def __init__(self, shape: TaskShape, gpt2: Any, dropout: float) -> None:
        super().__init__()
        width = gpt2.config.n_embd
        first = nn.Embedding if shape.input_kind == "tokens" else nn.Linear
        self.shape, self.gpt2 = shape, gpt2
        self.input_layer = nn.Sequential(first(shape.channels, width), nn.Dropout(dropout))
        self.output_layer = nn.Linear(width, shape.predictions * shape.classes)

    def forward(self, inputs: Tensor) -> Tensor:
        """(B, T) or (B, T, C) -> (B, R, G, K), read at the last positions: no sequence is padded."""
        hidden = self.gpt2(inputs_embeds=self.input_layer(inputs)).last_hidden_state  # (B, T, D)
        logits: Tensor = self.output_layer(hidden[:, -self.shape.read_positions :])  # (B, R, G * K)
        return logits.view(*logits.shape[:2], self.shape.predictions, self.shape.classes)


def fresh_gpt2(name: str, attention: str | None = None, **changes: Any) -> Any:
    """The library's GPT-2 in the size of a backbone, with its token table.

    Args:
        name: `embedded`, a name of `shapes.KNOWN`, or a folder with a config.json.
        attention: the library's name of an implementation; its own choice if not given.
        changes: entries of the configuration.
    """
    import transformers

    if shape := known_shape(name):
        config = transformers.AutoConfig.for_model(shape.model_type, **shape.sizes)
    else:
        folder = str(files("frostformer.models.backbones") / EMBEDDED) if name == EMBEDDED else name
        config = transformers.AutoConfig.from_pretrained(folder)
    # a cache would cost a copy of keys and values, which the model of 2021 did not make
    config.update({"use_cache": False, "dtype": "float32"} | changes)
    return transformers.AutoModel.from_config(config, attn_implementation=attention)


def freeze(gpt2: Any) -> None:
    """Let the paper's groups alone train: norms and positions."""
    for name, parameter in gpt2.named_parameters():
        parameter.requires_grad_("ln_" in name or "wpe" in name)


def official_model(case: Case) -> PlainModel:
    """The model, with the paper's groups alone to be trained."""
    gpt2 = fresh_gpt2(case.config.backbone, "eager", **_IN_2021)
    freeze(gpt2)
    return PlainModel(case.shape, gpt2, DROPOUT)


def official(case: Case) -> Block:
    """Blocks of the official training step."""
    device = choose_device(case.config.device)[0]
    return timed(official_step(official_model(case).to(device).train(), case, device), device)


def official_step(model: PlainModel, case: Case, device: torch.device) -> Callable[[], float]:
    """One training step after the other; each returns its loss."""
    optimizer = torch.optim.Adam(model.parameters(), case.config.learning_rate)
    batches = made_up_batches(case)

    def step() -> float:
        batch = to_device(next(batches), Classification(), device)
        loss = nn.functional.cross_entropy(model(batch.inputs).flatten(0, -2), batch.encoded.flatten())
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), case.config.gradient_clip)
        optimizer.step()
        return loss.detach().cpu().item()

    return step
