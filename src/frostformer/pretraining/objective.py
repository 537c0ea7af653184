"""What an objective is: a network and its data. The loss of a step is a pure function of weights, seed and step."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor, nn

from frostformer.pretraining.config import PretrainConfig
from frostformer.tasks.registry import TASKS

BIT_MEMORY = "bit-memory"


class Card(NamedTuple):
    """What the model card says of one objective; the rest is the same for all."""

    title: str
    tables: str
    """The position table and the token table."""
    data: dict[str, str]
    """Rows of the card: what was learned from, and how much of it."""
    scores: dict[str, str]
    """Rows of the card: what was measured."""
    note: str


class Objective:
    """A network, what it learns from, and how well it has learned it. All that the training loop knows."""

    network: nn.Module
    """All that trains."""

    identity: dict[str, Any]
    """What a run shares with its checkpoint, beside the configuration."""

    muon: bool
    """Whether the matrices inside the blocks learn with Muon."""

    def loss(self, step: int) -> Tensor:
        """Mean nats per prediction over the batch of one step."""
        raise NotImplementedError

    def record(self) -> dict[str, Any]:
        """Entries for `pretraining.json`: what was learned from, and the scores as of now."""
        raise NotImplementedError

    def card(self, record: dict[str, Any]) -> Card:
        """This objective's part of the model card."""
        raise NotImplementedError

    def save(self, out: Path) -> None:
        """Write the backbone as a Hugging Face folder in 16 bits: half the file; it is read back as float32."""
        raise NotImplementedError


def num_steps(config: PretrainConfig) -> int:
    """Steps until `config.tokens` are seen."""
    return max(1, config.tokens // tokens_per_step(config))


def tokens_per_step(config: PretrainConfig) -> int:
    """Tokens of a batch; a token of bit memory is one position."""
    length = TASKS[BIT_MEMORY].shape.length if config.objective == BIT_MEMORY else config.positions
    return config.batch_size * length


def gpt2_config(config: PretrainConfig, vocabulary: int, end_of_text: int) -> Any:
    """A small GPT-2: no dropout, no cache, and the fused form of GPT-2's tanh GELU."""
    from transformers import GPT2Config

    return GPT2Config(
        vocab_size=vocabulary,
        n_positions=config.positions,
        n_embd=config.width,
        n_layer=config.layers,
        n_head=config.heads,
        activation_function="gelu_pytorch_tanh",
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=end_of_text,
        eos_token_id=end_of_text,
        use_cache=False,
    )
