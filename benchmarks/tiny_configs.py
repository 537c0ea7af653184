"""A tiny configuration of nearly every model type of `transformers`, to try what holds for all families.

The rules go by the names of a configuration's entries: widths, heads, blocks, experts, rows of tables. An entry that no
rule knows keeps its default.
"""

from __future__ import annotations

import re
from typing import Any

WIDTH, HEADS, HEAD_WIDTH, INNER, BLOCKS, POSITIONS, VOCABULARY, EXPERTS = 32, 4, 8, 64, 2, 80, 64, 4

_RULES: tuple[tuple[str, int], ...] = (  # the first pattern that matches a whole name decides
    (r".*(vocab_size|vocabulary_size|n_vocab)|vocab_size_.*|num_embeddings", VOCABULARY),
    (
        r"(max_)?(source_|target_|decoder_|encoder_)?(max_)?(n_)?(position_embeddings|positions|seq_len|position)",
        POSITIONS,
    ),
    (r"max_position_embeddings.*|n_ctx|max_sequence_length|max_seq_length|original_max_position_embeddings", POSITIONS),
    (r"max_(source|target)_positions|max_2d_position_embeddings", POSITIONS),
    (r".*(key_value_heads|kv_heads|kv_head|num_kv)", 2),
    (r"(num_)?(experts_per_tok|selected_experts|experts_per_token|experts_topk)|.*top_?k(_experts)?|moe_k", 2),
    (r"(n_|num_)?(local_|routed_)?(num_)?experts(_count)?|moe_num_experts|n_group|topk_group", EXPERTS),
    (r"qk_rope_head_dim|rotary_dim|rope_head_dim", 4),
    (r"qk_head_dim", 12),
    (r".*(_head_dim|head_size|key_length|kv_channels|d_kv)|head_dim|.*_nope_head_dim|d_head", HEAD_WIDTH),
    (r".*lora_rank|.*_rank|rank", HEAD_WIDTH),
    (r".*(num|n)_.*heads?|.*attention_heads|num_heads|n_heads?|heads", HEADS),
    (
        r".*(intermediate_size|ffn_dim|ffn_hidden_size|d_ff|dff|inner_dim|d_inner|mlp_dim|ffn_size|intermediate_dim)",
        INNER,
    ),
    (r".*(num_hidden_layers|num_layers|n_layers?|_layers|num_blocks|num_encoder_blocks|depth)|layers", BLOCKS),
    (
        r"(hidden_size|d_model|n_embd|emb_dim|embedding_size|embed_dim|hidden_dim|dim|width|model_dim|word_embed_proj_dim)",
        WIDTH,
    ),
    (r".*(_hidden_size|_embed_dim|_embedding_size|_dim|_embedding_dim|_width|_hidden_dim)|d_embed|lru_width", WIDTH),
    (r"image_size|input_size", 16),
    (r"patch_size", 4),
    (r"(sliding_|attention_|local_attention_)?window(_size)?|local_attention", 8),
    (r".*state_size|ssm_state_size|mamba_d_state|d_state", 8),
    (r"chunk_size|.*_chunk_size|mamba_chunk_size|mlstm_chunk_size", 16),
)
_UNSTATED = {"num_key_value_heads": 2, "head_dim": HEAD_WIDTH, "vocab_size": VOCABULARY}  # some defaults are None
_MROPE = {"rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [1, 1, 2]}}
_MAMBA2 = {"num_heads": 8, "head_dim": HEAD_WIDTH, "mamba_num_heads": 8, "n_mamba_heads": 8, "n_groups": 1}
_ALL_HEADS = {"num_key_value_heads": HEADS}
_OWN: dict[str, dict[str, Any]] = {  # what no rule gives
    "dots1": {"n_routed_experts": EXPERTS, "n_shared_experts": 1, "num_experts_per_tok": 2},
    "esmc": _ALL_HEADS,
    "funnel": {"block_sizes": [1, 1], "block_repeats": None},
    "gpt_neo": {"attention_types": [[["global", "local"], 1]]},
    "lfm2_moe": {"layer_types": ["conv", "full_attention"]},
    "mamba2": _MAMBA2,
    "mobilebert": {"intra_bottleneck_size": WIDTH},
    "nemotron_h": _MAMBA2,
    "reformer": {"axial_pos_embds": False, "attn_layers": ["local", "lsh"]},
    "zamba2": _MAMBA2 | {"layers_block_type": ["linear_attention", "hybrid"], "mamba_ngroups": 1} | _ALL_HEADS,
}
_TOKEN = re.compile(r".*(token_id|_token_index|_idx|_id|_index)")


def tiny_config(model_type: str) -> Any:
    """The smallest sensible configuration of a model type, as an object of its configuration class.

    Raises:
        Exception: whatever the configuration's class raises where the rules do not fit it.
    """
    from transformers import AutoConfig

    return AutoConfig.for_model(model_type, **_shrunk(AutoConfig.for_model(model_type)) | _OWN.get(model_type, {}))


def _shrunk(config: Any) -> dict[str, Any]:
    """The entries of a configuration that become smaller, nested ones too."""
    own: dict[str, Any] = {}
    for key, value in config.to_dict().items():
        inner = vars(config).get(key)
        if hasattr(inner, "to_dict"):
            own[key] = _shrunk(inner) | _OWN.get(inner.model_type, {}) | {"model_type": inner.model_type}
        elif value is None and key in _UNSTATED:
            own[key] = _UNSTATED[key]
        elif isinstance(value, int) and not isinstance(value, bool) and _size(key, value) != value:
            own[key] = _size(key, value)
    if "qk_rope_head_dim" in own and "head_dim" in own:
        own["head_dim"] = own["qk_rope_head_dim"]  # as DeepSeek derives it
    if (
        re.match(r"(glm|qwen2_vl|qwen2_5|qwen3_vl|qwen3_5|paddleocr).*", config.model_type)
        and "text" in config.model_type
    ):
        own |= _MROPE
    return own


def _size(key: str, value: int) -> int:
    if _TOKEN.fullmatch(key):
        return value if 0 <= value < VOCABULARY else 0
    for pattern, size in _RULES:
        if re.fullmatch(pattern, key):
            return min(value, size) if value > 0 else value
    return value
