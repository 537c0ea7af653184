"""What a backbone is: a module from (B, T, D) to (B, T, D) that tells the group of each of its parameters."""

from __future__ import annotations

import re
from typing import Literal

import torch
from torch import Tensor, nn

Group = Literal["layer_norm", "position", "attention", "feedforward", "lora"]

_NORM_CLASS = re.compile(r"(LayerNorm|RMSNorm(Gated)?)$")
_MIXING_CLASS = re.compile(r"Attention|Attn|Mixer")


class Backbone(nn.Module):
    """What stands between the input layer and the output layer."""

    name: str
    """How the user named it, for messages."""

    width: int
    """D of the vectors that go in."""

    output_width: int
    """D of the vectors that come out; the same as `width` in nearly every family."""

    max_length: int | None
    """The most positions that it takes; None if nothing limits them."""

    causal: bool
    """Whether a position sees only itself and earlier ones; padding on the right then needs no mask."""

    obeys_padding: bool = True
    """Whether padding on the right changes nothing at real positions."""

    draws_in_training: bool = False
    """Whether a forward pass in training is random although dropout is 0."""

    def forward(self, embeddings: Tensor, lengths: Tensor) -> Tensor:
        """(B, T, D) embeddings and (B,) real lengths to (B, T, D); what lies in padded positions is arbitrary."""
        raise NotImplementedError

    def read(self, embeddings: Tensor, lengths: Tensor, count: int) -> Tensor:
        """(B, T, D) to (B, R, D): what `forward` gives at the last `count` real positions of each sequence."""
        return last_real(self(embeddings, lengths), lengths, count)

    def architecture(self) -> str:
        """What its output depends on besides its tensors, as text for the fingerprint."""
        raise NotImplementedError

    def parameter_groups(self) -> dict[str, Group]:
        """The group of every parameter, by its name."""
        raise NotImplementedError

    @property
    def num_blocks(self) -> int:
        """L, the number of blocks."""
        raise NotImplementedError

    def depth_of(self, parameter: str) -> int:
        """Where a parameter lies: 0 before the first block, 1 to L in that block, L + 1 behind the last."""
        raise NotImplementedError


def last_real(hidden: Tensor, lengths: Tensor, count: int) -> Tensor:
    """(B, T, D) -> (B, count, D): the last `count` real positions of each sequence, never a padded one.

    A sequence of fewer positions gives its first one several times; the repeated ones are not scored.
    """
    positions = (lengths[:, None] - count + torch.arange(count, device=lengths.device)).clamp(min=0)  # (B, R)
    return hidden.take_along_dim(positions[:, :, None], dim=1)


def is_conv1d(module: nn.Module) -> bool:
    """Whether a module is the linear layer of `transformers` with a transposed weight, (in, out), as GPT-2 has."""
    return type(module).__name__ == "Conv1D"


def groups_by_structure(model: nn.Module) -> dict[str, Group]:
    """The group of every parameter of a transformer, told by the classes of the modules it lies in, not by its name.

    Norms are recognised by class name (`nn.LayerNorm` as a type would miss T5's and every RMSNorm); every remaining
    embedding table is a position (absolute, relative or segment) table, since the token table is gone.
    """
    modules = dict(model.named_modules())
    groups: dict[str, Group] = {}
    for name, _ in model.named_parameters():
        path = name.rpartition(".")[0]
        owner = modules[path]
        parts = path.split(".")
        around = [type(modules[".".join(parts[:i])]).__name__ for i in range(1, len(parts) + 1)]
        if "lora_A" in parts or "lora_B" in parts:  # as peft names the matrices it adds
            groups[name] = "lora"
        elif _NORM_CLASS.search(type(owner).__name__):
            groups[name] = "layer_norm"
        elif isinstance(owner, nn.Embedding):
            groups[name] = "position"
        elif any(_MIXING_CLASS.search(class_name) for class_name in around):
            groups[name] = "attention"
        else:
            groups[name] = "feedforward"
    return groups
