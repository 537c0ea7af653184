"""Frozen matrices in 8 bits: near to float, exact in whole numbers, the same whoever else is in the batch."""

import copy
import math

import numpy as np
import pytest
import torch
from torch import nn
from transformers.pytorch_utils import Conv1D

from conftest import FAMILIES, TOKENS_SHAPE, VECTORS_SHAPE, WIDTH, embeddings, ragged
from frostformer.adapters import build_model
from frostformer.backbones import int8
from frostformer.backbones.int8 import Int8Linear, int8_available, quantize_frozen
from frostformer.config import RunConfig
from frostformer.errors import InputError
from frostformer.evaluation import evaluate, to_device
from frostformer.freezing import freeze, parse_trainable, trained_groups
from frostformer.tasks.task import TaskShape
from frostformer.training import Training

pytestmark = pytest.mark.skipif(not int8_available(), reason="needs a CPU with AVX-512 VNNI")

LONG_SHAPE = TaskShape("tokens", channels=11, length=64, classes=4)
EMBEDDED = RunConfig(device="cpu")
LIKE_GPT2 = RunConfig(backbone="gpt2", weights="random", layers=2, device="cpu")  # fresh weights need no network


def random(*sizes: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.randn(*sizes, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def linear(inputs: int = 48, outputs: int = 20, bias: bool = True) -> nn.Linear:
    torch.manual_seed(1)
    return nn.Linear(inputs, outputs, bias).requires_grad_(False)


def frozen_model(config: RunConfig, shape: TaskShape = LONG_SHAPE):
    model, _ = build_model(config, shape)
    freeze(model, trained_groups(config))
    return model.eval()


def in_int8(model):
    """A quantised copy."""
    model = copy.deepcopy(model)
    assert quantize_frozen(model.backbone) > 0
    return model


def int8_layers(model) -> list[Int8Linear]:
    return [module for module in model.modules() if isinstance(module, Int8Linear)]


def hidden_and_gradient(backbone, vectors: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """What a backbone makes of (B, T, D), and the gradient of a random weighting of it."""
    vectors = vectors.clone().requires_grad_()
    hidden = backbone(vectors, torch.full((len(vectors),), vectors.shape[1]))
    (hidden * random(*hidden.shape, seed=4)).sum().backward()
    return hidden.detach(), vectors.grad


def relative_error(one: torch.Tensor, other: torch.Tensor) -> float:
    return float((one - other).norm() / other.norm())


def cosine(one: torch.Tensor, other: torch.Tensor) -> float:
    return float(torch.cosine_similarity(one.flatten(), other.flatten(), dim=0))


@pytest.mark.parametrize(("config", "most"), [(EMBEDDED, 0.035), (LIKE_GPT2, 0.01)], ids=["embedded", "gpt2"])
def test_hidden_states_and_gradients_are_near_to_float(config, most):
    model = frozen_model(config)
    tokens = torch.randint(0, 11, (8, 64), generator=torch.Generator().manual_seed(0))
    vectors = model.input_layer(tokens).detach()
    hidden, gradient = hidden_and_gradient(model.backbone, vectors)
    hidden_int8, gradient_int8 = hidden_and_gradient(in_int8(model).backbone, vectors)
    assert 0 < relative_error(hidden_int8, hidden) < most
    assert cosine(gradient_int8, gradient) > 0.99


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_stays_near_to_itself(tiny_model, family):
    model = tiny_model(VECTORS_SHAPE, family)
    freeze(model, parse_trainable("frozen"))
    quantised = in_int8(model).backbone
    left = [path for path, module in quantised.named_modules() if type(module).__name__ in ("Linear", "Conv1D")]
    assert all("dt_proj" in path for path in left), "only Mamba reads a matrix past its module"
    (hidden, gradient), (hidden_int8, gradient_int8) = (
        hidden_and_gradient(backbone, embeddings()) for backbone in (model.backbone, quantised)
    )
    assert relative_error(hidden_int8, hidden) < 0.05
    assert cosine(gradient_int8, gradient) > 0.97


@pytest.mark.parametrize("rows", [1, 2, 3, 17, 200])
@pytest.mark.parametrize(("inputs", "outputs"), [(768, 64), (31, 7), (2, 2)])
def test_products_are_those_of_whole_numbers(rows, inputs, outputs):
    layer = Int8Linear(linear(inputs, outputs, bias=False))
    vectors = random(rows, inputs).requires_grad_()
    product = layer(vectors)
    gradient = random(rows, outputs, seed=2)
    product.backward(gradient)
    matrix, channel_scales = layer.weight.numpy().astype(np.int64), layer.scales.numpy()  # (O, I), (O,)

    def rounded(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        scales = np.abs(vectors).max(-1, keepdims=True) / np.float32(127)
        return np.rint(vectors / scales).astype(np.int64), scales

    numbers, scales = rounded(vectors.detach().numpy())
    expected = (numbers @ matrix.T).astype(np.float32) * scales * channel_scales
    np.testing.assert_allclose(product.detach().numpy(), expected, rtol=1e-6)
    numbers, scales = rounded(gradient.numpy() * channel_scales)
    np.testing.assert_allclose(vectors.grad.numpy(), (numbers @ matrix).astype(np.float32) * scales, rtol=1e-6)


def test_a_matrix_is_rounded_to_the_nearest():
    plain = linear()
    layer = Int8Linear(plain)
    restored = layer.weight * layer.scales[:, None]
    assert int(layer.weight.abs().max()) == 127
    assert (restored - plain.weight).abs().max() <= layer.scales.max() / 2 * (1 + 1e-5)
    assert torch.equal(layer.bias, plain.bias)


@pytest.mark.parametrize("size", [(48,), (1, 48), (0, 48), (3, 4, 48), (2, 3, 4, 48)])
def test_any_number_of_leading_dimensions(size):
    plain = linear()
    layer, vectors = Int8Linear(plain), random(*size)
    assert layer(vectors).shape == plain(vectors).shape
    torch.testing.assert_close(layer(vectors), plain(vectors), rtol=0, atol=0.03)


def test_strides_do_not_matter():
    layer, rows = Int8Linear(linear()), random(6, 48)
    turned = rows.t().contiguous().t()
    single = rows[:1].clone().view(48, 1).t()  # one row, with the strides of a column
    assert (turned.stride(), single.stride()) == ((1, 6), (1, 1))
    assert torch.equal(layer(turned), layer(rows))
    assert torch.equal(layer(single), layer(rows)[:1])


@pytest.mark.parametrize("value", [0.0, 1e-42, 1e-20, 1e20])
def test_no_size_of_a_row_makes_trouble(value):
    layer, rows = Int8Linear(linear(bias=False)), torch.full((2, 48), value)
    rows[1] = 1.0
    expected = layer(torch.ones(1, 48)) * value
    torch.testing.assert_close(layer(rows)[:1], expected, rtol=1e-5, atol=1e-36)


def test_not_a_number_stays_visible():
    rows = random(2, 48)
    rows[0, 3] = math.nan
    product = Int8Linear(linear())(rows)
    assert product[0].isnan().all()
    assert product[1].isfinite().all()


@pytest.mark.parametrize("bias", [True, False])
def test_conv1d_and_linear_agree(bias):
    plain = linear(bias=bias)
    turned = Conv1D(20, 48).requires_grad_(False)
    turned.weight.copy_(plain.weight.t())
    turned.bias.copy_(plain.bias if bias else torch.zeros(20))
    one, other, rows = Int8Linear(plain), Int8Linear(turned), random(5, 48)
    assert torch.equal(one(rows), other(rows))
    assert list(one.parameters()) == []
    assert sorted(one.state_dict()) == (["bias"] if bias else []) + ["scales", "weight"]


def test_equal_matrices_give_equal_states():
    one, other = (in_int8(frozen_model(EMBEDDED)).state_dict() for _ in range(2))
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_rows_know_nothing_of_each_other():
    layer, rows = Int8Linear(linear()), random(40, 48)
    rows[7] *= 1000
    vectors = rows.clone().requires_grad_()
    layer(vectors).backward(random(40, 20, seed=2))
    for size in (1, 2, 5, 39):
        some = rows[:size].clone().requires_grad_()
        product = layer(some)
        product.backward(random(40, 20, seed=2)[:size])
        assert torch.equal(product, layer(rows)[:size])
        assert torch.equal(some.grad, vectors.grad[:size])


@torch.no_grad()
def test_batch_mates_and_padding_change_no_hidden_state():
    model = in_int8(frozen_model(EMBEDDED))
    lengths = [64, 7, 33, 2]
    inputs, real, _ = to_device(ragged(LONG_SHAPE, lengths, 64), torch.device("cpu"))
    features = model.features(inputs, real)
    other, _, _ = to_device(ragged(LONG_SHAPE, lengths, 64, padding_seed=1), torch.device("cpu"))
    assert torch.equal(model.features(other, real), features)
    for number, length in enumerate(lengths):
        own = slice(number, number + 1)
        assert torch.equal(model.features(inputs[own], real[own]), features[own])
        # attention adds up in another order without the padding, and a last bit there may round an activation otherwise
        torch.testing.assert_close(
            model.features(inputs[own, :length], real[own]), features[own], rtol=0, atol=0.02 * float(features.std())
        )


@pytest.mark.parametrize("training", [True, False])
def test_equal_inputs_give_equal_outputs_in_either_mode(training):
    model = in_int8(frozen_model(EMBEDDED)).train(training)
    inputs, lengths, _ = to_device(ragged(LONG_SHAPE, [9, 9], 9), torch.device("cpu"))
    logits = model(inputs, lengths)
    assert torch.equal(logits, model(inputs, lengths))
    with torch.no_grad():
        assert torch.equal(logits, model(inputs, lengths))


@pytest.mark.parametrize(
    ("trainable", "share"),
    [
        ("frozen", 1),
        ("frozen+feedforward", 0.5),
        ("frozen+attention", 0.5),
        ("frozen+last-attention", 0.75),
        ("full", 0),
    ],
)
def test_trained_matrices_stay_float(tiny_model, trainable, share):
    model = tiny_model(TOKENS_SHAPE, "gpt2")
    trained = freeze(model, parse_trainable(trainable))
    assert quantize_frozen(model.backbone) == len(int8_layers(model)) == 8 * share
    left = dict(model.named_parameters())
    assert all(left[name] is parameter for name, parameter in trained.items())
    assert set(left) - set(trained) <= {name for name in left if ".ln_" in name or "wpe" in name}
    model.backbone.parameter_groups()


@pytest.mark.parametrize("family", ["gpt2", "bert", "mamba"])
def test_low_rank_updates_train_beside_int8(tiny_config, family):
    config = tiny_config(family, lora_rank=2)
    model = frozen_model(config, VECTORS_SHAPE)
    quantised = in_int8(model)
    assert not any(isinstance(module, nn.Linear) and "base_layer" in path for path, module in quantised.named_modules())
    inputs, lengths, _ = to_device(ragged(VECTORS_SHAPE, [12, 9], 12), torch.device("cpu"))
    torch.testing.assert_close(quantised(inputs, lengths), model(inputs, lengths), rtol=0, atol=0.2)
    gradients = []
    for one in (model, quantised):
        one(inputs, lengths).square().sum().backward()
        gradients.append([p.grad.flatten() for name, p in one.named_parameters() if "lora_B" in name])
    assert cosine(torch.cat(gradients[0]), torch.cat(gradients[1])) > 0.97


def test_no_activation_is_saved_for_backward():
    layer, saved = Int8Linear(linear()), []
    rows = random(500, 48).requires_grad_()
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: saved.append(tensor) or tensor, lambda tensor: tensor):
        layer(rows)
    constants = {tensor.untyped_storage().data_ptr() for tensor in layer.buffers()}
    assert {tensor.untyped_storage().data_ptr() for tensor in saved} <= constants


@pytest.mark.parametrize("dimension", [0, 1])
def test_vmap_is_a_longer_batch(dimension):
    layer = Int8Linear(linear())
    gains = (1 + random(3, 48, seed=5)).requires_grad_()  # (N, I), trained, one for each model
    rows = random(3, 4, 7, 48).movedim(0, dimension).contiguous().requires_grad_()  # N at `dimension`, B, T, I

    def one(gain, rows):
        return layer(gain * rows).tanh()

    together = torch.vmap(one, in_dims=(0, dimension))(gains, rows)
    gradients = torch.autograd.grad(together.square().sum(), (gains, rows))
    alone = torch.stack([one(gains[i], rows.select(dimension, i)) for i in range(3)])
    assert torch.equal(together, alone)
    for gradient, expected in zip(gradients, torch.autograd.grad(alone.square().sum(), (gains, rows)), strict=True):
        torch.testing.assert_close(gradient, expected)


def test_gradients_inside_vmap():
    layer, rows = Int8Linear(linear()), random(3, 7, 48)

    def loss(rows):
        return layer(rows).square().sum()

    inside = torch.vmap(torch.func.grad(loss))(rows)
    assert torch.equal(inside, torch.stack([torch.func.grad(loss)(one) for one in rows]))


def test_the_backbone_is_left_in_its_mode_and_the_generator_alone():
    model = frozen_model(EMBEDDED).train()
    state = torch.get_rng_state()
    quantize_frozen(model.backbone)
    assert all(module.training for module in model.backbone.children())
    assert torch.equal(torch.get_rng_state(), state)
    assert not any(module._forward_pre_hooks for module in model.backbone.modules())


@pytest.mark.parametrize("name", ["identity", "one-attention", "lstm"])
def test_controls(name):
    model = frozen_model(RunConfig(backbone=name, weights="random", width=WIDTH, device="cpu"), VECTORS_SHAPE)
    quantised = copy.deepcopy(model)
    assert quantize_frozen(quantised.backbone) == {"identity": 0, "one-attention": 2, "lstm": 6}[name]
    (hidden, gradient), (hidden_int8, gradient_int8) = (
        hidden_and_gradient(one.backbone, embeddings()) for one in (model, quantised)
    )
    assert relative_error(hidden_int8, hidden) < 0.03
    assert cosine(gradient_int8, gradient) > 0.99


def test_training_in_int8_learns_as_much(tasks):
    config = RunConfig(task="bit-xor", batch_size=16, steps=250, evaluate_every=250, device="cpu")
    model = frozen_model(config, tasks["bit-xor"].shape)
    quantize_frozen(model.backbone)
    list(Training(model, tasks["bit-xor"], config).run())
    assert evaluate(model, tasks["bit-xor"].test, 64).accuracy > 0.95


def test_a_machine_without_the_kernel_is_one_sentence(tiny_model, monkeypatch):
    monkeypatch.setattr(int8.torch.cpu, "_is_vnni_supported", lambda: False)
    with pytest.raises(InputError, match=r"^backbone_precision int8 needs a CPU with AVX-512 VNNI .*: use fp32$"):
        quantize_frozen(tiny_model(TOKENS_SHAPE).backbone)
