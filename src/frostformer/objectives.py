"""What a backbone learns in pretraining: the next token of a text, or the paper's bit-memory task (its Table 2).

An objective holds the network and its data; the loss of a step is a pure function of weights, seed and step.

Language: a window is `positions` tokens. For the first four fifths of the steps a window is read as four pieces that do
not see one another, each at its own quarter of the position table: cheaper, and every position is trained from the
first step. The last fifth reads whole windows.

Bit memory: the task with its default options, fresh strings at every step, between an input and an output layer that
are thrown away afterwards. It uses 120 rows of the position table and no token table.
"""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from frostformer.backbones.huggingface import HuggingFaceBackbone
from frostformer.config import PretrainConfig
from frostformer.data import epoch_order, training_batches
from frostformer.errors import InputError
from frostformer.evaluation import cross_entropy, evaluate, to_device
from frostformer.files import write_whole
from frostformer.model import SequenceModel
from frostformer.tasks.catalog import TASKS, build_task
from frostformer.text import END_OF_TEXT, Document, encode, read_documents, split_documents, train_tokenizer

PIECES = 4
WHOLE_WINDOW_SHARE = 0.2
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


def build_objective(
    config: PretrainConfig, corpus: Path | None, measure_on: tuple[Path, ...], tokenizer: Path, keep_tokenizer: bool
) -> Objective:
    """The objective that the configuration names, with fresh weights.

    A language's tokenizer is written to the file `tokenizer`, or the one that lies there is kept.

    Raises:
        InputError: a text is missing, too short, or given where none is read; too few positions.
    """
    if config.objective == BIT_MEMORY:
        if corpus is not None or measure_on:
            raise InputError("bit-memory draws its own strings: give neither a corpus nor a text to measure on")
        return BitMemory(config)
    if corpus is None:
        raise InputError("language needs a corpus: give a text, or choose the objective bit-memory")
    return Language(config, corpus, measure_on, tokenizer, keep_tokenizer)


