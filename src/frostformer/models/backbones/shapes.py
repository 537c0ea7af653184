"""The paper's backbones by name: what is known of them without a download, so that fresh weights need no network.

Every number is that of the published checkpoint (Radford et al. 2019; Devlin et al. 2019; Raffel et al. 2020;
Beltagy et al. 2020; Dosovitskiy et al. 2021).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class KnownShape:
    """Architecture and size of a published checkpoint."""

    hub_id: str
    """Where its weights are."""

    model_type: str
    """The architecture's name in `transformers`; sizes not given below are that architecture's defaults."""

    sizes: dict[str, Any] = field(default_factory=dict)
    """Entries of its configuration."""

    paper: str = ""
    """Where Lu et al. 2021 use it."""


KNOWN = {
    "gpt2": KnownShape("openai-community/gpt2", "gpt2", {"n_layer": 12, "n_embd": 768, "n_head": 12}, "tables 1 to 21"),
    "gpt2-medium": KnownShape(
        "openai-community/gpt2-medium", "gpt2", {"n_layer": 24, "n_embd": 1024, "n_head": 16}, "table 8"
    ),
    "gpt2-large": KnownShape(
        "openai-community/gpt2-large", "gpt2", {"n_layer": 36, "n_embd": 1280, "n_head": 20}, "tables 1 and 8"
    ),
    "gpt2-xl": KnownShape(
        "openai-community/gpt2-xl", "gpt2", {"n_layer": 48, "n_embd": 1600, "n_head": 25}, "parameter counts"
    ),
    "bert": KnownShape("google-bert/bert-base-uncased", "bert", {}, "table 17"),
    "t5": KnownShape(
        "google-t5/t5-base",
        "t5",
        {"d_model": 768, "d_kv": 64, "d_ff": 3072, "num_layers": 12, "num_heads": 12, "decoder_start_token_id": 0},
        "table 17, the encoder alone",
    ),
    "longformer": KnownShape(
        "allenai/longformer-base-4096",
        "longformer",
        {"vocab_size": 50265, "max_position_embeddings": 4098, "type_vocab_size": 1, "layer_norm_eps": 1e-5}
        | {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2},
        "table 17",
    ),
    "vit": KnownShape("google/vit-base-patch16-224-in21k", "vit", {}, "table 2, pretrained on images"),
}


def known_shape(name: str) -> KnownShape | None:
    """The entry of a short name or of a hub id, with or without its owner; None for any other backbone."""
    for short, shape in KNOWN.items():
        if name in (short, shape.hub_id, shape.hub_id.partition("/")[2]):
            return shape
    return None
