"""What a backbone is gets known by running it: causality, padding, chance, reach, gradients at small inputs."""

import math

import pytest
import torch
from torch import nn

from frostformer.config import RunConfig
from frostformer.errors import InputError
from frostformer.models.backbones.huggingface import HuggingFaceBackbone
from frostformer.models.backbones.own import backbone_of
from frostformer.models.backbones.probe import alike, answers
from frostformer.models.build import build_model, check_padding
from frostformer.models.remarks import remarks
from helpers import FAMILIES, VECTORS_SHAPE, WIDTH, fresh


class Own(nn.Module):
    """(B, T, D) -> (B, T, D) by one function."""

    width = WIDTH

    def __init__(self, function):
        super().__init__()
        self.function = function
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, vectors):
        """(B, T, D) -> (B, T, D)."""
        return self.function(self.scale * vectors)


@pytest.mark.parametrize(
    ("kind", "sizes"),
    [
        ("fnet", {}),
        ("convbert", {"embedding_size": WIDTH}),
    ],
)
def test_a_backbone_that_padding_changes_is_refused_where_lengths_differ(kind, sizes):
    backbone = fresh(kind, **sizes)
    assert not backbone.probe.obeys_padding
    model, _ = build_model(RunConfig(backbone="module:x", weights="pretrained"), VECTORS_SHAPE, backbone)
    check_padding(model, ragged=False)
    with pytest.raises(InputError, match=r"gives other values where a sequence is padded.*use sequences of one length"):
        check_padding(model, ragged=True)


def test_rounding_in_a_mixture_of_experts_does_not_hide_that_it_is_causal():
    sizes = {"num_key_value_heads": 2, "num_local_experts": 4, "num_experts_per_tok": 2}
    assert all(fresh("mixtral", seed=seed, **sizes).probe.causal for seed in range(3))


@pytest.mark.parametrize(
    ("kind", "sizes"),
    [
        ("mixtral", {"num_key_value_heads": 2, "num_local_experts": 4, "router_jitter_noise": 0.5}),
        ("opt", {"ffn_dim": 64, "word_embed_proj_dim": WIDTH, "layerdrop": 0.1, "dropout": 0.0}),
    ],
)
def test_chance_that_is_left_in_training_is_found_and_said(kind, sizes):
    backbone = fresh(kind, **sizes)
    assert backbone.probe.draws_in_training
    model, _ = build_model(RunConfig(backbone="module:x", weights="pretrained"), VECTORS_SHAPE, backbone)
    assert any("draws at random in training" in remark for remark in remarks(model))


def test_random_numbers_without_an_effect_are_no_chance():
    assert not backbone_of(Own(lambda x: x + 0 * torch.rand([])), "own").probe.draws_in_training


def test_a_sequence_that_sees_its_mates_is_refused():
    with pytest.raises(InputError, match="mixes the sequences of a batch"):
        backbone_of(Own(lambda x: x + 0.01 * x.mean(dim=0)), "own")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: x.detach() + 1, "passes no gradient back"),
        (lambda x: x.new_ones(x.shape), "passes no gradient back"),
        (lambda x: x / 0, "gives numbers that are not finite"),
        (lambda x: x.double(), "makes torch.float64 of torch.float32"),
    ],
)
def test_what_nothing_can_be_trained_on_is_refused(function, message):
    with pytest.raises(InputError, match=message):
        backbone_of(Own(function), "own")


@pytest.mark.parametrize(
    ("function", "reaches"),
    [(lambda x: x, False), (lambda x: x.cumsum(dim=1), True), (lambda x: x + x.mean(1)[:, None], True)],
)
def test_whether_the_first_position_reaches_the_last(function, reaches):
    assert backbone_of(Own(function), "own").probe.first_reaches_last == reaches


def test_gradients_at_small_inputs_are_multiples_of_those_at_typical_ones():
    linear = backbone_of(Own(lambda x: 3 * x), "own").probe
    assert (linear.gradient_at_small, linear.gradient_at_zero) == pytest.approx((1, 1))

    flat = backbone_of(Own(lambda x: (0 * x).round()), "own").probe
    assert (flat.gradient_at_small, flat.gradient_at_zero) == (1, 1)

    def norm(x):
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6)

    found = backbone_of(Own(norm), "own").probe  # it falls with the size of the input, down to the epsilon
    assert found.gradient_at_small == pytest.approx(1000 / math.sqrt(2), rel=0.1)
    assert found.gradient_at_zero == pytest.approx(1000, rel=0.1)
    assert backbone_of(Own(lambda x: x.abs().sqrt()), "own").probe.gradient_at_zero is None  # it has none


def test_buffers_that_only_training_changes_are_refused_if_they_have_an_effect():
    class Counting(Own):
        def __init__(self, effect):
            super().__init__(lambda x: x)
            self.effect = effect
            self.register_buffer("passes", torch.zeros(1))

        def forward(self, vectors):
            if self.training:
                self.passes += 1
            return super().forward(vectors) + self.effect * self.passes

    with pytest.raises(InputError, match="changes its buffers in training"):
        backbone_of(Counting(1.0), "own")
    assert backbone_of(Counting(0.0), "own").get_buffer("module.passes") == 0


@pytest.mark.parametrize("family", sorted(FAMILIES.keys() - {"vit"}))  # it takes images until it is wrapped
def test_probing_leaves_everything_as_it_was(family, folders):
    model_class = FAMILIES[family][0]
    model = model_class.from_pretrained(folders[family])
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    state = torch.get_rng_state()
    backbone = HuggingFaceBackbone(family, model.train())
    assert torch.equal(torch.get_rng_state(), state)
    assert backbone.training
    assert all(parameter.grad is None for parameter in backbone.parameters())
    after = backbone.model.state_dict()
    assert all(torch.equal(tensor, before[name]) for name, tensor in after.items() if name in before)


@pytest.mark.parametrize(
    ("kind", "entries", "same"),
    [
        ("gpt_neox", {}, True),
        ("gpt_neox", {"layer_norm_eps": 1e-6}, False),
        ("gpt_neox", {"num_attention_heads": 1}, False),
        ("gpt_neox", {"hidden_act": "relu"}, False),
        ("mistral", {"sliding_window": 16}, False),
    ],
)
def test_answers_tell_apart_what_tensors_do_not(kind, entries, same):
    plain = {"mistral": {"num_key_value_heads": 2, "sliding_window": None}}.get(kind, {})
    one, other = (answers(fresh(kind, **plain | changed), length=40) for changed in ({}, entries))
    assert alike(one, other) == same