def num_steps(config: PretrainConfig) -> int:
    """Steps until `config.tokens` are seen."""
    return max(1, config.tokens // tokens_per_step(config))


def tokens_per_step(config: PretrainConfig) -> int:
    """Tokens of a batch; a token of bit memory is one position."""
    length = TASKS[BIT_MEMORY].shape.length if config.objective == BIT_MEMORY else config.positions
    return config.batch_size * length


class Language(Objective):
    """Predict the next token of a text."""

    network: Any
    muon = True

    def __init__(
        self, config: PretrainConfig, corpus: Path, measure_on: tuple[Path, ...], tokenizer: Path, keep_tokenizer: bool
    ) -> None:
        """Read every text, train or read the tokenizer, draw the weights."""
        names = [path.name for path in measure_on]
        measured = {  # read first: a wrong path fails now
            path.name if names.count(path.name) == 1 else str(path): read_documents(path) for path in measure_on
        }
        self.config, self.corpus = config, corpus
        self.training, held_out = split_documents(read_documents(corpus))
        self.texts = {"held-out documents": held_out, **measured}
        self.tokenizer = _tokenizer(tokenizer, keep_tokenizer, self.training, config.vocabulary)
        self.network = build_language_model(config, end_of_text=self.tokenizer.token_to_id(END_OF_TEXT))
        ids = np.concatenate([encode(self.tokenizer, document) for document in self.training])
        if len(ids) <= config.positions:
            raise InputError(f"{corpus} has {len(ids)} training tokens, a window {config.positions}: give more text")
        self.ids, self.identity = ids, {"training_text": hashlib.sha256(ids.tobytes()).hexdigest()}

    def loss(self, step: int) -> Tensor:
        """Nats per token."""
        device = next(self.network.parameters()).device
        inputs, targets, position_ids = (tensor.to(device) for tensor in _windows(self.ids, step, self.config))
        return _next_token_loss(self.network, inputs, targets, position_ids)

    def record(self) -> dict[str, Any]:
        """The corpus, and bits per byte on the held-out documents and on each further text."""
        held_out = [document.name for document in self.texts["held-out documents"]]
        bits = {name: bits_per_byte(self.network, self.tokenizer, documents) for name, documents in self.texts.items()}
        return {
            "corpus": self.corpus.name,
            "documents": {"training": len(self.training), "held_out": held_out},
            "training_tokens": len(self.ids),
            "bits_per_byte": {name: round(value, 3) for name, value in bits.items()},
        }

    def card(self, record: dict[str, Any]) -> Card:
        """See `Objective.card`."""
        config, documents = record["config"], record["documents"]
        size = f"{documents['training']} documents, {record['training_tokens']:,} tokens"
        return Card(
            title="A small causal language model",
            tables=f"{config['positions']:,} positions (all trained), byte-pair vocabulary of {config['vocabulary']:,}",
            data={"data": f"`{record['corpus']}`: {size}", "tokens seen": f"{record['tokens_seen']:,}"},
            scores={f"bits per byte, {name}": f"{value:.3f}" for name, value in record["bits_per_byte"].items()},
            note=f"Held out, never trained on: {', '.join(documents['held_out'])}.",
        )

    def save(self, out: Path) -> None:
        """See `Objective.save`; the tokenizer lies beside it since the start."""
        self.network.half().save_pretrained(out)


class BitMemory(Objective):
    """Recall the hidden bits of a string, as the paper's backbone of that name did."""

    network: SequenceModel
    muon = False  # in a short trial AdamW needed fewer steps, and shorter ones: small batches, so Muon weighs

    def __init__(self, config: PretrainConfig) -> None:
        """Build the task and draw the weights, the backbone's first."""
        from transformers import GPT2Model

        self.config, self.task = config, build_task(BIT_MEMORY)
        if config.positions < self.task.shape.length:
            raise InputError(f"positions is {config.positions}: bit-memory needs at least {self.task.shape.length}")
        torch.manual_seed(config.seed)
        self.gpt2: Any = GPT2Model(_gpt2_config(config, vocabulary=1, end_of_text=0))
        self.network = SequenceModel(self.task.shape, HuggingFaceBackbone(BIT_MEMORY, self.gpt2))
        self.identity = {"task_version": self.task.version}

    def loss(self, step: int) -> Tensor:
        """Nats per bit."""
        batch = next(training_batches(self.task.train, self.config.batch_size, self.config.seed, step))
        device = next(self.network.parameters()).device
        inputs, lengths, targets = to_device(batch, device)
        with torch.autocast(device.type, dtype=torch.bfloat16):
            logits = self.network(inputs, lengths)  # (B, R, G, K)
        return cross_entropy(logits, targets)

    def record(self) -> dict[str, Any]:
        """The task, and the share of right bits on its validation split."""
        metrics = evaluate(self.network, self.task.validation, batch_size=64)
        assert metrics.marked_accuracy is not None
        return {
            "task": self.task.name,
            "task_version": self.task.version,
            "trained_positions": self.task.shape.length,
            "accuracy": {"all bits": round(metrics.accuracy, 4), "hidden bits": round(metrics.marked_accuracy, 4)},
        }

    def card(self, record: dict[str, Any]) -> Card:
        """See `Objective.card`."""
        rows, trained = record["config"]["positions"], record["trained_positions"]
        return Card(
            title="A small transformer that learned bit memory",
            tables=f"{rows:,} positions (only the first {trained} trained), no vocabulary",
            data={
                "data": f"task `{record['task']}`, version {record['task_version']}: fresh strings at every step",
                "positions seen": f"{record['tokens_seen']:,}",
            },
            scores={f"validation accuracy, {name}": f"{100 * x:.2f} %" for name, x in record["accuracy"].items()},
            note="It reads vectors: its one token is a placeholder, and the layers it was trained between were thrown "
            "away. Guessing gets 50 % of the hidden bits.",
        )

    def save(self, out: Path) -> None:
        """See `Objective.save`; a token table of one row of zeros, since the format wants one."""
        table = nn.Embedding(1, self.config.width)
        nn.init.zeros_(table.weight)
        self.gpt2.set_input_embeddings(table)
        self.gpt2.half().save_pretrained(out)


def build_language_model(config: PretrainConfig, end_of_text: int) -> Any:
    """A GPT-2 of the given shape with fresh weights and tied embeddings."""
    from transformers import GPT2LMHeadModel

    torch.manual_seed(config.seed)
    return GPT2LMHeadModel(_gpt2_config(config, config.vocabulary, end_of_text))


@torch.no_grad()
def bits_per_byte(model: Any, tokenizer: Any, documents: list[Document]) -> float:
    """Bits the model needs per UTF-8 byte of the documents; every token is predicted once, from at most one window."""
    positions: int = model.config.n_positions
    nats, num_bytes = 0.0, 0
    for document in documents:
        ids = torch.from_numpy(encode(tokenizer, document).astype(np.int64))
        num_bytes += len(document.text.encode())
        for start in range(0, len(ids) - 1, positions):
            window = ids[start : start + positions + 1].to(model.device)
            nats += float(_next_token_loss(model, window[None, :-1], window[None, 1:], None, reduction="sum"))
    return nats / math.log(2) / num_bytes


def _gpt2_config(config: PretrainConfig, vocabulary: int, end_of_text: int) -> Any:
    """No dropout, no cache, and the fused form of GPT-2's tanh GELU."""
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


def _next_token_loss(
    model: nn.Module, inputs: Tensor, targets: Tensor, position_ids: Tensor | None, reduction: str = "mean"
) -> Tensor:
    """Cross-entropy in nats per token; inputs, targets (B, T)."""
    with torch.autocast(inputs.device.type, dtype=torch.bfloat16):
        logits = model(input_ids=inputs, position_ids=position_ids).logits  # (B, T, vocabulary)
    return nn.functional.cross_entropy(logits.flatten(0, 1).float(), targets.flatten(), reduction=reduction)


def _windows(ids: np.ndarray, step: int, config: PretrainConfig) -> tuple[Tensor, Tensor, Tensor]:
    """(inputs, targets, position ids) of one step, each (B, T); windows are visited in a new order each epoch."""
    num_windows = (len(ids) - 1) // config.positions
    starts = epoch_order(num_windows, config.batch_size, config.seed, step) * config.positions
    windows = np.stack([ids[start : start + config.positions + 1] for start in starts]).astype(np.int64)
    position_ids = np.broadcast_to(np.arange(config.positions), (len(windows), config.positions))
    in_pieces = step < (1 - WHOLE_WINDOW_SHARE) * num_steps(config)
    length = config.positions // PIECES if in_pieces else config.positions
    pieces = (array.reshape(-1, length) for array in (windows[:, :-1], windows[:, 1:], position_ids))
    inputs, targets, positions = (torch.from_numpy(np.ascontiguousarray(piece)) for piece in pieces)
    return inputs, targets, positions


def _tokenizer(path: Path, keep: bool, training: list[Document], vocabulary: int) -> Any:
    """The tokenizer of the run that goes on, or one trained anew."""
    from tokenizers import Tokenizer

    if not (keep and path.is_file()):
        write_whole(path, train_tokenizer(training, vocabulary).to_str())
    return Tokenizer.from_file(str(path))
