"""What is asked of a pretraining: one frozen dataclass, the unit under every field. No torch here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from frostformer.config import above_zero, at_least, check_seed
from frostformer.errors import InputError, unknown_name

Objective = Literal["language", "bit-memory"]


@dataclass(frozen=True)
class PretrainConfig:
    """One pretraining of a small GPT-2. The defaults made the embedded backbone."""

    objective: Objective = "language"
    """`language` predicts the next token of a text; `bit-memory` learns the paper's task of that name (its Table 2)."""

    layers: int = 6
    """Transformer blocks."""

    width: int = 256
    """Channels of the residual stream, a multiple of `heads`."""

    heads: int = 4
    """Attention heads per block."""

    positions: int = 1024
    """Rows of the position table, a multiple of 4; tokens of a window. Bit memory trains only the first 120 rows."""

    vocabulary: int = 4096
    """Entries of a language's byte-pair vocabulary, 257 to 65,536 (it holds every byte and the end-of-text mark)."""

    tokens: int = 16_000_000
    """Training tokens to see in all; of bit memory, positions."""

    batch_size: int = 8
    """Windows, or strings of bit memory, per step."""

    learning_rate: float = 5e-3
    """Peak rate, reached after 100 steps; then linear to zero."""

    seed: int = 0
    """Sole source of randomness: fresh weights, and the order of the windows or the strings of bit memory."""

    def __post_init__(self) -> None:
        """Refuse shapes that cannot be built."""
        if self.objective not in get_args(Objective):
            raise unknown_name("objective", self.objective, get_args(Objective))
        for name in ("layers", "width", "heads", "positions", "tokens", "batch_size"):
            at_least(name, getattr(self, name), 1)
        check_seed(self.seed)
        above_zero("learning_rate", self.learning_rate)
        if self.width % self.heads:
            raise InputError(f"width {self.width} is not a multiple of heads {self.heads}")
        if self.positions % 4:
            raise InputError(f"positions is {self.positions}: give a multiple of 4")
        if not 257 <= self.vocabulary <= 65_536:
            raise InputError(f"vocabulary is {self.vocabulary}: give a number from 257 to 65,536")
