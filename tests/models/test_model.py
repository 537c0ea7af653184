"""Input layer, backbone, read-out, output layer."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from frostformer.errors import InputError
from frostformer.models.backbones.backbone import last_real
from frostformer.models.backbones.huggingface import HuggingFaceBackbone
from frostformer.models.model import SequenceModel
from helpers import FAMILIES, LENGTHS, POSITIONS, TOKENS_SHAPE, VECTORS_SHAPE, WIDTH, fresh


@given(st.lists(st.integers(3, 9), min_size=1, max_size=5), st.integers(1, 3))
def test_last_real_reads_the_last_real_positions(lengths, count):
    hidden = torch.arange(len(lengths) * 9 * 2).reshape(len(lengths), 9, 2)
    found = last_real(hidden, torch.tensor(lengths), count)
    assert torch.equal(found, torch.stack([row[n - count : n] for row, n in zip(hidden, lengths, strict=True)]))


def test_tokens_go_through_an_embedding_of_unit_variance(tiny_model):
    layer = tiny_model(replace(TOKENS_SHAPE, channels=2000)).input_layer
    assert isinstance(layer, nn.Embedding)
    assert layer.weight.shape == (2000, WIDTH)
    assert abs(layer.weight.std() - 1) < 0.02


def test_vectors_go_through_an_orthogonal_linear_layer(tiny_model):
    linear, dropout = tiny_model(VECTORS_SHAPE, dropout=0.25).input_layer
    torch.testing.assert_close(linear.weight.T @ linear.weight, 1.41**2 * torch.eye(3))
    assert (linear.bias == 0).all()
    assert dropout.p == 0.25


@pytest.mark.parametrize("shape", [TOKENS_SHAPE, VECTORS_SHAPE])
def test_new_layers_depend_on_the_seed_alone(tiny_model, shape):
    def new_layers(**changes):
        model = tiny_model(shape, **changes)
        return torch.cat([p.flatten() for p in (*model.input_layer.parameters(), *model.output_layer.parameters())])

    assert torch.equal(new_layers(), new_layers(weights="random"))
    assert torch.equal(new_layers(), new_layers(layers=1))
    assert torch.equal(new_layers(), new_layers(family="bert"))
    assert not torch.equal(new_layers(), new_layers(seed=1))


@torch.no_grad()
def test_the_forward_pass_is_its_parts(tiny_model):
    model = tiny_model(VECTORS_SHAPE)
    inputs, lengths = torch.randn(3, 12, 3), torch.tensor([12, 5, 2])
    hidden = model.backbone(model.input_layer(inputs), lengths)
    logits = model(inputs, lengths)
    assert logits.shape == (3, 2, 2, 4)  # (B, R, G, K)
    for i, length in enumerate(lengths):
        for r in range(2):
            expected = model.output_layer(hidden[i, length - 2 + r]).reshape(2, 4)
            torch.testing.assert_close(logits[i, r], expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_refuses_a_task_longer_than_the_position_table(tiny_model, family):
    too_long = replace(TOKENS_SHAPE, length=POSITIONS + 1)
    if LENGTHS.get(family) == POSITIONS:
        tiny_model(replace(TOKENS_SHAPE, length=POSITIONS), family)
        with pytest.raises(InputError, match=f"the task has {POSITIONS + 1} positions, .* only {POSITIONS}"):
            tiny_model(too_long, family)
    else:
        tiny_model(too_long, family)


def explodes(backbone: HuggingFaceBackbone) -> bool:
    """Whether a gradient at inputs of zeros is above 1,000, or none at all."""
    model = SequenceModel(VECTORS_SHAPE, backbone)
    logits = model(torch.zeros(4, 12, VECTORS_SHAPE.channels), torch.full((4,), 12))
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, -2), torch.zeros(logits[..., 0].numel(), dtype=int))
    gradients = torch.autograd.grad(loss, [p for p in model.parameters() if p.requires_grad], allow_unused=True)
    return not all(gradient.norm() < 1e3 for gradient in gradients if gradient is not None)


@pytest.mark.parametrize(
    ("kind", "sizes"),
    [
        ("llama", {"num_hidden_layers": 30}),
        ("qwen3", {"head_dim": 16, "num_key_value_heads": 2}),
        ("gptj", {"n_embd": WIDTH, "n_layer": 4, "n_head": 2, "rotary_dim": 4}),
        ("bert", {}),
        ("gpt2", {"n_embd": WIDTH, "n_head": 2, "bos_token_id": 0, "eos_token_id": 0}),
    ],
)
def test_vectors_of_zeros_do_not_explode(kind, sizes):
    assert not explodes(fresh(kind, **sizes))


def test_the_papers_input_layer_stays_where_positions_are_added():
    for kind, sizes in (("gpt2", {"n_embd": WIDTH, "n_head": 2, "bos_token_id": 0, "eos_token_id": 0}), ("bert", {})):
        assert (SequenceModel(VECTORS_SHAPE, fresh(kind, **sizes)).input_layer[0].bias == 0).all()


def test_a_bias_is_as_large_as_the_tokens_that_the_backbone_knows():
    backbone = fresh("llama", hidden_size=512, initializer_range=0.3)
    bias = SequenceModel(VECTORS_SHAPE, backbone).input_layer[0].bias
    assert bias.std().item() == pytest.approx(0.3, rel=0.15)
    assert backbone.token_deviation == pytest.approx(0.3, rel=0.05)
