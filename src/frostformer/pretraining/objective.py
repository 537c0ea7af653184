"""What is learned in a pretraining, an objective: a network and the data that it learns from.

The loss of a step depends only on the weights, the seed and the number of the step.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor, nn

from frostformer.pretraining.config import PretrainConfig
from frostformer.tasks.registry import TASKS

BIT_MEMORY = "bit-memory"


class Card(NamedTuple):
    """The parts of the model card that depend on the objective."""

    title: str
    tables: str
    """The sizes of the position table and of the vocabulary."""
    data: dict[str, str]
    """Rows of the card: the training data and how much of it was seen."""
    scores: dict[str, str]
    """Rows of the card: the measured scores."""
    note: str


class Objective:
    """A network, its training data and its scores. The training loop knows an objective only by this class."""

    network: nn.Module
    """Everything that is trained, input and output layers included."""

    identity: dict[str, Any]
    """What must be equal, besides the configuration, for a run to continue from a checkpoint."""

    muon: bool
    """Whether the optimizer Muon trains the matrices inside the blocks; otherwise AdamW trains them too."""

    def loss(self, step: int) -> Tensor:
        """Mean cross-entropy in nats per prediction over the batch of one step."""
        raise NotImplementedError

    def record(self) -> dict[str, Any]:
        """Entries for `pretraining.json`: the training data, and the scores of the network as it is now."""
        raise NotImplementedError

    def card(self, record: dict[str, Any]) -> Card:
        """This objective's part of the model card; `record` is the content of `pretraining.json`."""
        raise NotImplementedError

    def save(self, out: Path) -> None:
        """Write the backbone as a Hugging Face folder.

        The weights are stored in 16 bits, which halves the file, and are read back as float32.
        """
        raise NotImplementedError


def num_steps(config: PretrainConfig) -> int:
    """The number of steps: as many whole ones as `config.tokens` allows, but at least one."""
    return max(1, config.tokens // tokens_per_step(config))


def tokens_per_step(config: PretrainConfig) -> int:
    """The number of tokens in a batch. For bit memory, each position counts as a token."""
    length = TASKS[BIT_MEMORY].shape.length if config.objective == BIT_MEMORY else config.positions
    return config.batch_size * length


def gpt2_config(config: PretrainConfig, vocabulary: int, end_of_text: int) -> Any:
    """The configuration of a small GPT-2 without dropout.

    `gelu_pytorch_tanh` is the same function as GPT-2's own `gelu_new`, computed in one kernel.
    """
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
