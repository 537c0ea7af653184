"""The model: input layer -> backbone -> read-out of the last R real positions -> output layer (Lu et al., figure 2).

By option the read-out is the mean over all real positions instead; R is then 1.

B batch, T positions, C channels of an input vector, D width, R read positions, G predictions per position, K outputs.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from frostformer.config import ReadOut
from frostformer.errors import InputError
from frostformer.models.backbones.backbone import Backbone, mean_real
from frostformer.models.kernels.tf32 import tf32_products
from frostformer.tasks.shape import TaskShape

ORTHOGONAL_GAIN = 1.41  # of the linear input layer, as in the official code
MOST_AT_ZERO = 100  # of `Probe.gradient_at_zero`; the position tables of GPT-2 and BERT keep it at 50 or below


class SequenceModel(nn.Module):
    """A backbone with an input and an output layer made new for one task."""

    precision: str = "fp32"
    """Precision of the backbone's matrix products: `bf16` rounds what goes into them, and all else stays float32;
    `tf32` rounds what goes into all products of the backward pass, too."""

    def __init__(self, shape: TaskShape, backbone: Backbone, dropout: float = 0.0, read_out: ReadOut = "last") -> None:
        """Draw the two new layers from torch's generator; dropout sits behind a linear input layer only."""
        super().__init__()
        check_read_out(read_out, shape)
        if backbone.max_length is not None and shape.length > backbone.max_length:
            raise InputError(
                f"the task has {shape.length} positions, backbone '{backbone.name}' has only {backbone.max_length}: "
                "add `--extend-positions`, or choose a backbone with more positions or a shorter task"
            )
        self.shape, self.read_out = shape, read_out
        self.input_layer = _input_layer(shape, backbone, dropout)
        self.backbone = backbone
        self.output_layer = nn.Linear(backbone.output_width, shape.predictions * shape.classes)

    def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """Logits (B, R, G, K) of inputs (B, T) or (B, T, C) whose first `lengths` (B,) positions are real."""
        return self.answer(self.features(inputs, lengths))

    def features(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """(B, R, D): what the backbone gives at the read positions, or the mean over all real ones, (B, 1, D)."""
        embeddings = self.input_layer(inputs)  # (B, T, D)
        in_bf16 = torch.autocast(embeddings.device.type, torch.bfloat16, enabled=self.precision == "bf16")
        with in_bf16, tf32_products(self.precision == "tf32"):
            if self.read_out == "mean":
                return mean_real(self.backbone(embeddings, lengths), lengths)
            return self.backbone.read(embeddings, lengths, self.shape.read_positions).float()

    def answer(self, features: Tensor) -> Tensor:
        """Logits (B, R, G, K) of features (B, R, D)."""
        logits: Tensor = self.output_layer(features.flatten(0, 1))  # (B * R, G * K)
        return logits.view(*features.shape[:2], self.shape.predictions, self.shape.classes)


def check_read_out(read_out: ReadOut, shape: TaskShape) -> None:
    """Refuse the mean over all positions where a sequence is read at several of them, each for answers of its own."""
    if read_out == "mean" and (shape.read_positions > 1 or shape.per_position):
        where = "each position" if shape.per_position else f"the last {shape.read_positions:,} positions"
        raise InputError(f"read_out mean is one vector for a sequence, but this task is read at {where}: use last")


def _input_layer(shape: TaskShape, backbone: Backbone, dropout: float) -> nn.Module:
    """The official code's, but for a bias where vectors of zeros, such as black patches, would make gradients explode.

    A backbone that adds neither positions nor biases keeps a vector of zeros as it is, and each of its norms multiplies
    the gradient there by 1/sqrt(epsilon). A bias as large as the tokens it knows prevents that.
    """
    if shape.input_kind == "tokens":
        return nn.Embedding(shape.channels, backbone.width)  # N(0, 1), as in the official code
    linear = nn.Linear(shape.channels, backbone.width)
    nn.init.orthogonal_(linear.weight, ORTHOGONAL_GAIN)
    at_zero = backbone.probe.gradient_at_zero
    if at_zero is None or at_zero > MOST_AT_ZERO:
        nn.init.normal_(linear.bias, std=backbone.token_deviation)
    else:
        nn.init.zeros_(linear.bias)
    return nn.Sequential(linear, nn.Dropout(dropout))
