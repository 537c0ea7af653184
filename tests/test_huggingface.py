"""Hugging Face models as backbones: the same function as the untouched model, and one sentence where there is none."""

import json
import pickle
import re
import shutil
import time
from pathlib import Path

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from conftest import CAUSAL, FAMILIES, POSITIONS, WIDTH, save_model
from frostformer.backbones.huggingface import HuggingFaceBackbone, load_backbone
from frostformer.errors import InputError

UNTOUCHED = {"t5": transformers.T5EncoderModel, "t5-encoder": transformers.T5EncoderModel}


def load(source, weights="pretrained", layers=None, dropout=0.0, seed=0) -> HuggingFaceBackbone:
    return load_backbone(str(source), weights, layers, dropout, seed).eval()


def embeddings(positions: int = 9) -> torch.Tensor:
    return torch.randn(2, positions, WIDTH, generator=torch.Generator().manual_seed(3))


def whole(vectors: torch.Tensor) -> torch.Tensor:
    return torch.full((len(vectors),), vectors.shape[1])


def same_state(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    one, other = one.state_dict(), other.state_dict()
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("family", FAMILIES)
@torch.no_grad()
def test_is_the_same_function_as_the_untouched_model(folders, family):
    untouched = UNTOUCHED.get(family, transformers.AutoModel).from_pretrained(folders[family]).eval()
    vectors = embeddings()
    expected = untouched(inputs_embeds=vectors).last_hidden_state
    torch.testing.assert_close(load(folders[family])(vectors, whole(vectors)), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("family", "places"), [("gpt2", 2), ("t5-encoder", 2)])
def test_gelu_new_is_replaced_by_the_fused_form(folders, family, places):
    kinds = [type(module).__name__ for module in load(folders[family]).modules()]
    assert "NewGELUActivation" not in kinds
    assert sum("GELUTanh" in kind for kind in kinds) == places


@pytest.mark.parametrize("family", FAMILIES)
def test_causality_width_and_length_are_right(folders, family):
    backbone = load(folders[family])
    assert backbone.causal == (family in CAUSAL)
    assert backbone.width == WIDTH
    assert backbone.max_length == (POSITIONS if family in ("gpt2", "bert") else None)
    assert backbone.num_blocks == 2


@pytest.mark.parametrize("weights", ["pretrained", "random"])
@pytest.mark.parametrize("family", FAMILIES)
def test_causality_does_not_depend_on_weights_or_dropout(folders, family, weights):
    assert load(folders[family], weights, dropout=0.5).causal == (family in CAUSAL)


def test_rows_that_stand_for_padding_are_no_positions(tmp_path):
    config = transformers.RobertaConfig(
        vocab_size=40,
        hidden_size=WIDTH,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=20,
        pad_token_id=1,
    )
    transformers.RobertaModel(config).save_pretrained(tmp_path)
    backbone = load(tmp_path)
    assert backbone.max_length == 18
    vectors = embeddings(18)
    assert backbone(vectors, whole(vectors)).shape == (2, 18, WIDTH)


@pytest.mark.parametrize("family", FAMILIES)
def test_no_token_table_and_no_pooler_is_left(folders, family):
    names = [name for name, _ in load(folders[family]).named_parameters()]
    assert not [name for name in names if re.search(r"wte|embed_tokens|embed_in|word_embeddings|shared|pooler", name)]
    assert not [name for name in names if "decoder" in name]


@pytest.mark.parametrize("family", FAMILIES)
@torch.no_grad()
def test_truncation_keeps_the_first_layers(folders, family):
    short, long = load(folders[family], layers=1), load(folders[family])
    assert short.num_blocks == 1
    kept, everything = short.state_dict(), long.state_dict()
    assert 0 < len(kept) < len(everything)
    assert all(torch.equal(tensor, everything[name]) for name, tensor in kept.items())
    vectors = embeddings()
    assert not torch.allclose(short(vectors, whole(vectors)), long(vectors, whole(vectors)), atol=1e-2)


@torch.no_grad()
def test_a_truncated_gpt2_stops_after_its_first_block(folders):
    untouched = transformers.GPT2Model.from_pretrained(folders["gpt2"]).eval()
    vectors = embeddings()
    after_first = untouched(inputs_embeds=vectors, output_hidden_states=True).hidden_states[1]
    short = load(folders["gpt2"], layers=1)
    torch.testing.assert_close(short(vectors, whole(vectors)), untouched.ln_f(after_first), rtol=1e-5, atol=1e-5)


def test_refuses_more_layers_than_there_are(folders):
    with pytest.raises(InputError, match=r"layers is 3, but backbone '.*' has 2"):
        load(folders["gpt2"], layers=3)


@pytest.mark.parametrize("family", FAMILIES)
def test_random_weights_are_a_function_of_the_seed(folders, family):
    one = load(folders[family], "random", seed=1)
    torch.rand(7)  # whatever was drawn before does not matter
    assert same_state(one, load(folders[family], "random", seed=1))
    assert not same_state(one, load(folders[family], "random", seed=2))


def test_random_weights_are_fresh_ones(folders):
    fresh, pretrained = load(folders["gpt2"], "random").model, load(folders["gpt2"]).model
    assert (fresh.h[0].ln_1.weight == 1).all()
    assert (fresh.h[0].attn.c_attn.bias == 0).all()
    assert 0.018 < fresh.h[0].attn.c_attn.weight.std() < 0.022  # GPT-2 draws from N(0, 0.02)
    assert not (pretrained.h[0].ln_1.weight == 1).any()


@pytest.mark.parametrize("family", FAMILIES)
def test_dropout_reaches_every_module(folders, family):
    for dropout in (0.0, 0.3):
        modules = list(load(folders[family], dropout=dropout).modules())
        layers = [module.p for module in modules if isinstance(module, torch.nn.Dropout)]
        numbers = [
            number
            for module in modules
            for name in ("dropout", "attention_dropout", "dropout_prob", "hidden_dropout")
            if isinstance(number := getattr(module, name, None), float)
        ]
        assert layers + numbers
        assert set(layers + numbers) == {dropout}


@pytest.mark.parametrize("family", FAMILIES)
@torch.no_grad()
def test_dropout_acts_in_training_only(folders, family):
    vectors = embeddings()
    backbone = load(folders[family], dropout=0.3)
    assert torch.equal(backbone(vectors, whole(vectors)), backbone(vectors, whole(vectors)))
    backbone.train()
    assert not torch.equal(backbone(vectors, whole(vectors)), backbone(vectors, whole(vectors)))


@pytest.mark.parametrize("family", FAMILIES)
def test_depth_counts_blocks_from_one(folders, family):
    backbone = load(folders[family])
    depths = {name: backbone.depth_of(name) for name in backbone.parameter_groups()}
    for name, depth in depths.items():
        inside = re.search(r"\.(?:h|layers|layer|block)\.(\d+)\.", name)
        assert depth == int(inside[1]) + 1 if inside else depth in (0, 3), name
    behind = {"gpt2": "ln_f", "llama": "model.norm", "gpt-neox": "final_layer_norm", "t5": "final_layer_norm"}
    if family in behind:
        assert [name for name, depth in depths.items() if depth == 3 and behind[family] in name]
    assert all(depth == 0 for name, depth in depths.items() if "embeddings" in name or "wpe" in name)


def one_sentence(source, *parts, **options) -> None:
    started = time.monotonic()
    with pytest.raises(InputError) as caught:
        load(source, **options)
    assert time.monotonic() - started < 5  # at once
    message = str(caught.value)
    assert "\n" not in message
    assert str(source) in message
    assert all(part in message for part in parts), message


@pytest.mark.parametrize("name", ["gpt2-that-is-not-there", "nobody/nothing"])
def test_a_model_that_is_not_there_is_one_sentence(name):
    one_sentence(name, "cannot be reached", "hf download", "embedded")


@pytest.mark.parametrize("name", ["/no/such/folder", "./no-such-folder", "no/such/folder", "~/no-such-folder"])
def test_a_folder_that_is_not_there_is_one_sentence(name):
    one_sentence(name, "no such folder")


@pytest.mark.parametrize("name", ["gpt 2", "a--b", ""])
def test_a_name_that_cannot_be_one_is_one_sentence(name):
    one_sentence(name)


@pytest.fixture
def copy(folders, tmp_path):
    """A copy of the tiny GPT-2 to damage."""
    return shutil.copytree(folders["gpt2"], tmp_path / "copy")


def test_pickled_weights_are_never_read(copy):
    class Evil:
        def __reduce__(self):
            return Path.touch, (copy / "ran",)

    (copy / "model.safetensors").unlink()
    (copy / "pytorch_model.bin").write_bytes(pickle.dumps(Evil()))
    one_sentence(copy, "safetensors")
    assert not (copy / "ran").exists()


def test_an_empty_folder_is_one_sentence(tmp_path):
    one_sentence(tmp_path, "config.json")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"model_type": "no-such-model"}', "{}"])
