"""The text about a configuration: another one for another function, the same one in another version of the library."""

import json

import pytest
import transformers

from frostformer.models.backbones.architecture import architecture_text

SMALL = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}


class NewerPhi(transformers.PhiConfig):
    """As a later version of the library may have it: with entries that old checkpoints do not know."""

    new_number: float = 1.702
    new_switch: bool = True
    new_choice: str | None = None
    new_kinds: tuple[str, ...] = ("full", "sliding")


class PhiUpTo517(transformers.PhiConfig):
    """As the library had it up to 5.17: with an entry of `rope_parameters` repeated."""

    def __post_init__(self, **entries):
        super().__post_init__(**entries)
        self.partial_rotary_factor = self.rope_parameters["partial_rotary_factor"]


@pytest.mark.parametrize(("kind", "entry"), [(NewerPhi, "new_number"), (PhiUpTo517, "partial_rotary_factor")])
@pytest.mark.parametrize("chosen", [{}, SMALL, SMALL | {"rope_theta": 5000.0, "partial_rotary_factor": 0.25}])
def test_a_new_entry_with_a_default_and_a_repeated_one_change_nothing(kind, entry, chosen):
    config, expected = kind(**chosen), transformers.PhiConfig(**chosen)
    assert entry in config.to_dict()
    assert architecture_text(config) == architecture_text(expected)


def test_a_new_entry_with_another_value_is_seen():
    texts = {architecture_text(NewerPhi(**change)) for change in ({}, {"new_number": 1.0}, {"new_switch": False})}
    assert len(texts) == 3


CHANGES = {
    transformers.GPT2Config: [
        {"n_head": 6},
        {"activation_function": "relu"},
        {"layer_norm_epsilon": 1e-6},
        {"scale_attn_weights": False},
        {"scale_attn_by_inverse_layer_idx": True},
    ],
    transformers.LlamaConfig: [
        {"rope_theta": 5000.0},
        {"rope_parameters": {"rope_type": "linear", "factor": 2.0, "rope_theta": 10000.0}},
        {"rms_norm_eps": 1e-5},
        {"hidden_act": "gelu"},
        {"num_key_value_heads": 8},
        {"head_dim": 64},
    ],
    transformers.PhiConfig: [{"partial_rotary_factor": 0.25}, {"rope_theta": 5000.0}, {"qk_layernorm": True}],
    transformers.MistralConfig: [{"sliding_window": 77}, {"sliding_window": None}],
    transformers.Gemma2Config: [
        {"sliding_window": 77},
        {"attn_logit_softcapping": 30.0},
        {"query_pre_attn_scalar": 64},
        {"layer_types": ["full_attention"] * 26},
    ],
    transformers.ModernBertConfig: [{"local_attention": 64}, {"local_rope_theta": 5000.0}],
    transformers.RobertaConfig: [{"pad_token_id": 0}],
    transformers.LongformerConfig: [{"attention_window": 64}],
    transformers.T5Config: [{"feed_forward_proj": "gated-gelu"}, {"relative_attention_max_distance": 64}],
}


@pytest.mark.parametrize("kind", CHANGES, ids=lambda kind: kind.__name__)
def test_what_changes_values_is_told_apart(kind):
    texts = [architecture_text(kind(**change)) for change in [{}, *CHANGES[kind]]]
    assert len(set(texts)) == len(texts)


def test_the_kind_of_model_is_told_apart():
    kinds = (transformers.LlamaConfig, transformers.MistralConfig, transformers.GPTNeoXConfig)
    assert len({architecture_text(kind(**SMALL)) for kind in kinds}) == len(kinds)


@pytest.mark.parametrize(
    "change",
    [
        {"attention_dropout": 0.3},
        {"use_cache": False},
        {"dtype": "bfloat16"},
        {"architectures": ["LlamaForCausalLM"]},
        {"num_labels": 7},
        {"name_or_path": "/somewhere"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_changes_no_value_is_left_out(change):
    assert architecture_text(transformers.LlamaConfig(**SMALL, **change)) == architecture_text(
        transformers.LlamaConfig(**SMALL)
    )


def test_what_is_missing_inside_an_entry_is_seen():
    whole, lacking = transformers.PhiConfig(), transformers.PhiConfig()
    del lacking.rope_parameters["partial_rotary_factor"]
    assert architecture_text(lacking) != architecture_text(whole)
    assert json.loads(architecture_text(lacking))["rope_parameters"] == {"partial_rotary_factor": None}


def test_a_class_without_defaults_is_written_down_whole():
    class NeedsASize(transformers.PreTrainedConfig):
        model_type = "needs-a-size"

        def __init__(self, size, **entries):
            super().__init__(**entries)
            self.size = size

    assert architecture_text(NeedsASize(3)) != architecture_text(NeedsASize(4))


def test_a_stored_configuration_gives_the_same_text(tmp_path):
    config = transformers.PhiConfig(**SMALL, rope_theta=5000.0, partial_rotary_factor=0.25)
    config.save_pretrained(tmp_path)
    assert architecture_text(transformers.AutoConfig.from_pretrained(tmp_path)) == architecture_text(config)


def test_what_is_drawn_in_training_alone_is_left_out():
    kept = architecture_text(transformers.SwitchTransformersConfig())
    assert architecture_text(transformers.SwitchTransformersConfig(router_jitter_noise=0.0, dropout_rate=0.3)) == kept
