"""Frozen matrices in 8 bits: near to float, exact in whole numbers, the same whoever else is in the batch."""

import copy
import math
import weakref

import numpy as np
import pytest
import torch
from torch import nn
from transformers.pytorch_utils import Conv1D

from frostformer.config import RunConfig
from frostformer.errors import InputError
from frostformer.models.build import build_model
from frostformer.models.freezing import freeze, parse_trainable, trained_groups
from frostformer.models.kernels import int8
from frostformer.models.kernels.int8 import Int8Linear, int8_available, quantize_frozen
from frostformer.runs.cost import measure_cost
from frostformer.tasks.shape import TaskShape
from frostformer.training.batch import inputs_on
from frostformer.training.evaluation import evaluate
from frostformer.training.loop import Training
from helpers import FAMILIES, TOKENS_SHAPE, VECTORS_SHAPE, WIDTH, embeddings, ragged, same_state

pytestmark = pytest.mark.skipif(not int8_available(), reason="needs a CPU with AVX-512 VNNI")

LONG_SHAPE = TaskShape("tokens", channels=11, length=64, classes=4)
EMBEDDED = RunConfig(device="cpu")
LIKE_GPT2 = RunConfig(backbone="gpt2", weights="random", layers=2, device="cpu")  # fresh weights need no network


def random(*sizes: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*sizes, generator=torch.Generator().manual_seed(seed))


def linear(inputs: int = 48, outputs: int = 20, bias: bool = True) -> nn.Linear:
    torch.manual_seed(1)
    return nn.Linear(inputs, outputs, bias).requires_grad_(False)


def frozen_model(config: RunConfig, shape: TaskShape = LONG_SHAPE):
    model, _ = build_model(config, shape)
    freeze(model, trained_groups(config))
    return model.eval()


def in_int8(model):
    model = copy.deepcopy(model)
    assert quantize_frozen(model.backbone) > 0
    return model


def hidden_and_gradient(backbone, vectors: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """What a backbone makes of (B, T, D), and the gradient of a random weighting of it."""
    vectors = vectors.clone().requires_grad_()
    hidden = backbone(vectors, torch.full((len(vectors),), vectors.shape[1]))
    (hidden * random(*hidden.shape, seed=4)).sum().backward()
    return hidden.detach(), vectors.grad


def cosine(one: torch.Tensor, other: torch.Tensor) -> float:
    return float(torch.cosine_similarity(one.flatten(), other.flatten(), dim=0))


def compared(quantised, backbone, vectors: torch.Tensor) -> tuple[float, float]:
    """Relative error of the hidden states, cosine of the gradients."""
    (hidden, gradient), (expected, right) = (hidden_and_gradient(one, vectors) for one in (quantised, backbone))
    return float((hidden - expected).norm() / expected.norm()), cosine(gradient, right)


@pytest.mark.parametrize(("config", "most"), [(EMBEDDED, 0.05), (LIKE_GPT2, 0.01)], ids=["embedded", "gpt2"])
def test_hidden_states_and_gradients_are_near_to_float(config, most):
    model = frozen_model(config)
    error, agreement = compared(in_int8(model).backbone, model.backbone, random(8, 64, model.backbone.width))
    assert 0 < error < most
    assert agreement > 0.99


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_stays_near_to_itself(tiny_model, family):
    model = tiny_model(VECTORS_SHAPE, family)
    freeze(model, parse_trainable("frozen"))
    quantised = in_int8(model).backbone
    left = [path for path, module in quantised.named_modules() if type(module).__name__ in ("Linear", "Conv1D")]
    assert all("dt_proj" in path for path in left), "only Mamba reads a matrix past its module"
    error, agreement = compared(quantised, model.backbone, embeddings())
    assert 0 < error < 0.05
    assert agreement > 0.97


@pytest.mark.parametrize("rows", [1, 2, 3, 17, 200])
@pytest.mark.parametrize(("inputs", "outputs"), [(768, 64), (31, 7), (2, 2)])
def test_products_are_those_of_whole_numbers(rows, inputs, outputs):
    layer = Int8Linear(linear(inputs, outputs, bias=False))
    vectors = random(rows, inputs).requires_grad_()
    product, gradient = layer(vectors), random(rows, outputs, seed=2)
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
    assert ((restored - plain.weight).abs().amax(dim=1) <= layer.scales * 0.50001).all()
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
    torch.testing.assert_close(layer(rows)[0], layer(rows)[1] * value, rtol=1e-5, atol=1e-36)


def test_not_a_number_stays_visible():
    rows = random(2, 48)
    rows[0, 3] = math.nan
    assert Int8Linear(linear())(rows).isnan().all(dim=1).tolist() == [True, False]


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
    assert same_state(in_int8(frozen_model(EMBEDDED)), in_int8(frozen_model(EMBEDDED)))


def test_rows_know_nothing_of_each_other():
    layer, rows, gradient = Int8Linear(linear()), random(40, 48).requires_grad_(), random(40, 20, seed=2)
    rows.data[7] *= 1000
    layer(rows).backward(gradient)
    for size in (1, 2, 5, 39):
        some = rows.detach()[:size].clone().requires_grad_()
        layer(some).backward(gradient[:size])
        assert torch.equal(layer(some), layer(rows)[:size])
        assert torch.equal(some.grad, rows.grad[:size])


@torch.no_grad()
def test_batch_mates_and_padding_change_no_hidden_state():
    model = in_int8(frozen_model(EMBEDDED))
    lengths = [64, 7, 33, 2]
    inputs, real = inputs_on(torch.device("cpu"), ragged(LONG_SHAPE, lengths, 64))
    features = model.features(inputs, real)
    other, _ = inputs_on(torch.device("cpu"), ragged(LONG_SHAPE, lengths, 64, padding_seed=1))
    assert torch.equal(model.features(other, real), features)
    for number, length in enumerate(lengths):
        own = slice(number, number + 1)
        assert torch.equal(model.features(inputs[own], real[own]), features[own])
        # attention adds up in another order without the padding, and a last bit there may round an activation otherwise
        difference = model.features(inputs[own, :length], real[own]) - features[own]
        assert difference.abs().max() < 0.02 * features.std()


def test_equal_inputs_give_equal_outputs_in_every_mode():
    model = in_int8(frozen_model(EMBEDDED))
    inputs, lengths = inputs_on(torch.device("cpu"), ragged(LONG_SHAPE, [9, 9], 9))
    logits = model(inputs, lengths)
    with torch.no_grad():
        assert torch.equal(logits, model(inputs, lengths))
    assert torch.equal(logits, model.train()(inputs, lengths))


MATRICES = {"frozen": 8, "frozen+feedforward": 4, "frozen+attention": 4, "frozen+last-attention": 6, "full": 0}


@pytest.mark.parametrize("trainable", MATRICES)
def test_trained_matrices_stay_float(tiny_model, trainable):
    model = tiny_model(TOKENS_SHAPE, "gpt2")
    trained = freeze(model, parse_trainable(trainable))
    assert quantize_frozen(model.backbone) == MATRICES[trainable]
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
    inputs, lengths = inputs_on(torch.device("cpu"), ragged(VECTORS_SHAPE, [12, 9], 12))
    torch.testing.assert_close(quantised(inputs, lengths), model(inputs, lengths), rtol=0, atol=0.2)
    gradients = []
    for one in (model, quantised):
        one(inputs, lengths).square().sum().backward()
        gradients.append([p.grad.flatten() for name, p in one.named_parameters() if "lora_B" in name])
    assert cosine(torch.cat(gradients[0]), torch.cat(gradients[1])) > 0.97


def test_no_activation_is_kept_for_backward():
    layer, saved = Int8Linear(linear()), []
    activation = 2 * random(500, 48).requires_grad_()
    kept = weakref.ref(activation)
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: saved.append(tensor) or tensor, lambda tensor: tensor):
        product = layer(activation)
    constants = {tensor.untyped_storage().data_ptr() for tensor in layer.buffers()}
    assert {tensor.untyped_storage().data_ptr() for tensor in saved} <= constants
    del activation
    assert product.requires_grad
    assert kept() is None


