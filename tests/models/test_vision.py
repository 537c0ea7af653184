"""An image transformer without its patch layer: blocks, last norm, and new positions that start at zero."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from torch.nn import functional

from frostformer.models.backbones.loading import load_backbone
from helpers import POSITIONS, WIDTH, embeddings, load, run


@pytest.fixture
def vit(folders):
    return load(folders["vit"])


@pytest.mark.parametrize("weights", ["pretrained", "random", "statistics", "shuffled"])
def test_the_new_position_table_has_1024_rows_of_zeros(folders, weights):
    vit = load(folders["vit"], weights)
    assert vit.max_length == 1024
    assert vit.model.positions.weight.shape == (1024, WIDTH)
    assert not vit.model.positions.weight.any()


def test_the_position_table_is_trained_and_lies_before_the_blocks(vit):
    assert [name for name, group in vit.parameter_groups().items() if group == "position"] == ["model.positions.weight"]
    assert vit.depth_of("model.positions.weight") == 0
    assert vit.model.positions.weight.requires_grad


def test_nothing_else_is_new_and_nothing_for_images_is_left(vit):
    parts = {name.split(".")[1] for name, _ in vit.named_parameters()}
    assert parts == {"positions", "layers", "layernorm"}


@torch.no_grad()
def test_a_row_of_the_table_is_added_to_the_embedding_at_its_position(vit):
    rows = torch.randn(1024, WIDTH)
    shifted = embeddings() + rows[:9]
    expected = run(vit, shifted)
    vit.model.positions.weight.copy_(rows)
    assert torch.equal(run(vit, embeddings()), expected)


@torch.no_grad()
def test_every_position_sees_every_other(vit):
    assert not vit.causal
    vectors = embeddings()
    before = run(vit, vectors)
    for changed in (0, 4, 8):
        other = vectors.clone()
        other[:, changed] *= -1
        assert ((run(vit, other) - before).abs().amax(dim=-1) > 1e-4).all()


@torch.no_grad()
def test_no_position_sees_padding(vit):
    vectors, lengths = embeddings(), torch.tensor([9, 4])
    hidden = vit(vectors, lengths)
    other = vectors.clone()
    other[1, 4:] = 100.0
    assert torch.equal(vit(other, lengths)[1, :4], hidden[1, :4])
    torch.testing.assert_close(run(vit, vectors[1:, :4]), hidden[1:, :4], rtol=1e-5, atol=1e-5)


@torch.no_grad()
def test_as_many_positions_as_rows(vit):
    vectors = torch.randn(1, 1024, WIDTH)
    assert run(vit, vectors).shape == vectors.shape
    assert vit.max_length > POSITIONS


@torch.no_grad()
def test_attention_maps_come_from_the_eager_kernel_where_asked_for(vit):
    vectors = embeddings()
    assert not vit.model(inputs_embeds=vectors).attentions
    vit.model.set_attn_implementation("eager")
    for _ in range(2):  # no hook stays behind
        output = vit.model(inputs_embeds=vectors, output_attentions=True)
        assert [tuple(block.shape) for block in output.attentions] == [(2, 2, 9, 9)] * 2
        torch.testing.assert_close(torch.stack(output.attentions).sum(-1), torch.ones(2, 2, 2, 9))
    torch.testing.assert_close(output.last_hidden_state, run(vit, vectors))


def test_truncation_keeps_the_last_norm(folders):
    vit = load(folders["vit"], layers=1)
    assert vit.num_blocks == 1
    assert vit.depth_of("model.layernorm.weight") == 2


def test_the_paper_s_shape_needs_no_network():
    vit = load_backbone("vit", "random", layers=1, dropout=0.0, seed=0)
    assert (vit.width, vit.max_length, vit.num_blocks, vit.causal) == (768, 1024, 1, False)


def official_form(vit, vectors):
    """(B, T, D) float64 through the blocks as timm has them in the official code: norms first, epsilon 1e-6."""
    tensors = {name.removeprefix("model."): tensor for name, tensor in vit.state_dict().items()}

    def linear(x, name):
        return functional.linear(x, tensors[f"{name}.weight"], tensors[f"{name}.bias"])

    def norm(x, name):
        centred = x - x.mean(-1, keepdim=True)
        scaled = centred / (centred.square().mean(-1, keepdim=True) + 1e-6).sqrt()
        return scaled * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]

    count, positions, width = vectors.shape
    hidden = vectors + tensors["positions.weight"][:positions]
    for block in (f"layers.{number}" for number in range(vit.num_blocks)):
        before = norm(hidden, f"{block}.layernorm_before")
        query, key, value = (
            linear(before, f"{block}.attention.{name}_proj").view(count, positions, 2, width // 2).transpose(1, 2)
            for name in "qkv"
        )
        weights = (query @ key.mT / (width // 2) ** 0.5).softmax(-1)
        mixed = (weights @ value).transpose(1, 2).reshape(count, positions, width)
        hidden = hidden + linear(mixed, f"{block}.attention.o_proj")
        inside = functional.gelu(linear(norm(hidden, f"{block}.layernorm_after"), f"{block}.mlp.fc1"))
        hidden = hidden + linear(inside, f"{block}.mlp.fc2")
    return norm(hidden, "layernorm")


@torch.no_grad()
@pytest.mark.parametrize("scale", [1.0, 1e-3])  # at the second, epsilon decides
def test_is_the_function_of_the_official_code(vit, scale):
    vit = vit.double()
    vectors = scale * embeddings().double()
    torch.testing.assert_close(run(vit, vectors), official_form(vit, vectors), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("stated", "used"), [(1e-12, 1e-6), (1e-5, 1e-5)])
def test_a_smaller_epsilon_is_raised_and_a_larger_one_stays(folders, tmp_path, stated, used):
    folder = shutil.copytree(folders["vit"], tmp_path / "vit")
    config = json.loads((Path(folder) / "config.json").read_text())
    (Path(folder) / "config.json").write_text(json.dumps(config | {"layer_norm_eps": stated}))
    vit = load(folder)
    assert {module.eps for module in vit.modules() if isinstance(module, torch.nn.LayerNorm)} == {used}
    assert f'"layer_norm_eps": {used}' in vit.architecture()
