"""Reading and drawing backbones: what is read, what is refused in one sentence, and what is never run or fetched."""

import json
import pickle
import re
import shutil
from pathlib import Path

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from frostformer.config import RunConfig
from frostformer.errors import InputError
from frostformer.models.backbones import loading
from frostformer.models.backbones.registry import build_backbone
from helpers import FAMILIES, WIDTH, at_once, embeddings, load, run, same_state

WITH_DROPOUT = [family for family in FAMILIES if family != "mamba"]  # which has none
SNAPSHOT, OLDER = "0" * 40, "1" * 40  # commits on the hub


@pytest.mark.parametrize(("family", "places"), [("gpt2", 2), ("t5-encoder", 2)])
def test_gelu_new_is_replaced_by_the_fused_form(folders, family, places):
    kinds = [type(module).__name__ for module in load(folders[family]).modules()]
    assert "NewGELUActivation" not in kinds
    assert sum("GELUTanh" in kind for kind in kinds) == places


@pytest.mark.parametrize("family", WITH_DROPOUT)
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


@pytest.mark.parametrize("family", WITH_DROPOUT)
@torch.no_grad()
def test_dropout_acts_in_training_only(folders, family):
    backbone = load(folders[family], dropout=0.3)
    assert torch.equal(run(backbone, embeddings()), run(backbone, embeddings()))
    backbone.train()
    assert not torch.equal(run(backbone, embeddings()), run(backbone, embeddings()))


def test_refuses_more_layers_than_there_are(folders):
    with pytest.raises(InputError, match=r"layers is 3, but backbone '.*' has 2"):
        load(folders["gpt2"], layers=3)


def load_revision(source, revision, weights="pretrained"):
    return loading.load_backbone(str(source), weights, None, 0.0, 0, revision).eval()


def one_sentence(source, *parts, weights="pretrained", revision=None) -> None:
    with at_once(), pytest.raises(InputError) as caught:
        load_revision(source, revision, weights)
    message = str(caught.value)
    assert "\n" not in message
    assert str(source) in message
    assert all(part in message for part in parts), message


@pytest.mark.parametrize("name", ["gpt2-that-is-not-there", "nobody/nothing"])
def test_a_model_that_is_not_there_is_one_sentence(name):
    one_sentence(name, "cannot be reached", f"hf download {name}", "embedded")
    one_sentence(name, "cannot be reached", weights="random")


@pytest.mark.parametrize("name", ["/no/such/folder", "./no-such-folder", "no/such/folder", "~/no-such-folder"])
def test_a_folder_that_is_not_there_is_one_sentence(name):
    one_sentence(name, "no such folder")


@pytest.mark.parametrize("name", ["gpt 2", "a--b", ""])
def test_a_name_that_cannot_be_one_is_one_sentence(name):
    one_sentence(name)


@pytest.fixture
def snapshot(tmp_path, monkeypatch):
    """Where an empty cache of the hub would keep GPT-2."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    model = tmp_path / "models--openai-community--gpt2"
    (model / "refs").mkdir(parents=True)
    (model / "refs" / "main").write_text(SNAPSHOT)
    (model / "snapshots").mkdir()
    return model / "snapshots" / SNAPSHOT


@pytest.mark.parametrize("weights", ["pretrained", "statistics", "shuffled"])
@pytest.mark.parametrize("name", ["gpt2", "openai-community/gpt2"])
def test_a_known_backbone_without_network_is_one_sentence_with_three_ways_out(snapshot, name, weights):
    ways_out = ("hf download openai-community/gpt2", "`--weights random`", "`--backbone embedded`")
    one_sentence(name, "cannot be reached", *ways_out, weights=weights)


def test_a_cached_backbone_needs_no_network(snapshot, folders):
    shutil.copytree(folders["gpt2"], snapshot)
    assert same_state(load("gpt2"), load(folders["gpt2"]))


def test_a_half_cached_backbone_is_one_sentence(snapshot, folders):
    snapshot.mkdir()
    shutil.copy(folders["gpt2"] / "config.json", snapshot)
    one_sentence("gpt2", "not whole in the Hugging Face cache", "hf download openai-community/gpt2")


@pytest.fixture
def older_snapshot(snapshot, folders):
    """Of another commit, which has the tag `v1`; main's model has one block less."""
    model_class, sizes = FAMILIES["gpt2"]
    model_class(model_class.config_class(**sizes | {"n_layer": 1})).save_pretrained(snapshot)
    (snapshot.parent.parent / "refs" / "v1").write_text(OLDER)
    return shutil.copytree(folders["gpt2"], snapshot.parent / OLDER)


@pytest.mark.parametrize("revision", [OLDER, "v1"])
@pytest.mark.parametrize("name", ["gpt2", "openai-community/gpt2"])
def test_a_revision_gives_its_own_configuration_and_weights(older_snapshot, folders, name, revision):
    assert same_state(load_revision(name, revision), load(folders["gpt2"]))
    assert load_revision(name, revision, "shuffled").num_blocks == 2
    assert load_revision(name, None).num_blocks == load_revision(name, "main").num_blocks == 1


def test_a_cached_revision_needs_neither_network_nor_the_main_branch(older_snapshot, folders):
    shutil.rmtree(older_snapshot.with_name(SNAPSHOT))
    assert same_state(load_revision("gpt2", "v1"), load(folders["gpt2"]))
    one_sentence("gpt2", "cannot be reached")


