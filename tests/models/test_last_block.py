"""GPT-2's last block at the read positions alone: the same function, gradients and all, of fewer rows."""

import pytest
import torch
import transformers

from frostformer.models.backbones.backbone import Backbone
from frostformer.models.backbones.extensions import add_lora
from frostformer.models.backbones.huggingface import HuggingFaceBackbone
from frostformer.models.kernels.int8 import Int8Linear
from frostformer.models.kernels.last_block import can_shorten
from helpers import FAMILIES, WIDTH, load

LENGTHS = torch.tensor([40, 20, 33, 21])
each_count = pytest.mark.parametrize("count", [1, 20])


def vectors(seed: int = 5) -> torch.Tensor:
    """(4, 40, D), padding included."""
    return torch.randn(4, 40, WIDTH, generator=torch.Generator().manual_seed(seed))


def whole(backbone: Backbone, inputs: torch.Tensor, count: int) -> torch.Tensor:
    """(4, R, D) by way of all positions, as other families are read."""
    return Backbone.read(backbone, inputs, LENGTHS, count)


@each_count
@pytest.mark.parametrize("layers", [None, 1])
def test_values_and_gradients_are_those_of_the_whole_block(folders, layers, count):
    backbone, inputs = load(folders["gpt2"], layers=layers).train().double(), vectors().double().requires_grad_()
    found, expected = backbone.read(inputs, LENGTHS, count), whole(backbone, inputs, count)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)
    weights = torch.randn_like(found)
    of = [inputs, *backbone.parameters()]
    gradients, wanted = (torch.autograd.grad((each * weights).sum(), of) for each in (found, expected))
    assert all(gradient.abs().max() > 1e-3 for gradient in gradients)
    torch.testing.assert_close(gradients, wanted, rtol=1e-10, atol=1e-10)


def unchanged(backbone: Backbone) -> None:
    """Plain matrices in float32."""


def in_8_bits(backbone: Backbone) -> None:
    """As `quantize_frozen`, on machines without its kernel too."""
    for path, module in list(backbone.named_modules()):
        if type(module).__name__ == "Conv1D":
            backbone.set_submodule(path, Int8Linear(module))


def with_lora(backbone: Backbone) -> None:
    """Updates that are not zero, as they are at first."""
    pytest.importorskip("peft")
    add_lora(backbone, rank=2, seed=0)
    for name, parameter in backbone.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter)


@each_count
@pytest.mark.parametrize(
    ("change", "bf16", "close"),
    [(unchanged, False, 1e-5), (with_lora, False, 1e-5), (in_8_bits, False, 0.1), (unchanged, True, 0.1)],
)
@torch.no_grad()
def test_matrices_may_be_of_any_kind(folders, change, bf16, close, count):
    backbone, inputs = load(folders["gpt2"]), vectors()
    before = whole(backbone, inputs, count)
    change(backbone)
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        found, expected = backbone.read(inputs, LENGTHS, count), whole(backbone, inputs, count)
    assert torch.equal(expected, before) == (change is unchanged and not bf16)
    torch.testing.assert_close(found, expected, rtol=close, atol=close)


@each_count
@torch.no_grad()
def test_neither_padding_nor_batch_mates_matter(folders, count):
    backbone, inputs = load(folders["gpt2"]), vectors()
    together = backbone.read(inputs, LENGTHS, count)
    is_real = (torch.arange(40) < LENGTHS[:, None])[:, :, None]  # (4, 40, 1)
    assert torch.equal(backbone.read(torch.where(is_real, inputs, vectors(6)), LENGTHS, count), together)
    for sequence, length, expected in zip(inputs, LENGTHS, together, strict=True):
        alone = backbone.read(sequence[None, :length], length[None], count)[0]
        torch.testing.assert_close(alone, expected, rtol=1e-5, atol=1e-5)


@each_count
def test_the_last_block_works_on_the_read_positions_alone(folders, count):
    backbone, rows = load(folders["gpt2"]), {}
    for path, module in backbone.model.named_modules():
        module.register_forward_pre_hook(lambda _, args, path=path: rows.update({path: args[0].shape[:-1].numel()}))
    backbone.read(vectors(), LENGTHS, count)
    some = {path for path, number in rows.items() if number == 4 * count}
    assert some >= {"h.1.attn.c_proj", "h.1.ln_2", "h.1.mlp", "h.1.mlp.c_fc", "h.1.mlp.c_proj", "ln_f"}
    assert {rows[path] for path in ("h.0", "h.0.mlp", "h.1.ln_1", "h.1.attn.c_attn")} == {4 * 40}


def test_nothing_waits_for_the_device(folders):
    """Values that do not exist cannot be waited for."""
    backbone = load(folders["gpt2"]).to("meta")
    assert backbone.read(vectors().to("meta"), LENGTHS.to("meta"), 20).shape == (4, 20, WIDTH)


@pytest.mark.parametrize("family", FAMILIES)
def test_it_is_for_gpt2(folders, family):
    assert can_shorten(load(folders[family]).model) == (family == "gpt2")


def test_it_is_not_for_dropout_in_training_or_for_eager_attention(folders):
    backbone = load(folders["gpt2"], dropout=0.1)
    assert can_shorten(backbone.model)
    assert not can_shorten(backbone.train().model)
    torch.manual_seed(0)
    found = backbone.read(vectors(), LENGTHS, 20)
    torch.manual_seed(0)
    assert torch.equal(found, whole(backbone, vectors(), 20))
    backbone.eval().model.set_attn_implementation("eager")
    assert not can_shorten(backbone.model)
    assert torch.equal(backbone.read(vectors(), LENGTHS, 20), whole(backbone, vectors(), 20))


@pytest.mark.parametrize(
    "option",
    [
        {"scale_attn_weights": False},
        {"scale_attn_by_inverse_layer_idx": True},
        {"reorder_and_upcast_attn": True},
        {"add_cross_attention": True},
    ],
    ids=lambda option: next(iter(option)),
)
@torch.no_grad()
def test_it_is_not_for_other_attention(option):
    config = transformers.GPT2Config(vocab_size=40, n_positions=40, n_embd=WIDTH, n_layer=2, n_head=2, **option)
    backbone = HuggingFaceBackbone("other", transformers.GPT2Model(config)).eval()
    assert not can_shorten(backbone.model)
    assert torch.equal(backbone.read(vectors(), LENGTHS, 20), whole(backbone, vectors(), 20))
