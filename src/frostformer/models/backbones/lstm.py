"""The layer-normalised LSTM baselines of Lu et al. 2021 (arXiv 2103.05247, section 3.3 and tables 3 to 5).

B batch, T positions, D width (input and hidden state are of one size), L layers.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from frostformer.models import compat
from frostformer.models.backbones.backbone import Backbone
from frostformer.models.backbones.probe import probe
from frostformer.models.backbones.structure import find_groups


@dataclass(frozen=True)
class LSTMShape:
    """The properties in which the LSTMs differ."""

    layers: int
    """L, the number of layers, one on top of the other."""

    residual: bool = False
    """Whether each layer's input is added to its output."""

    positions: int | None = None
    """Rows of a trained position table that is added to the input; None: no table."""

    quirks: bool = False
    """Whether it departs from the equations where the paper's official code does; see `LSTMBackbone`."""


LSTMS = {
    "lstm": LSTMShape(layers=3),
    "lstm-2021": LSTMShape(layers=3, quirks=True),
    "lstm-residual": LSTMShape(layers=12, residual=True),
    "lstm-star": LSTMShape(layers=12, residual=True, positions=1024),  # the paper's LSTM*
}


class LSTMBackbone(Backbone):
    """A stack of layer-normalised LSTM layers, drawn from torch's generator.

    Norms start at gain 1 and bias 0, every sequence at zero states. With the quirks of the official code, norms are
    `OfficialLayerNorm`, gains and biases are both uniform in +-1/sqrt(size of the norm), each position hands the
    normalised cell state to the next, and every forward pass in training draws the states it starts from, with
    deviation 1/sqrt(D). In evaluation all sequences start from one fixed draw, so that batch mates never change a
    prediction. In two things this departs from the official code: that code draws in evaluation too, and its dropout
    is inside the recurrence of every layer.
    """

    def __init__(self, name: str, width: int = 768, layers: int | None = None, dropout: float = 0.0) -> None:
        """Draw the LSTM `name` of `LSTMS`; `layers` overrides its number of layers."""
        super().__init__()
        shape = LSTMS[name] if layers is None else replace(LSTMS[name], layers=layers)
        self.shape = shape
        self.name, self.width, self.output_width = name, width, width
        self.max_length, self.causal = shape.positions, True
        self.positions = nn.Embedding(shape.positions, width) if shape.positions else None
        self.layers = nn.ModuleList(_LSTMLayer(width, shape.quirks) for _ in range(shape.layers))
        self.dropout = nn.Dropout(dropout)
        self.register_buffer("first_states", _first_states(shape, width))  # a buffer: in the fingerprint, moved along
        if self.positions is not None:
            nn.init.normal_(self.positions.weight, std=0.02)
        if shape.quirks:
            _draw_norms(self)
        self.probe = probe(self)
        self.groups = find_groups(self, list(self.layers))  # both matrices of a layer count as feed-forward

    def forward(self, embeddings: Tensor, lengths: Tensor) -> Tensor:
        """(B, T, D), (B,) -> (B, T, D); causal, so that padding on the right needs no mask."""
        first: Tensor = self.get_buffer("first_states")  # (L, 2, D)
        first = first[:, :, None].expand(-1, -1, len(embeddings), -1)  # (L, 2, B, D)
        if self.shape.quirks and self.training:
            first = torch.randn_like(first) * self.width**-0.5
        hidden = embeddings
        if self.positions is not None:
            hidden = hidden + self.positions(torch.arange(hidden.shape[1], device=hidden.device)[None])  # (1, T, D)
        for number, layer in enumerate(self.layers):
            output = layer(hidden, *first[number])  # (B, T, D)
            if number < self.num_blocks - 1:  # like torch.nn.LSTM, not behind the last layer
                output = self.dropout(output)
            hidden = hidden + output if self.shape.residual else output
        return hidden

    def architecture(self) -> str:
        """The shape, with the number of layers it really has, and which norms are not torch's."""
        norms = {"norm": "official"} if self.shape.quirks else {}
        return json.dumps({"backbone": "lstm", "width": self.width, **asdict(self.shape), **norms}, sort_keys=True)

    def depth_of(self, parameter: str) -> int:
        """0 for the position table, else the layer's number from 1."""
        return 0 if parameter.startswith("positions.") else 1 + int(parameter.split(".")[1])

    @property
    def num_blocks(self) -> int:
        """L, the number of layers."""
        return len(self.layers)