def test_costs_as_many_operations_and_a_quarter_of_the_frozen_matrices_bytes():
    model = frozen_model(EMBEDDED)
    matrices = sum(module.weight.numel() for module in in_int8(model).modules() if isinstance(module, Int8Linear))
    before, after = measure_cost(model), measure_cost(in_int8(model))
    assert (after.forward_flops, after.backward_flops) == (before.forward_flops, before.backward_flops)
    assert matrices > 4_000_000
    scales = 6 * (3 + 1 + 4 + 1) * 256  # one for each output channel
    assert after.parameter_bytes == before.parameter_bytes - 3 * matrices + 4 * scales


def test_the_backbone_is_left_in_its_mode_and_the_generator_alone():
    model = frozen_model(EMBEDDED).train()
    state = torch.get_rng_state()
    quantize_frozen(model.backbone)
    assert all(module.training for module in model.backbone.children())
    assert torch.equal(torch.get_rng_state(), state)
    assert not any(module._forward_pre_hooks for module in model.backbone.modules())


@pytest.mark.parametrize(("name", "count"), [("identity", 0), ("one-attention", 2), ("lstm", 6)])
def test_controls(name, count):
    model = frozen_model(RunConfig(backbone=name, weights="random", width=WIDTH, device="cpu"), VECTORS_SHAPE)
    quantised = copy.deepcopy(model)
    assert quantize_frozen(quantised.backbone) == count
    error, agreement = compared(quantised.backbone, model.backbone, embeddings())
    assert error < 0.03
    assert agreement > 0.99


def test_a_matrix_of_a_single_channel_stays_float():
    model = frozen_model(RunConfig(backbone="one-attention", weights="random", width=1, device="cpu"), VECTORS_SHAPE)
    assert quantize_frozen(model.backbone) == 0


@pytest.mark.slow
def test_training_in_int8_learns_as_much(tasks):
    task = tasks["bit-xor"]
    config = RunConfig(task="bit-xor", batch_size=16, steps=250, evaluate_every=250, device="cpu")
    model = frozen_model(config, tasks["bit-xor"].shape)
    quantize_frozen(model.backbone)
    list(Training(model, tasks["bit-xor"], config).run())
    assert evaluate(model, task.test, task.scoring, 64).metrics["accuracy"] > 0.95


def test_a_machine_without_the_kernel_is_one_sentence(tiny_model, monkeypatch):
    monkeypatch.setattr(int8.torch.cpu, "get_capabilities", dict)
    with pytest.raises(InputError, match=r"^backbone_precision int8 needs a CPU with AVX-512 VNNI .*: use fp32$"):
        quantize_frozen(tiny_model(TOKENS_SHAPE).backbone)
