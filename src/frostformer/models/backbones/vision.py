"""An image transformer as the paper used it (Lu et al. 2021, table 2 and the official code).

It has the blocks and the last norm of a ViT; instead of its patch layer, class token and 2-D positions there is a
trained position table that starts at zero. Patches enter as embeddings, and every position sees every real one.

Epsilon of its norms is at least 1e-6. That is the value with which ViT was pretrained and which the official code has;
`transformers` writes 1e-12 into the configurations instead, with which an input of zeros, such as a bit, makes
gradients a thousand times larger. A checkpoint that says more than 1e-6 keeps what it says.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from frostformer.models.compat import set_attention_kernel

POSITIONS = 1024
LEAST_EPSILON = 1e-6


class VisionBlocks(nn.Module):
    """A ViT that takes `inputs_embeds`, as the text models of `transformers` do."""

    def __init__(self, vit: Any) -> None:
        """Take over the blocks and the norm of a `ViTModel`."""
        super().__init__()
        self.config = vit.config
        self.config.max_position_embeddings = POSITIONS
        self.positions = nn.Embedding(POSITIONS, vit.config.hidden_size)
        nn.init.zeros_(self.positions.weight)
        self.layers = vit.layers
        self.layernorm = vit.layernorm
        self.config.layer_norm_eps = max(self.config.layer_norm_eps, LEAST_EPSILON)  # part of the fingerprint
        for module in self.modules():
            if isinstance(module, nn.LayerNorm):
                module.eps = max(module.eps, LEAST_EPSILON)

    def forward(
        self, inputs_embeds: Tensor, attention_mask: Tensor | None = None, output_attentions: bool = False
    ) -> Any:
        """(B, T, D) embeddings and a (B, T) mask of the real positions -> `.last_hidden_state` (B, T, D).

        With `output_attentions`, `.attentions` has each block's (B, heads, T, T); only the eager kernel makes them.
        """
        from transformers.masking_utils import create_bidirectional_mask

        mask = create_bidirectional_mask(config=self.config, inputs_embeds=inputs_embeds, attention_mask=attention_mask)
        hidden = inputs_embeds + self.positions(torch.arange(inputs_embeds.shape[1], device=inputs_embeds.device)[None])
        maps: list[Tensor | None] = []
        watched = self.layers if output_attentions else ()
        hooks = [layer.attention.register_forward_hook(lambda _, __, out: maps.append(out[1])) for layer in watched]
        for layer in self.layers:
            hidden = layer(hidden, mask)
        for hook in hooks:
            hook.remove()
        return SimpleNamespace(last_hidden_state=self.layernorm(hidden), attentions=maps)

    def get_input_embeddings(self) -> nn.Embedding:
        """Only its shape and values are looked at; nothing is looked up in it."""
        return self.positions

    def set_input_embeddings(self, _: nn.Module) -> None:
        """There is no token table to replace."""

    def set_attn_implementation(self, name: str) -> None:
        """Choose the attention kernel that its blocks use."""
        set_attention_kernel(self.config, name)