class OfficialLayerNorm(nn.LayerNorm):
    """Layer norm as in the official code: epsilon is 1e-6, and the variance is divided by n - 1 instead of n."""

    def __init__(self, size: int) -> None:
        """A norm over vectors of `size` numbers."""
        super().__init__(size, eps=1e-6)

    def forward(self, vectors: Tensor) -> Tensor:
        """(..., size) -> the same shape."""
        size = vectors.shape[-1]
        share = (size - 1) / size  # of their variance, torch's is this share
        return functional.layer_norm(vectors, (size,), self.weight * share**0.5, self.bias, self.eps * share)


class _LSTMLayer(nn.Module):
    """One layer. Norms act on what input and hidden state give to the gates, and on the cell state that is output."""

    def __init__(self, width: int, quirks: bool) -> None:
        super().__init__()
        # nn.Linear draws from +-1/sqrt(D), as torch.nn.LSTM does. The norms' biases do not replace the matrices':
        # without these a norm sees zero variance where input or state is zero, and gradients grow by 1/sqrt(epsilon)
        self.from_input = nn.Linear(width, 4 * width)
        self.from_hidden = nn.Linear(width, 4 * width)
        self.hands_on_normalised = quirks
        norm = OfficialLayerNorm if quirks else nn.LayerNorm
        self.input_norm = norm(4 * width)
        self.hidden_norm = norm(4 * width)
        self.cell_norm = norm(width)

    def forward(self, inputs: Tensor, hidden: Tensor, cell: Tensor) -> Tensor:
        """(B, T, D) inputs and the initial (B, D) states -> hidden states (B, T, D)."""
        gates = self.input_norm(self.from_input(inputs))  # (B, T, 4D), as one product outside the loop
        if torch.compiler.is_exporting():  # a loop of any number of positions, where Python's has as many as it saw
            return compat.scan(self._step, (hidden, cell), gates)
        outputs, states = [], (hidden, cell)
        for from_input in gates.unbind(dim=1):  # indexing would make backward quadratic in T
            states = self._step(states, from_input)
            outputs.append(states[0])
        return torch.stack(outputs, dim=1)

    def _step(self, states: tuple[Tensor, Tensor], from_input: Tensor) -> tuple[Tensor, Tensor]:
        """Hidden and cell state, (B, D) each, and the input's gates (B, 4D) at a position -> the states behind it."""
        hidden, cell = states
        gates = from_input + self.hidden_norm(self.from_hidden(hidden))  # (B, 4D)
        take, keep, new, show = gates.chunk(4, dim=-1)  # (B, D) each: input, forget, cell, output
        cell = keep.sigmoid() * cell + take.sigmoid() * new.tanh()
        normalised = self.cell_norm(cell)
        return show.sigmoid() * normalised.tanh(), normalised if self.hands_on_normalised else cell


def _first_states(shape: LSTMShape, width: int) -> Tensor:
    """(L, 2, D): hidden and cell state of each layer before the first position, from a generator of their own."""
    size = (shape.layers, 2, width)
    if not shape.quirks:
        return torch.zeros(size)
    drawn = torch.randn(size, generator=torch.Generator().manual_seed(0), device="cpu")
    return drawn / math.sqrt(width)


@torch.no_grad()
def _draw_norms(model: nn.Module) -> None:
    for module in model.modules():
        if isinstance(module, nn.LayerNorm):
            for parameter in module.parameters():
                bound = len(parameter) ** -0.5
                parameter.uniform_(-bound, bound)