def test_a_damaged_config_is_one_sentence(copy, content):
    (copy / "config.json").write_text(content)
    one_sentence(copy)


@pytest.mark.parametrize("weights", ["pretrained", "random"])
@pytest.mark.parametrize(
    "model_type", ["evil", "aimv2_text_model"]
)  # the second has a configuration but no model class
def test_code_from_a_checkpoint_is_never_run(copy, weights, model_type, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda *_: "y")
    config = json.loads((copy / "config.json").read_text())
    config |= {"model_type": model_type, "auto_map": {"AutoConfig": "evil.Config", "AutoModel": "evil.Model"}}
    (copy / "config.json").write_text(json.dumps(config))
    (copy / "evil.py").write_text("from pathlib import Path\nPath(__file__).with_name('ran').touch()\n")
    one_sentence(copy, weights=weights)
    assert not (copy / "ran").exists()


@pytest.mark.parametrize("kept", [0, 4, 200, -100])
def test_cut_weights_are_one_sentence(copy, kept):
    path = copy / "model.safetensors"
    path.write_bytes(path.read_bytes()[:kept])
    one_sentence(copy)


def test_weights_of_another_shape_are_one_sentence(copy):
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(config | {"n_embd": 64}))
    one_sentence(copy)


def test_missing_weights_are_not_silently_fresh_ones(copy):
    tensors = load_file(copy / "model.safetensors")
    kept = {name: tensor for name, tensor in tensors.items() if "h.1.mlp" not in name}
    assert len(kept) == len(tensors) - 4
    save_file(kept, copy / "model.safetensors", {"format": "pt"})
    one_sentence(copy)


def test_a_family_without_inputs_embeds_is_one_sentence(tmp_path):
    config = transformers.ViTConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, image_size=8, patch_size=4
    )
    transformers.ViTModel(config).save_pretrained(tmp_path)
    one_sentence(tmp_path, "inputs_embeds")


def test_a_kernel_named_by_a_checkpoint_is_not_fetched(copy):
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(config | {"_attn_implementation": "someone/kernel"}))
    assert load(copy).model.config._attn_implementation == "sdpa"


def test_states_wider_than_the_embeddings_are_read_at_their_width(tmp_path):
    shape = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    transformers.ElectraModel(transformers.ElectraConfig(embedding_size=16, **shape)).save_pretrained(tmp_path)
    backbone = load(tmp_path)
    assert (backbone.width, backbone.output_width) == (16, 32)
    assert backbone(torch.randn(2, 5, 16), torch.tensor([5, 3])).shape == (2, 5, 32)


def test_another_seed_of_the_helper_gives_another_model(folders, tmp_path):
    assert not same_state(load(folders["gpt2"]), load(save_model(tmp_path, "gpt2", seed=2)))
