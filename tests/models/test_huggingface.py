"""Hugging Face models as backbones: the same function as the untouched model, with vectors in place of tokens."""

import re

import pytest
import torch
import transformers

from helpers import CAUSAL, FAMILIES, LENGTHS, POSITIONS, WIDTH, embeddings, load, run, same_state, save_model

each_family = pytest.mark.parametrize("family", FAMILIES)
TOKENS_AND_UNUSED = (
    r"wte|embed_tokens|embed_in|word_embeddings|tok_embeddings|model\.embeddings\.weight|shared"
    r"|pooler|T5.*decoder|_global|cls_token|patch_embeddings"
)
SMALL = {"intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}


def untouched(folder, family):
    """The library's function from vectors to hidden states."""
    if family.startswith("t5"):
        model = transformers.T5EncoderModel.from_pretrained(folder).eval()
    else:
        model = transformers.AutoModel.from_pretrained(folder).eval()
    if family != "vit":
        return lambda vectors: model(inputs_embeds=vectors).last_hidden_state

    def blocks_and_norm(vectors):  # the new positions are zeros
        for layer in model.layers:
            vectors = layer(vectors)
        return model.layernorm(vectors)

    return blocks_and_norm


@each_family
@torch.no_grad()
def test_is_the_same_function_as_the_untouched_model(folders, family):
    vectors = embeddings()
    expected = untouched(folders[family], family)(vectors)
    torch.testing.assert_close(run(load(folders[family]), vectors), expected, rtol=1e-5, atol=1e-5)


@each_family
def test_causality_width_and_length_are_right(folders, family):
    backbone = load(folders[family])
    assert backbone.causal == (family in CAUSAL)
    assert (backbone.width, backbone.output_width) == (WIDTH, WIDTH)
    assert backbone.max_length == LENGTHS.get(family)
    assert backbone.num_blocks == 2


@torch.no_grad()
@pytest.mark.parametrize("family", [family for family in LENGTHS if family != "vit"])
def test_every_length_up_to_the_longest_can_be_run(folders, family):
    backbone = load(folders[family])
    for positions in (1, POSITIONS - 1, POSITIONS):
        assert run(backbone, embeddings(positions)).isfinite().all()


@pytest.mark.parametrize("weights", ["pretrained", "random"])
@each_family
def test_causality_does_not_depend_on_weights_or_dropout(folders, family, weights):
    assert load(folders[family], weights, dropout=0.5).causal == (family in CAUSAL)


def test_rows_that_stand_for_padding_are_no_positions(tmp_path):
    config = transformers.RobertaConfig(
        vocab_size=40, hidden_size=WIDTH, max_position_embeddings=20, pad_token_id=1, **SMALL
    )
    transformers.RobertaModel(config).save_pretrained(tmp_path)
    backbone = load(tmp_path)
    assert backbone.max_length == 18
    assert run(backbone, embeddings(18)).shape == (2, 18, WIDTH)


@each_family
def test_nothing_is_left_that_is_not_on_the_way(folders, family):
    names = [name for name, _ in load(folders[family]).named_parameters()]
    assert not [name for name in names if re.search(TOKENS_AND_UNUSED, name)]


@torch.no_grad()
def test_a_truncated_gpt2_stops_after_its_first_block(folders):
    model = transformers.GPT2Model.from_pretrained(folders["gpt2"]).eval()
    after_first = model(inputs_embeds=embeddings(), output_hidden_states=True).hidden_states[1]
    short = load(folders["gpt2"], layers=1)
    torch.testing.assert_close(run(short, embeddings()), model.ln_f(after_first), rtol=1e-5, atol=1e-5)


def test_states_wider_than_the_embeddings_are_read_at_their_width(tmp_path):
    config = transformers.ElectraConfig(embedding_size=16, hidden_size=32, **SMALL)
    transformers.ElectraModel(config).save_pretrained(tmp_path)
    backbone = load(tmp_path)
    assert (backbone.width, backbone.output_width) == (16, 32)
    assert backbone(torch.randn(2, 5, 16), torch.tensor([5, 3])).shape == (2, 5, 32)


def test_projections_around_the_blocks_have_their_depth(tmp_path):
    """As OPT-350m has them; it defines both before its blocks."""
    shape = {"hidden_size": 32, "word_embed_proj_dim": 16, "ffn_dim": 64, "num_hidden_layers": 2}
    config = transformers.OPTConfig(vocab_size=40, num_attention_heads=2, do_layer_norm_before=False, **shape)
    transformers.OPTModel(config).save_pretrained(tmp_path)
    backbone = load(tmp_path)
    assert (backbone.width, backbone.output_width) == (16, 16)
    depths = {name: backbone.depth_of(name) for name, _ in backbone.named_parameters() if ".layers." not in name}
    assert depths == {
        "model.decoder.embed_positions.weight": 0,
        "model.decoder.project_in.weight": 0,
        "model.decoder.project_out.weight": 3,
    }


def test_another_seed_of_the_helper_gives_another_model(folders, tmp_path):
    assert not same_state(load(folders["gpt2"]), load(save_model(tmp_path, "gpt2", seed=2)))
