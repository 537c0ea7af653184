"""What a backbone is: a module from (B, T, D) to (B, T, D) that tells the group of each of its parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

Group = Literal["layer_norm", "position", "attention", "feedforward", "lora", "fixed"]
"""`fixed` are norms and tables that get no gradient, such as sinusoids: they can never train."""


@dataclass(frozen=True)
class Probe:
    """What a backbone was found to be."""

    causal: bool
    """Whether a position sees only itself and earlier ones."""

    obeys_padding: bool
    """Whether padding on the right, whatever stands in it, changes nothing at real positions."""

    draws_in_training: bool
    """Whether two passes in training differ."""

    first_reaches_last: bool
    """Whether the output at the last of a few positions depends on the input at the first."""

    gradient_at_small: float | None
    """Norm of the gradient at inputs of deviation 0.001, as a multiple of that at deviation 1; None if not finite."""

    gradient_at_zero: float | None
    """The same where every input is zero."""


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

    probe: Probe
    """What was found by running it."""

    token_deviation: float = 0.02
    """Standard deviation of the vectors of tokens that it learned with; that of most families before training."""

    groups: dict[str, Group]
    """The group of every parameter that it had when it was built, by name."""

    matrices: list[str] | None = None
    """Paths of the matrices that are called in a pass, see `kernels.matrices`; None until somebody has looked."""

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
        """The group of every parameter that it has now, by its name; low-rank updates are added after it was built."""
        return {name: _group(name, self.groups) for name, _ in self.named_parameters()}

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
    # not `take_along_dim`, with which an exported model takes one batch size and one length only
    return hidden.gather(1, positions[:, :, None].expand(-1, -1, hidden.shape[2]))


def mean_real(hidden: Tensor, lengths: Tensor) -> Tensor:
    """(B, T, D) -> (B, 1, D) float32: the mean over the real positions of each sequence, never a padded one."""
    is_real = torch.arange(hidden.shape[1], device=lengths.device) < lengths[:, None]  # (B, T)
    # replaced, not multiplied by zero: what lies in padded positions may be infinite
    total = hidden.float().masked_fill(~is_real[:, :, None], 0.0).sum(dim=1, keepdim=True)
    return total / lengths.clamp(min=1)[:, None, None]


def is_conv1d(module: nn.Module) -> bool:
    """Whether a module is the linear layer of `transformers` with a transposed weight, (in, out), as GPT-2 has."""
    return type(module).__name__ == "Conv1D"


def _group(name: str, groups: dict[str, Group]) -> Group:
    parts = name.split(".")
    if "lora_A" in parts or "lora_B" in parts:  # as peft names the matrices it adds
        return "lora"
    return groups[name.replace(".base_layer.", ".")]  # as peft names the matrix beside them
