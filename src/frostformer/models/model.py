"""The model: input layer -> backbone -> read-out of the last R real positions -> output layer (Lu et al., figure 2).

B batch, T positions, C channels of an input vector, D width, R read positions, G predictions per position, K outputs.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from frostformer.errors import InputError
from frostformer.models.backbones.backbone import Backbone
from frostformer.tasks.shape import TaskShape

ORTHOGONAL_GAIN = 1.41  # of the linear input layer, as in the official code
MOST_AT_ZERO = 100  # of `Probe.gradient_at_zero`; the position tables of GPT-2 and BERT keep it at 50 or below


class SequenceModel(nn.Module):
    """A backbone with an input and an output layer made new for one task."""

    precision: str = "fp32"
    """Precision of the backbone's matrix products; `bf16` rounds what goes into them, all else stays float32."""

    def __init__(self, shape: TaskShape, backbone: Backbone, dropout: float = 0.0) -> None:
        """Draw the two new layers from torch's generator; dropout sits behind a linear input layer only."""
        super().__init__()
        if backbone.max_length is not None and shape.length > backbone.max_length:
            raise InputError(
                f"the task has {shape.length} positions, backbone '{backbone.name}' has only {backbone.max_length}: "
                "add `--extend-positions`, or choose a backbone with more positions or a shorter task"
            )
        self.shape = shape
        self.input_layer = _input_layer(shape, backbone, dropout)
        self.backbone = backbone
        self.output_layer = nn.Linear(backbone.output_width, shape.predictions * shape.classes)

    def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """Logits (B, R, G, K) of inputs (B, T) or (B, T, C) whose first `lengths` (B,) positions are real."""
        return self.read_out(self.features(inputs, lengths))

    def features(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """(B, R, D): what the backbone gives at the read positions."""
        embeddings = self.input_layer(inputs)  # (B, T, D)
        with torch.autocast(embeddings.device.type, torch.bfloat16, enabled=self.precision == "bf16"):
            return self.backbone.read(embeddings, lengths, self.shape.read_positions).float()

    def read_out(self, features: Tensor) -> Tensor:
        """Logits (B, R, G, K) of features (B, R, D)."""
        logits: Tensor = self.output_layer(features.flatten(0, 1))  # (B * R, G * K)
        return logits.view(*features.shape[:2], self.shape.predictions, self.shape.classes)


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
