"""The model of a run, and what its backbone's fingerprint covers."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from frostformer.models.build import build_model, fingerprint
from helpers import POSITIONS, TOKENS_SHAPE, VECTORS_SHAPE


class Holder(nn.Module):
    """A stand-in for a backbone: tensors by name."""

    def __init__(self, described: str = "one", **tensors: torch.Tensor) -> None:
        super().__init__()
        self.described = described
        for name, tensor in tensors.items():
            self.register_buffer(name, tensor)

    def architecture(self) -> str:
        """As a backbone's."""
        return self.described


ZEROS, ONES = torch.zeros(2, 3), torch.ones(2, 3)


@pytest.mark.parametrize(
    "other",
    [
        Holder(a=ZEROS, b=ZEROS),  # a value
        Holder(a=ZEROS.int(), b=ONES),  # a type: the bytes are the same
        Holder(a=ZEROS.reshape(3, 2), b=ONES),  # a shape
        Holder(a=ZEROS, c=ONES),  # a name
        Holder(a=ONES, b=ZEROS),  # an order
        Holder(a=ZEROS),
        Holder("other", a=ZEROS, b=ONES),
    ],
    ids=["value", "type", "shape", "name", "order", "number", "architecture"],
)
def test_the_fingerprint_covers_all_that_makes_a_backbone(other):
    assert fingerprint(Holder(a=ZEROS, b=ONES)) == fingerprint(Holder(b=ONES.clone(), a=ZEROS.clone()))
    assert fingerprint(other) != fingerprint(Holder(a=ZEROS, b=ONES))


def test_eight_bits_are_another_backbone_and_sixteen_are_not():
    one = Holder(a=ZEROS)
    assert fingerprint(one, "int8") != fingerprint(one, "fp32") == fingerprint(one, "bf16")


def test_the_fingerprint_is_of_the_backbone_as_it_came(tiny_config):
    plain = build_model(tiny_config(), TOKENS_SHAPE)[1]
    longer = replace(TOKENS_SHAPE, length=POSITIONS + 9)
    extended = build_model(tiny_config(extend_positions=True), longer)[1]
    assert (extended.fingerprint, extended.tensors) == (plain.fingerprint, plain.tensors)
    pytest.importorskip("peft")
    assert build_model(tiny_config(lora_rank=2), TOKENS_SHAPE)[1] == plain


def new_tensors(config, shape, part: str) -> list[torch.Tensor]:
    model, _ = build_model(config, shape)
    return [tensor for name, tensor in model.named_parameters() if part in name]


def test_low_rank_updates_are_drawn_from_the_seed(tiny_config):
    pytest.importorskip("peft")
    config = tiny_config(lora_rank=2)
    one, same, other = (new_tensors(replace(config, seed=seed), VECTORS_SHAPE, "lora_A") for seed in (0, 0, 1))
    assert one
    assert all(map(torch.equal, one, same))
    assert not any(map(torch.equal, one, other))


def test_new_positions_are_drawn_from_the_seed(tiny_config):
    config, longer = tiny_config(extend_positions=True), replace(TOKENS_SHAPE, length=POSITIONS + 9)
    (one,), (same,), (other,) = (new_tensors(replace(config, seed=seed), longer, "wpe") for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert torch.equal(one[:POSITIONS], other[:POSITIONS])
    assert not torch.isclose(one[POSITIONS:], other[POSITIONS:]).all(1).any()
