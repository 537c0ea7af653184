"""Tensors with numbers that are not finite are refused by name."""

import math

import pytest
import torch

from frostformer.errors import InputError
from frostformer.models.build import build_model
from frostformer.models.finite import all_finite, refuse_non_finite
from helpers import TOKENS_SHAPE


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_one_bad_number_is_found(value, dtype):
    good = {"number": torch.arange(3), "empty": torch.empty(0, 2), "a": torch.ones(3, 2, dtype=dtype)}
    refuse_non_finite(good, "it")
    bad = torch.ones(2, 2, dtype=dtype)
    bad[1, 0] = value
    assert not all_finite([*good.values(), bad])
    with pytest.raises(InputError, match=r"^it holds numbers that are not finite, in 'b'"):
        refuse_non_finite(good | {"b": bad}, "it")


def test_a_backbone_that_is_not_finite_is_refused(tiny_config):
    module = torch.nn.Linear(8, 8)
    torch.nn.init.constant_(module.bias, math.inf)
    with pytest.raises(InputError, match=r"not finite, in 'module\.bias'"):
        build_model(tiny_config(), TOKENS_SHAPE, module)
