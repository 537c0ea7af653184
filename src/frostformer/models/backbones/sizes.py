"""Refuses a model that cannot be built here before any of its memory is taken."""

from __future__ import annotations

import copy
import os
import re
from typing import Any

import torch

from frostformer.errors import InputError
from frostformer.models.backbones.configuring import all_configs
from frostformer.models.backbones.library_errors import library_errors

_AT_LEAST_ONE = (  # under the names that all kinds share
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "vocab_size",
    "max_position_embeddings",
)
_COUNTS = re.compile(r"(.*_)?(n_?layers?|layers|blocks|depth|experts)")
_MOST_MODULES = 1000  # of blocks or experts; published models have at most a few hundred
_MOST_POSITIONS = 2**27
_POSITIONS = re.compile(r"max_(source_|target_)?position(s|_embeddings)|n_positions|n_ctx|max_seq_len")
_BYTES = 4  # of a float32
_UNKNOWN_MEMORY = 2**40


def model_without_memory(config: Any, name: str) -> Any:
    """The model of a configuration on the meta device, where tensors have shapes and no values.

    Raises:
        InputError: a size is impossible, or in float32 the model is larger than this machine's memory.
    """
    from transformers import AutoModel

    _check_numbers(config, name)
    with (
        library_errors(lambda reason: not_built(name, config, reason)),
        torch.device("meta"),
    ):
        model = AutoModel.from_config(copy.deepcopy(config), dtype=torch.float32, trust_remote_code=False)
    needed = _BYTES * sum(tensor.numel() for tensor in (*model.parameters(), *model.buffers()))
    if needed > memory_bytes():
        raise InputError(
            f"backbone '{name}' needs {needed / 1e9:,.1f} GB in float32, but this machine has "
            f"{memory_bytes() / 1e9:,.1f} GB of memory: choose a smaller one"
        )
    return model


def memory_bytes() -> int:
    """All memory of this machine; one terabyte where the system does not tell, as Windows."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return _UNKNOWN_MEMORY


def not_built(name: str, config: Any, reason: str) -> InputError:
    """The error for a configuration of which `transformers` makes no model."""
    return InputError(
        f"backbone '{name}' ({config.model_type}) cannot be built from its configuration ({reason}): check its "
        "config.json, or choose another backbone"
    )


def _check_numbers(config: Any, name: str) -> None:
    """Refuse numbers with which building alone would take forever or make no sense."""
    for part in all_configs(config):
        written = {part.attribute_map.get(key, key) for key in _AT_LEAST_ONE}
        for key, value in part.to_dict().items():
            if isinstance(value, bool) or not isinstance(value, int):
                continue
            if key in written and value < 1:
                raise InputError(f"backbone '{name}': {key} is {value} in its config.json, wanted 1 or more")
            most = _MOST_MODULES if _COUNTS.fullmatch(key) else _MOST_POSITIONS if _POSITIONS.fullmatch(key) else None
            if most is not None and value > most:
                raise InputError(f"backbone '{name}': {key} is {value:,} in its config.json, wanted at most {most:,}")
