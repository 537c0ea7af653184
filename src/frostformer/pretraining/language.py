"""Pretraining on the next token of a text.

The text is cut into windows of `positions` tokens. In the first four fifths of the steps a window is read as four
separate pieces, each with its own quarter of the position table. That is cheaper, because attention stays within a
piece, and every row of the position table is still trained from the first step on. In the last fifth, windows are read
whole.
"""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from frostformer.data.batches import epoch_order
from frostformer.errors import InputError
from frostformer.files import write_whole
from frostformer.pretraining.config import PretrainConfig
from frostformer.pretraining.objective import Card, Objective, gpt2_config, num_steps
from frostformer.pretraining.text import END_OF_TEXT, Document, encode, read_documents, split_documents, train_tokenizer

PIECES = 4
WHOLE_WINDOW_SHARE = 0.2


class Language(Objective):
    """Predict the next token of a text."""

    network: Any
    muon = True

    def __init__(
        self, config: PretrainConfig, corpus: Path, measure_on: tuple[Path, ...], tokenizer: Path, keep_tokenizer: bool
    ) -> None:
        """Read every text, train or read the tokenizer, and draw the weights."""
        measured = named_texts(measure_on)  # before anything is trained, so that a wrong path fails at once
        self.config, self.corpus = config, corpus
        self.training, held_out = split_documents(read_documents(corpus))
        self.texts = {"held-out documents": held_out, **measured}
        self.tokenizer = _tokenizer(tokenizer, keep_tokenizer, self.training, config.vocabulary)
        self.network = build_language_model(config, end_of_text=self.tokenizer.token_to_id(END_OF_TEXT))
        ids = np.concatenate([encode(self.tokenizer, document) for document in self.training])
        if len(ids) <= config.positions:
            raise InputError(
                f"{corpus} has only {len(ids)} training tokens, but one window takes more than {config.positions}: "
                "give more text or fewer positions"
            )
        self.ids, self.identity = ids, {"training_text": hashlib.sha256(ids.tobytes()).hexdigest()}

    def loss(self, step: int) -> Tensor:
        """Mean cross-entropy in nats per token over the windows of one step."""
        device = next(self.network.parameters()).device
        inputs, targets, position_ids = (tensor.to(device) for tensor in _windows(self.ids, step, self.config))
        return _next_token_loss(self.network, inputs, targets, position_ids)

    def record(self) -> dict[str, Any]:
        """The corpus, and bits per byte on its held-out documents and on each text of `measure_on`."""
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
        """See `Objective.save`. The tokenizer was already written at the start."""
        self.network.half().save_pretrained(out)


def named_texts(paths: tuple[Path, ...]) -> dict[str, list[Document]]:
    """The documents of each file, by the file's name, or by its path where another file has the same name."""
    names = [path.name for path in paths]
    return {path.name if names.count(path.name) == 1 else str(path): read_documents(path) for path in paths}


def build_language_model(config: PretrainConfig, end_of_text: int) -> Any:
    """A GPT-2 with newly drawn weights, whose output layer shares the token table."""
    from transformers import GPT2LMHeadModel

    torch.manual_seed(config.seed)
    return GPT2LMHeadModel(gpt2_config(config, config.vocabulary, end_of_text))


@torch.no_grad()
def bits_per_byte(model: Any, tokenizer: Any, documents: list[Document]) -> float:
    """Bits that the model needs for each UTF-8 byte of the documents.

    Every token is predicted once, from the tokens before it in its window.
    """
    positions: int = model.config.n_positions
    nats, num_bytes = 0.0, 0
    for document in documents:
        ids = torch.from_numpy(encode(tokenizer, document).astype(np.int64))
        num_bytes += len(document.text.encode())
        for start in range(0, len(ids) - 1, positions):
            window = ids[start : start + positions + 1].to(model.device)
            nats += float(_next_token_loss(model, window[None, :-1], window[None, 1:], None, reduction="sum"))
    return nats / math.log(2) / num_bytes


def _next_token_loss(
    model: nn.Module, inputs: Tensor, targets: Tensor, position_ids: Tensor | None, reduction: str = "mean"
) -> Tensor:
    """Cross-entropy in nats: the mean over all tokens, or their sum. Inputs and targets are (B, T)."""
    with torch.autocast(inputs.device.type, dtype=torch.bfloat16):
        logits = model(input_ids=inputs, position_ids=position_ids).logits  # (B, T, vocabulary)
    return nn.functional.cross_entropy(logits.flatten(0, 1).float(), targets.flatten(), reduction=reduction)


def _windows(ids: np.ndarray, step: int, config: PretrainConfig) -> tuple[Tensor, Tensor, Tensor]:
    """Inputs, targets and position ids of one step, each (B, T). Every epoch visits the windows in a new order."""
    num_windows = (len(ids) - 1) // config.positions
    starts = epoch_order(num_windows, config.batch_size, config.seed, step) * config.positions
    windows = np.stack([ids[start : start + config.positions + 1] for start in starts]).astype(np.int64)
    position_ids = np.broadcast_to(np.arange(config.positions), (len(windows), config.positions))
    in_pieces = step < (1 - WHOLE_WINDOW_SHARE) * num_steps(config)
    length = config.positions // PIECES if in_pieces else config.positions
    pieces = (array.reshape(-1, length) for array in (windows[:, :-1], windows[:, 1:], position_ids))
    inputs, targets, positions = (torch.from_numpy(np.ascontiguousarray(piece)) for piece in pieces)
    return inputs, targets, positions


def read_tokenizer(path: Path, remedy: str) -> Any:
    """The tokenizer in a file; what is none is refused with the remedy."""
    from tokenizers import Tokenizer

    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:
        raise InputError(f"{path} is not a tokenizer ({error}): {remedy}") from error


def _tokenizer(path: Path, keep: bool, training: list[Document], vocabulary: int) -> Any:
    """The tokenizer in the file `path` if it is there and to be kept; otherwise a new one, which is written to it."""
    if not (keep and path.is_file()):
        write_whole(path, train_tokenizer(training, vocabulary).to_str())
    return read_tokenizer(path, "delete it and the checkpoint beside it")
