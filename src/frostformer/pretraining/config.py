"""The settings of a pretraining as one frozen dataclass. This file does not import torch, so that `--help` is fast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from frostformer.config import MOST_SEED, above_zero, check_types
from frostformer.errors import InputError, check_range

Objective = Literal["language", "bit-memory"]
_MOST = {
    "layers": 1000,
    "width": 2**16,
    "heads": 2**16,
    "positions": 2**20,
    "tokens": 10**15,
    "batch_size": 2**20,
    "seed": MOST_SEED,
}


@dataclass(frozen=True)
class PretrainConfig:
    """One pretraining of a small GPT-2. The defaults fit a laptop.

    The embedded backbone was made with `tokens=160_000_000` and `batch_size=32` on a GPU.
    """

    objective: Objective = "language"
    """What is learned. `language`: the next token of a text. `bit-memory`: the paper's task of that name (Table 2)."""

    layers: int = 6
    """Transformer blocks."""

    width: int = 256
    """Channels of the residual stream, a multiple of `heads`."""

    heads: int = 4
    """Attention heads per block."""

    positions: int = 1024
    """Rows of the position table, a multiple of 4; also the tokens of a training window. Bit memory needs at least 120
    rows and trains only the first 120."""

    vocabulary: int = 4096
    """Entries of the byte-pair vocabulary of a language, 257 to 65,536; 257 are every byte and the end of a text."""

    tokens: int = 16_000_000
    """Tokens to train on in total; for bit memory, positions. Repeated tokens count again."""

    batch_size: int = 8
    """Windows of a text per step; for bit memory, sequences."""

    learning_rate: float = 5e-3
    """Peak of the learning rate. It rises for 100 steps and then falls linearly to zero."""

    seed: int = 0
    """Decides everything random: the first weights, the order of the windows, the strings of bit memory."""

    def __post_init__(self) -> None:
        """Refuse values that cannot be used."""
        check_types(self)
        for name, most in _MOST.items():
            check_range(name, getattr(self, name), 0 if name == "seed" else 1, most)
        above_zero("learning_rate", self.learning_rate)
        if self.width % self.heads:
            raise InputError(f"width is {self.width}: give a multiple of heads, which is {self.heads}")
        if self.positions % 4:
            raise InputError(f"positions is {self.positions}: give a multiple of 4")
        if not 257 <= self.vocabulary <= 65_536:
            raise InputError(f"vocabulary is {self.vocabulary}: give a number from 257 to 65,536")
