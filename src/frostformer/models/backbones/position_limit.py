"""The most positions that a Hugging Face model takes."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from frostformer.models.backbones.calls import first_calls
from frostformer.models.backbones.probe import as_it_was

_STATED = ("max_position_embeddings", "n_positions", "max_seq_len", "max_encoder_position_embeddings")
_WINDOWS = ("attention_window", "local_attn_chunk_length", "lsh_attn_chunk_length")  # Longformer, LED; Reformer
_SPARE_ROWS = 8  # at most, of a table: some count positions from 1, or from behind the row of padding


def position_limit(model: Any, width: int) -> int | None:
    """Rows of the model's shortest table of positions; None if it computes positions for any length.

    A table is an embedding that a pass looks up, or a tensor that is no parameter (GPT-J, CTRL), as long as the
    configuration says. DeBERTa's relative table is not looked up. MPT makes its table anew in each pass, which only a
    pass of that length can show.

    Args:
        model: of Hugging Face; takes `inputs_embeds`.
        width: D of those.
    """
    most = next((n for key in _STATED if isinstance(n := getattr(model.config, key, None), int) and n > 0), None)
    if most is None:
        return None
    used = _used_modules(model, width)
    tables = [
        rows for module in model.modules() if not hasattr(module, "make_weights") for rows in _stored(module, most)
    ]
    tables += [rows for module in used if not hasattr(module, "make_weights") for rows in _learned(module, most)]
    if tables:
        whole = window_of(model.config)
        return min(most, *tables) // whole * whole
    return most if _remembers(model, most) and _fails_beyond(model, most) else None


@torch.no_grad()
def _used_modules(model: Any, width: int) -> set[nn.Module]:
    """The modules that are called in a pass."""
    with as_it_was(model), first_calls(model) as calls:
        model.eval()(inputs_embeds=torch.zeros(1, 3, width))
    return {model.get_submodule(path) for path in calls}


def window_of(config: Any) -> int:
    """How many positions attention takes at a time; 1 where it is not sparse.

    Sparse attention pads itself to whole windows, and the padding takes rows of the table, too.
    """
    windows = (getattr(config, key, None) or 1 for key in _WINDOWS)
    return math.lcm(*(max(one) if isinstance(one, (list, tuple)) else one for one in windows))


def _learned(module: nn.Module, most: int) -> Iterator[int]:
    """Usable rows of a table that is looked up; I-BERT has its own class of table."""
    weight = getattr(module, "weight", None)
    if "Embedding" in type(module).__name__ and isinstance(weight, Tensor) and weight.ndim == 2 and len(weight) >= most:
        padding = getattr(module, "padding_idx", None)
        yield len(weight) - (0 if padding is None else padding + 1)


def _stored(module: nn.Module, most: int) -> Iterator[int]:
    """The limit, once for each tensor in this module itself that is no parameter and has about so many rows.

    Numbers of positions, which BERT keeps, are no table: they are known by their type.
    """
    tensors = [*module.buffers(recurse=False), *(one for one in vars(module).values() if isinstance(one, Tensor))]
    tables = (one for one in tensors if one.ndim >= 2 and one.dtype != torch.int64)
    yield from (most for one in tables if any(0 <= size - most <= _SPARE_ROWS for size in one.shape))


def _remembers(model: Any, most: int) -> bool:
    """Whether a module keeps the length, as a number or as the numbers of all positions.

    Rotary ones know it only to scale by it.
    """
    kept = (
        (name, value)
        for module in model.modules()
        if "Rotary" not in type(module).__name__
        for name, value in (*vars(module).items(), *module.named_buffers(recurse=False))
        if "seq" in name or "position" in name
    )
    return any(most in value.shape if isinstance(value, Tensor) else value == most for _, value in kept)


@torch.no_grad()
def _fails_beyond(model: Any, most: int) -> bool:
    """Whether a twin without values, of the same kind and shape, takes `most` positions and not one more."""
    with torch.device("meta"):
        twin = type(model)(copy.deepcopy(model.config)).eval()
        width = twin.get_input_embeddings().weight.shape[1]
        return _runs(twin, torch.empty(1, most, width)) and not _runs(twin, torch.empty(1, most + 1, width))


def _runs(twin: Any, vectors: Tensor) -> bool:
    try:
        twin(inputs_embeds=vectors)
    except Exception:  # noqa: BLE001 (whatever a library raises, it does not run)
        return False
    return True
