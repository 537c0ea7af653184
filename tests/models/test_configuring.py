"""Configurations: which are refused, and that no chance is left in training where dropout is 0."""

import json

import pytest
import torch

from benchmarks.tiny_configs import tiny_config
from frostformer.errors import InputError
from frostformer.models.backbones.configuring import all_configs, configure
from helpers import load

CHANCE = [
    ("opt", {"layerdrop": 0.5}),
    ("bart", {"encoder_layerdrop": 0.5}),
    ("pegasus", {"encoder_layerdrop": 0.9}),
    ("mixtral", {"router_jitter_noise": 0.5}),
    ("switch_transformers", {"router_jitter_noise": 0.5}),
    ("phimoe", {"router_jitter_noise": 0.5, "input_jitter_noise": 0.5}),
    ("gpt2", {}),
    ("xlnet", {}),
]
UNKNOWN_CHANCE = [
    *("router_jitter_noise", "moe_jitter_eps", "layerdrop", "speech_layerdrop", "layer_drop_prob", "drop_path_rate"),
    *(
        "block_path_drop",
        "stochastic_depth_prob",
        "mask_time_prob",
        "mask_feature_prob",
        "attn_drop_rate",
        "gumbel_noise",
    ),
]


@pytest.mark.parametrize("dropout", [0.0, 0.5])
@pytest.mark.parametrize(("model_type", "entries"), CHANCE)
def test_only_dropout_is_drawn_in_training(tmp_path, model_type, entries, dropout):
    config = tiny_config(model_type)
    for key, value in entries.items():
        setattr(config, key, value)
    config.save_pretrained(tmp_path)
    for seed in range(3):
        backbone = load(tmp_path, "random", dropout=dropout, seed=seed).train()
        vectors, lengths = torch.randn(4, 6, backbone.width), torch.tensor([6] * 4)
        assert torch.equal(backbone(vectors, lengths), backbone(vectors, lengths)) == (dropout == 0)


@pytest.mark.parametrize("key", UNKNOWN_CHANCE)
def test_chance_is_known_by_its_kind_of_name(key):
    config = tiny_config("llava")
    places = [config, config.text_config, config.vision_config]
    for place in places:
        setattr(place, key, 0.3)
    configure(config, 0.2)
    assert [getattr(place, key) for place in places] == [0.0] * 3


def test_configurations_inside_are_changed_alike():
    config = tiny_config("llava")
    config.text_config.attention_dropout = config.text_config.attention_kept = 0.7
    config.text_config.extra = {"resid_pdrop": 0.7, "hidden_act": "gelu_new", "apply_spec_augment": True}
    config.text_config.use_dropout_everywhere = True
    assert config.text_config in list(all_configs(config))
    configure(config, 0.1)
    text = config.text_config
    assert (text.attention_dropout, text.attention_kept, text.use_dropout_everywhere) == (0.1, 0.7, True)
    assert text.extra == {"resid_pdrop": 0.1, "hidden_act": "gelu_pytorch_tanh", "apply_spec_augment": False}
    assert text.use_cache is False


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("", "config.json is not a JSON object"),
        ("[]", "config.json is not a JSON object (it is a list, not an object)"),
        ('{"a":' * 100_000, "config.json is not a JSON object (maximum recursion"),
        ("{}", "its config.json names no model_type"),
        ('{"model_type": 7}', "its config.json names no model_type"),
        ('{"model_type": "gpt9"}', "does not know its model_type 'gpt9': update transformers if the model is newer"),
        ('{"model_type": "own", "auto_map": {"AutoModel": "m.Model"}}', "needs program code that came with it"),
        ('{"model_type": "gpt2", "resid_pdrop": "a"}', "Field 'resid_pdrop' with value 'a'"),
    ],
)
def test_a_configuration_that_cannot_be_read_is_refused_with_the_cause(tmp_path, content, cause):
    (tmp_path / "config.json").write_text(content)
    for weights in ("pretrained", "random"):
        with pytest.raises(InputError) as caught:
            load(tmp_path, weights)
        assert "\n" not in str(caught.value)
        assert cause in str(caught.value)


def test_a_configuration_that_is_a_folder_is_one_sentence(tmp_path):
    (tmp_path / "config.json").mkdir()
    with pytest.raises(InputError, match=r"has no config\.json"):
        load(tmp_path)


def test_sizes_are_kept(folders):
    before = json.loads((folders["gpt2"] / "config.json").read_text())
    after = load(folders["gpt2"]).model.config.to_dict()
    assert {key: after[key] for key in ("n_layer", "n_embd", "n_head", "n_positions", "initializer_range")} == {
        key: before[key] for key in ("n_layer", "n_embd", "n_head", "n_positions", "initializer_range")
    }
