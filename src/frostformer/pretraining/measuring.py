"""Measures a finished language model on texts, without training it again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from frostformer.errors import InputError
from frostformer.files import is_file
from frostformer.models.backbones.library_errors import library_errors
from frostformer.pretraining.language import bits_per_byte, named_texts, read_tokenizer

_WANTED = ("config.json", "model.safetensors", "tokenizer.json")


def measure(folder: Path, texts: tuple[Path, ...]) -> dict[str, float]:
    """Bits per byte on each text, by its name; the folder stays as it is.

    Args:
        folder: what `pretrain` wrote for a language.
        texts: files as a corpus is one, see `pretraining.text`.

    Raises:
        InputError: a text cannot be read, or the folder holds no language model with its tokenizer.
    """
    documents = named_texts(texts)
    for name in _WANTED:
        if not is_file(folder / name):
            raise InputError(f"{folder} has no {name}: to measure, give the --out of a finished pretraining on a text")
    network, tokenizer = _load(folder)
    network.to("cuda" if torch.cuda.is_available() else "cpu")
    return {name: bits_per_byte(network, tokenizer, found) for name, found in documents.items()}


def _load(folder: Path) -> tuple[Any, Any]:
    """Network and tokenizer; tensors are loaded here, since `transformers` draws those that are missing anew."""
    from transformers import GPT2Config, GPT2LMHeadModel

    def damaged(reason: str) -> InputError:
        return InputError(f"{folder} is not a language model of `frostformer pretrain` ({reason}): make it again")

    with library_errors(damaged):
        network: Any = GPT2LMHeadModel(GPT2Config.from_pretrained(folder))
        tensors = load_file(folder / "model.safetensors")
        network.transformer.load_state_dict({name.removeprefix("transformer."): one for name, one in tensors.items()})
    return network.eval(), read_tokenizer(folder / "tokenizer.json", "make the folder again")
