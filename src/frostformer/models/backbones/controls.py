"""Controls without a transformer: what the input and output layer do alone, and what one attention layer adds.

B batch, T positions, D width, H heads.
"""

from __future__ import annotations

import json

import torch
from torch import Tensor, nn

from frostformer.errors import InputError
from frostformer.models.backbones.backbone import Backbone
from frostformer.models.backbones.probe import probe
from frostformer.models.backbones.structure import find_groups

POSITIONS = 1024  # rows of the position table, as many as GPT-2's
HEAD_WIDTH = 64


class _Control(Backbone):
    """A backbone of any width, whose number of layers cannot be chosen."""

    def __init__(self, name: str, width: int, layers: int | None) -> None:
        super().__init__()
        if layers is not None:
            raise InputError(f"backbone '{name}' has no layers to choose: leave the number of layers out")
        self.name, self.width, self.output_width = name, width, width


class Identity(_Control):
    """No backbone: the input layer's vectors go straight to the output layer, which sees the read positions alone."""

    def __init__(self, name: str, width: int = 768, layers: int | None = None, dropout: float = 0.0) -> None:
        """There is nothing to drop; `dropout` is a parameter only so that all controls are built alike."""
        super().__init__(name, width, layers)
        self.max_length, self.causal = None, True
        self.probe, self.groups = probe(self), {}

    def forward(self, embeddings: Tensor, lengths: Tensor) -> Tensor:
        """(B, T, D), (B,) -> the same (B, T, D)."""
        return embeddings

    def architecture(self) -> str:
        """Its kind and width."""
        return json.dumps({"backbone": "identity", "width": self.width})

    def depth_of(self, parameter: str) -> int:
        """Never asked, since there are no parameters."""
        raise KeyError(parameter)

    @property
    def num_blocks(self) -> int:
        """No blocks."""
        return 0


class OneAttention(_Control):
    """Positions and one layer of bidirectional attention, the control of Tan et al. 2024 (arXiv 2406.16964)."""

    def __init__(self, name: str, width: int = 768, layers: int | None = None, dropout: float = 0.0) -> None:
        """Draw from torch's generator; dropout sits behind the attention."""
        super().__init__(name, width, layers)
        self.max_length, self.causal = POSITIONS, False
        self.positions = nn.Embedding(POSITIONS, width)
        self.attention_norm = nn.LayerNorm(width)
        self.attention = _SelfAttention(width)
        self.dropout = nn.Dropout(dropout)
        self.final_norm = nn.LayerNorm(width)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.probe, self.groups = probe(self), find_groups(self, [])

    def forward(self, embeddings: Tensor, lengths: Tensor) -> Tensor:
        """(B, T, D), (B,) -> (B, T, D)."""
        positions = embeddings.shape[1]
        # (B, T); computed even where nothing is padded, since a check would wait for the device
        is_real = torch.arange(positions, device=lengths.device) < lengths[:, None]
        hidden = embeddings + self.positions(torch.arange(positions, device=embeddings.device)[None])  # (1, T, D)
        hidden = hidden + self.dropout(self.attention(self.attention_norm(hidden), is_real))
        normed: Tensor = self.final_norm(hidden)
        return normed

    def architecture(self) -> str:
        """Its kind, width and number of heads."""
        return json.dumps({"backbone": "one-attention", "width": self.width, "heads": self.attention.heads})

    def depth_of(self, parameter: str) -> int:
        """0 for the positions, 1 for the attention and its norm, 2 for the norm behind them."""
        return {"positions": 0, "attention_norm": 1, "attention": 1, "final_norm": 2}[parameter.split(".")[0]]

    @property
    def num_blocks(self) -> int:
        """One."""
        return 1


CONTROLS: dict[str, type[Identity | OneAttention]] = {"identity": Identity, "one-attention": OneAttention}


class _SelfAttention(nn.Module):
    """Bidirectional multi-head attention; by its class name `find_groups` knows its parameters' group."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = next(heads for heads in range(max(1, width // HEAD_WIDTH), 0, -1) if width % heads == 0)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)

    def forward(self, hidden: Tensor, is_real: Tensor) -> Tensor:
        """(B, T, D) and which of the (B, T) positions may be attended to -> (B, T, D)."""
        split = self.query_key_value(hidden).unflatten(-1, (3, self.heads, -1))  # (B, T, 3, H, D / H)
        query, key, value = split.permute(2, 0, 3, 1, 4)  # (B, H, T, D / H) each
        mask = is_real[:, None, None, :]  # (B, 1, 1, T): the same for every head and query
        attended = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)  # (B, H, T, D / H)
        output: Tensor = self.output(attended.transpose(1, 2).flatten(2))
        return output
