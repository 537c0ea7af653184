"""Frozen matrices that are kept in bfloat16 give what autocast gives, to the last bit, and take half the memory."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch
from torch import nn

from frostformer.config import RunConfig
from frostformer.models.build import build_model, freeze_for, model_beside, share_frozen
from frostformer.models.freezing import freeze, trained_groups
from frostformer.models.kernels.matrices import frozen_matrices, keep_in_bf16
from frostformer.training.batch import inputs_on
from helpers import FAMILIES, TOKENS_SHAPE, VECTORS_SHAPE, ragged

BF16 = RunConfig(backbone_precision="bf16", device="cpu")


def answers_and_gradients(model, shape):
    """Logits of a ragged batch, and the gradient of a random weighting of them for every tensor that trains."""
    batch = ragged(shape, [5, 3, 1], 5) if model.backbone.probe.obeys_padding else ragged(shape, [5, 5], 5)
    logits = model(*inputs_on(torch.device("cpu"), batch))
    weights = torch.randn(logits.shape, generator=torch.Generator().manual_seed(0))
    (logits * weights).sum().backward()
    return logits.detach(), {name: one.grad for name, one in model.named_parameters() if one.requires_grad}


@pytest.mark.parametrize("shape", [VECTORS_SHAPE, TOKENS_SHAPE], ids=["vectors", "tokens"])
@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_computes_the_same(tiny_model, family, shape):
    model = tiny_model(shape, family).train()
    cast, kept = copy.deepcopy(model), model
    freeze(cast, trained_groups(BF16))
    cast.precision = "bf16"
    freeze_for(kept, BF16)
    (expected, right), (logits, gradients) = (answers_and_gradients(one, shape) for one in (cast, kept))
    assert torch.equal(logits, expected)
    assert gradients.keys() == right.keys()
    for name, gradient in gradients.items():
        assert (gradient is None) == (right[name] is None)
        assert gradient is None or torch.equal(gradient, right[name])


def test_models_that_share_frozen_tensors_round_them_once(folders):
    config = replace(BF16, backbone=str(folders["gpt2"]), weights="pretrained")
    first, _ = build_model(config, VECTORS_SHAPE)
    alone, _ = build_model(replace(config, seed=1), VECTORS_SHAPE)
    second = model_beside(first, replace(config, seed=1))
    for model in (first, second, alone):
        freeze_for(model, config)
    share_frozen(second, first, {name for name, one in second.named_parameters() if one.requires_grad})
    (logits, gradients), (expected, right) = (answers_and_gradients(one, VECTORS_SHAPE) for one in (second, alone))
    assert torch.equal(logits, expected)
    assert all(torch.equal(gradients[name], right[name]) for name in right if right[name] is not None)


def test_what_trains_stays_in_float32(tiny_model):
    model = tiny_model(VECTORS_SHAPE, "gpt2")
    trained = freeze_for(model, RunConfig(backbone_precision="bf16", trainable="frozen+attention"))
    assert {tensor.dtype for tensor in trained.values()} == {torch.float32}
    kinds = {tensor.dtype for tensor in model.parameters() if not tensor.requires_grad}
    assert torch.bfloat16 in kinds


def test_float32_keeps_none(tiny_model):
    model = tiny_model(VECTORS_SHAPE, "gpt2")
    freeze_for(model, RunConfig(backbone_precision="fp32"))
    assert {tensor.dtype for tensor in model.parameters()} == {torch.float32}


def test_all_matrices_of_a_frozen_backbone_are_found(tiny_model):
    model = tiny_model(VECTORS_SHAPE, "llama")
    freeze(model, trained_groups(BF16))
    expected = [path for path, module in model.backbone.named_modules() if isinstance(module, nn.Linear)]
    assert sorted(frozen_matrices(model.backbone)) == sorted(expected)
    assert keep_in_bf16(model.backbone) == len(expected)
