"""Computes GPT-2's last block at the read positions alone, since nothing behind it uses the others.

Keys and values are needed everywhere; attention's output, the feed-forward part and the last norm only at the read
positions. Matrices and norms are called as modules, so low-rank updates, 8-bit matrices and a cohort's norms work too.

B batch, T positions, D width, H heads, R read positions.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from frostformer.models import compat
from frostformer.models.backbones.backbone import last_real


def can_shorten(model: Any) -> bool:
    """Whether `read_shortened` gives what `model`, as it is now, gives at the read positions.

    In training with dropout it is not: fewer rows would draw other masks.
    """
    return compat.is_plain_gpt2(model.config) and not (model.training and compat.gpt2_has_dropout(model.config))


def read_shortened(model: Any, embeddings: Tensor, lengths: Tensor, count: int) -> Tensor:
    """(B, T, D) embeddings to (B, R, D): what the GPT-2 `model` makes of the last `count` real positions."""
    positions = torch.arange(embeddings.shape[1], device=embeddings.device)  # (T,)
    hidden = embeddings + compat.gpt2_positions(model)(positions[None])  # (B, T, D)
    *blocks, last_block = compat.gpt2_blocks(model)
    for block in blocks:
        hidden = block(hidden)  # without a mask it is causal
    last = compat.gpt2_parts(last_block)
    read = last_real(hidden, lengths, count) + _attend(last, last.attention_norm(hidden), lengths, count)  # (B, R, D)
    read = read + last.feedforward(last.feedforward_norm(read))
    normed: Tensor = compat.gpt2_final_norm(model)(read)
    return normed


def _attend(block: compat.GPT2Block, hidden: Tensor, lengths: Tensor, count: int) -> Tensor:
    """(B, T, D) -> (B, R, D): the read positions attend to themselves and all before them, so never to padding."""
    # queries at all positions: leaving some out would save a twelfth of a block, but the matrix would have to be cut
    projections = block.query_key_value(hidden).chunk(3, dim=-1)  # queries, keys, values: (B, T, D) each
    parts = (last_real(projections[0], lengths, count), *projections[1:])
    queries, keys, values = (part.unflatten(-1, (block.heads, -1)).transpose(1, 2) for part in parts)
    positions = torch.arange(hidden.shape[1], device=hidden.device)  # (T,)
    read_at = last_real(positions.expand(len(hidden), -1)[:, :, None], lengths, count)  # (B, R, 1)
    seen = (positions <= read_at)[:, None]  # (B, 1, R, T)
    mixed = nn.functional.scaled_dot_product_attention(queries, keys, values, attn_mask=seen)  # (B, H, R, D / H)
    projected: Tensor = block.projection(mixed.transpose(1, 2).flatten(2))
    return projected