def test_fresh_weights_of_a_backbone_on_the_hub_have_the_shape_of_the_revision(older_snapshot):
    """Of one whose shape is not known without its configuration."""
    model = older_snapshot.parent.parent
    model.rename(model.with_name("models--somebody--gpt2"))
    assert [load_revision("somebody/gpt2", revision, "random").num_blocks for revision in (None, "v1")] == [1, 2]


def test_a_revision_that_is_not_there_is_one_sentence(older_snapshot):
    one_sentence("gpt2", "revision 'v2'", "hf download openai-community/gpt2 --revision v2`", revision="v2")


@pytest.mark.parametrize("source", ["embedded", "a folder", "a .gguf file"])
@pytest.mark.parametrize("weights", ["pretrained", "random", "shuffled"])
def test_a_revision_of_what_is_on_this_machine_is_refused(folders, tmp_path, source, weights):
    (tmp_path / "model.gguf").touch()
    name = {"a folder": folders["gpt2"], "a .gguf file": tmp_path / "model.gguf"}.get(source, source)
    one_sentence(name, "revision 'v1'", "leave the revision out", weights=weights, revision="v1")


@pytest.mark.parametrize(("name", "module"), [("lstm", None), ("one-attention", None), ("own", torch.nn.Identity())])
def test_a_revision_of_what_has_no_checkpoint_is_refused(name, module):
    with pytest.raises(InputError, match=f"^backbone '{name}' has no revision 'v1', .*: leave the revision out$"):
        build_backbone(RunConfig(backbone=name, revision="v1"), module)


@pytest.mark.parametrize("weights", ["random", "random-2021"])
def test_a_revision_of_fresh_weights_that_need_no_hub_is_refused(weights):
    one_sentence("gpt2", "revision 'v1'", "leave the revision out", weights=weights, revision="v1")


def test_fresh_weights_of_a_known_backbone_need_neither_files_nor_network(monkeypatch):
    monkeypatch.setattr(loading, "find_model", None)  # not even asked
    backbone = load("gpt2", "random", layers=1)
    assert (backbone.width, backbone.max_length, backbone.num_blocks, backbone.causal) == (768, 1024, 1, True)
    assert 0.0199 < backbone.model.h[0].attn.c_attn.weight.std() < 0.0201


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


GGUF_NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "embed_tokens": "token_embd",
    "norm": "output_norm",
}


def write_gguf(path: Path, model: transformers.Qwen2Model) -> None:
    """Qwen2, since it is stored without any rearrangement."""
    import gguf

    writer, config = gguf.GGUFWriter(path, "qwen2"), model.config
    writer.add_block_count(config.num_hidden_layers)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_vocab_size(config.vocab_size)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    for name, tensor in model.state_dict().items():
        block, part, kind = re.fullmatch(r"(?:layers\.(\d+)\.)?(.*)\.(weight|bias)", name).groups()
        writer.add_tensor(f"blk.{block}." * bool(block) + f"{GGUF_NAMES[part]}.{kind}", tensor.numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@torch.no_grad()
def test_a_gguf_file_is_the_model_it_was_made_of(tmp_path):
    pytest.importorskip("gguf")
    sizes = {"intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1}
    model = transformers.Qwen2Model(transformers.Qwen2Config(hidden_size=WIDTH, vocab_size=40, **sizes)).eval()
    write_gguf(tmp_path / "model.gguf", model)
    expected = model(inputs_embeds=embeddings()).last_hidden_state
    backbone = load(tmp_path / "model.gguf")
    torch.testing.assert_close(run(backbone, embeddings()), expected, rtol=1e-5, atol=1e-5)
    assert load(tmp_path / "model.gguf", "random", layers=1).num_blocks == 1


@pytest.mark.parametrize("content", [b"", b"GGUF", b"GGUF" + bytes(40)])
def test_a_damaged_gguf_file_is_one_sentence(tmp_path, content):
    pytest.importorskip("gguf")
    (tmp_path / "model.gguf").write_bytes(content)
    one_sentence(tmp_path / "model.gguf")


def test_missing_weights_are_not_silently_fresh_ones(copy):
    tensors = load_file(copy / "model.safetensors")
    kept = {name: tensor for name, tensor in tensors.items() if "h.1.mlp" not in name}
    assert len(kept) == len(tensors) - 4
    save_file(kept, copy / "model.safetensors", {"format": "pt"})
    one_sentence(copy)


def test_a_family_without_inputs_embeds_is_one_sentence(tmp_path):
    shape = {"hidden_size": WIDTH, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    config = transformers.DeiTConfig(image_size=8, patch_size=4, **shape)
    transformers.DeiTModel(config).save_pretrained(tmp_path)
    one_sentence(tmp_path, "inputs_embeds")


def test_a_kernel_named_by_a_checkpoint_is_not_fetched(copy):
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(config | {"_attn_implementation": "someone/kernel"}))
    assert load(copy).model.config._attn_implementation == "sdpa"


def test_a_folder_goes_before_a_known_name(folders, tmp_path, monkeypatch):
    shutil.copytree(folders["gpt2"], tmp_path / "gpt2")
    monkeypatch.chdir(tmp_path)
    assert {load("gpt2", weights).width for weights in ("pretrained", "random")} == {WIDTH}
