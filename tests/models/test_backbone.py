"""Parameter groups told by structure, checked against each family's own names, written out by hand."""

import re

import pytest

from helpers import FAMILIES, load

BY_NAME = {  # family -> group -> what its parameters are called; exactly one must match
    "gpt2": {
        "layer_norm": r"\.(ln_1|ln_2|ln_f)\.",
        "position": r"\.wpe\.",
        "attention": r"\.attn\.",
        "feedforward": r"\.mlp\.",
    },
    "llama": {
        "layer_norm": r"(layernorm|model\.norm)\.",
        "attention": r"\.self_attn\.[qkvo]_proj\.",
        "feedforward": r"\.mlp\.",
    },
    "gpt-neox": {
        "layer_norm": r"(layernorm|layer_norm)\.",
        "attention": r"\.attention\.",
        "feedforward": r"\.mlp\.",
    },
    "bert": {
        "layer_norm": r"\.LayerNorm\.",
        "position": r"\.(position_embeddings|token_type_embeddings)\.",
        "attention": r"\.attention\.(self\.|output\.dense)",
        "feedforward": r"\.\d+\.(intermediate|output)\.dense",
    },
    "t5": {
        "layer_norm": r"layer_norm\.",
        "position": r"\.relative_attention_bias\.",
        "attention": r"\.SelfAttention\.[qkvo]\.",
        "feedforward": r"\.DenseReluDense\.",
    },
    "vit": {
        "layer_norm": r"layernorm(_before|_after)?\.",
        "position": r"\.positions\.",
        "attention": r"\.attention\.",
        "feedforward": r"\.mlp\.",
    },
    "opt": {
        "layer_norm": r"layer_norm\.",
        "position": r"\.embed_positions\.",
        "attention": r"\.self_attn\.",
        "feedforward": r"\.fc[12]\.",
    },
    "modernbert": {
        "layer_norm": r"norm\.",
        "attention": r"\.attn\.",
        "feedforward": r"\.mlp\.",
    },
    "mamba": {
        "layer_norm": r"\.(norm|norm_f)\.",
        "attention": r"\.mixer\.",
    },
}
BY_NAME["t5-encoder"] = BY_NAME["t5"]
BY_NAME["longformer"] = BY_NAME["bert"]
BY_NAME["qwen3"] = BY_NAME["llama"] | {"layer_norm": r"(layernorm|model\.norm|self_attn\.[qk]_norm)\."}


@pytest.mark.parametrize("family", FAMILIES)
def test_groups_are_what_the_family_calls_them(folders, family):
    backbone = load(folders[family])
    groups = backbone.parameter_groups()
    assert set(groups) == {name for name, _ in backbone.named_parameters()}
    for name, group in groups.items():
        assert [g for g, pattern in BY_NAME[family].items() if re.search(pattern, name)] == [group], name
    assert set(groups.values()) == set(BY_NAME[family])
