"""GPT-2's last block at the read positions alone, since nothing looks at the others behind it.

Keys and values are needed everywhere; attention's output, the feed-forward part and the last norm only where they are
read. Matrices and norms are called as modules: low-rank updates, 8-bit matrices and a cohort's own norms take part.

B batch, T positions, D width, H heads, R read positions.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from frostformer.models.backbones.backbone import last_real

_OTHER_ATTENTION = ("scale_attn_by_inverse_layer_idx", "reorder_and_upcast_attn", "add_cross_attention")
_DROPOUTS = ("embd_pdrop", "attn_pdrop", "resid_pdrop")


def can_shorten(model: Any) -> bool:
    """Whether `read_shortened` is the function of `model`, as it stands now, at the read positions.

    Dropout would draw other masks; eager attention has no causality of its own, and is asked for only to be compared.
    """
    config = model.config
    if config.model_type != "gpt2" or config._attn_implementation != "sdpa":
        return False
    if not config.scale_attn_weights or any(getattr(config, option) for option in _OTHER_ATTENTION):
        return False
    return not (model.training and any(getattr(config, rate) > 0 for rate in _DROPOUTS))


def read_shortened(model: Any, embeddings: Tensor, lengths: Tensor, count: int) -> Tensor:
    """(B, T, D) embeddings to (B, R, D): what the GPT-2 `model` makes of the last `count` real positions."""
    positions = torch.arange(embeddings.shape[1], device=embeddings.device)  # (T,)
    hidden = embeddings + model.wpe(positions[None])  # (B, T, D)
    *blocks, last = model.h
    for block in blocks:
        hidden = block(hidden)  # without a mask it is causal
    read = last_real(hidden, lengths, count) + _attend(last.attn, last.ln_1(hidden), lengths, count)  # (B, R, D)
    read = read + last.mlp(last.ln_2(read))
    normed: Tensor = model.ln_f(read)
    return normed


def _attend(attention: Any, hidden: Tensor, lengths: Tensor, count: int) -> Tensor:
    """(B, T, D) -> (B, R, D): the read positions attend to themselves and all before them, so never to padding."""
    # queries everywhere: to leave some out the matrix would have to be cut, for a twelfth of a block
    projections = attention.c_attn(hidden).chunk(3, dim=-1)  # queries, keys, values: (B, T, D) each
    parts = (last_real(projections[0], lengths, count), *projections[1:])
    queries, keys, values = (part.unflatten(-1, (attention.num_heads, -1)).transpose(1, 2) for part in parts)
    positions = torch.arange(hidden.shape[1], device=hidden.device)  # (T,)
    read_at = last_real(positions.expand(len(hidden), -1)[:, :, None], lengths, count)  # (B, R, 1)
    seen = (positions <= read_at)[:, None]  # (B, 1, R, T)
    mixed = nn.functional.scaled_dot_product_attention(queries, keys, values, attn_mask=seen)  # (B, H, R, D / H)
    projected: Tensor = attention.c_proj(mixed.transpose(1, 2).flatten(2))
    return projected
