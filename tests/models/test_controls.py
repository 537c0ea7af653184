"""The controls: nothing at all, and one attention layer against its equations."""

import json
import math

import numpy as np
import pytest
import torch

from frostformer.errors import InputError
from frostformer.models.backbones.controls import CONTROLS, Identity, OneAttention
from frostformer.models.freezing import freeze, freeze_plan, parse_trainable
from frostformer.models.model import SequenceModel
from frostformer.training.evaluation import predict_logits
from helpers import TOKENS_SHAPE, VECTORS_SHAPE, ragged

WIDTH = 128
each_control = pytest.mark.parametrize("name", CONTROLS)


def make(name, width=WIDTH, dropout=0.0, seed=0):
    torch.manual_seed(seed)
    return CONTROLS[name](name, width, None, dropout).eval()


def embeddings(sequences=3, positions=7, width=WIDTH, **options) -> torch.Tensor:
    return torch.randn(sequences, positions, width, generator=torch.Generator().manual_seed(5), **options)


def norm(x, tensors, name):
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
    return scaled * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]


def reference(backbone: OneAttention, vectors: np.ndarray, heads: int) -> np.ndarray:
    """One sequence (T, D) without padding through the equations, one head and one query at a time."""
    tensors = {name: tensor.detach().numpy() for name, tensor in backbone.state_dict().items()}
    hidden = vectors + tensors["positions.weight"][: len(vectors)]
    projected = norm(hidden, tensors, "attention_norm") @ tensors["attention.query_key_value.weight"].T
    query, key, value = np.split(projected + tensors["attention.query_key_value.bias"], 3, axis=-1)
    size = vectors.shape[-1] // heads
    attended = np.zeros_like(hidden)
    for start in range(0, vectors.shape[-1], size):
        head = slice(start, start + size)
        for position in range(len(vectors)):
            weights = np.exp(key[:, head] @ query[position, head] / math.sqrt(size))
            attended[position, head] = weights / weights.sum() @ value[:, head]
    hidden = hidden + attended @ tensors["attention.output.weight"].T + tensors["attention.output.bias"]
    return norm(hidden, tensors, "final_norm")


@each_control
def test_says_what_it_is(name):
    backbone = make(name)
    assert (backbone.name, backbone.width, backbone.output_width) == (name, WIDTH, WIDTH)
    assert (backbone.max_length, backbone.causal, backbone.num_blocks) == {
        "identity": (None, True, 0),
        "one-attention": (1024, False, 1),
    }[name]
    described = {other: make(other).architecture() for other in CONTROLS}
    assert len(set(described.values())) == len(CONTROLS)
    assert json.loads(described[name])["width"] == WIDTH
    assert make(name, dropout=0.5).architecture() == described[name]
    assert set(backbone.parameter_groups()) == {key for key, _ in backbone.named_parameters()}


@each_control
def test_layers_are_refused(name):
    with pytest.raises(InputError, match=f"backbone '{name}' has no layers to choose"):
        CONTROLS[name](name, layers=1)


def test_identity_is_nothing():
    backbone, vectors = Identity("identity"), embeddings()
    assert backbone(vectors, torch.tensor([7, 3, 1])) is vectors
    assert not list(backbone.parameters())
    assert backbone.width == 768


@each_control
@pytest.mark.parametrize("trainable", ["frozen", "full"])
def test_a_model_of_it_trains(name, trainable):
    model = SequenceModel(VECTORS_SHAPE, make(name))
    trained = freeze(model, parse_trainable(trainable))
    assert freeze_plan(model, parse_trainable(trainable)).parameters == sum(p.numel() for p in model.parameters())
    model(torch.randn(2, 12, 3), torch.tensor([12, 6])).square().sum().backward()
    assert not [key for key, parameter in trained.items() if parameter.grad is None or not parameter.grad.any()]


def test_parameters_of_one_attention_are_in_their_groups_at_their_depths():
    backbone = make("one-attention")
    found = {
        name: (group, backbone.depth_of(name), backbone.get_parameter(name).numel())
        for name, group in backbone.parameter_groups().items()
    }
    assert found == {
        "positions.weight": ("position", 0, 1024 * WIDTH),
        "attention_norm.weight": ("layer_norm", 1, WIDTH),
        "attention_norm.bias": ("layer_norm", 1, WIDTH),
        "attention.query_key_value.weight": ("attention", 1, 3 * WIDTH**2),
        "attention.query_key_value.bias": ("attention", 1, 3 * WIDTH),
        "attention.output.weight": ("attention", 1, WIDTH**2),
        "attention.output.bias": ("attention", 1, WIDTH),
        "final_norm.weight": ("layer_norm", 2, WIDTH),
        "final_norm.bias": ("layer_norm", 2, WIDTH),
    }


@pytest.mark.parametrize(("width", "heads"), [(128, 2), (24, 1), (200, 2), (192, 3), (201, 3)])
@torch.no_grad()
def test_one_attention_is_the_function_of_the_equations(width, heads):
    backbone = make("one-attention", width).double()
    for parameter in backbone.parameters():
        parameter += 0.2 * torch.randn_like(parameter)
    vectors, lengths = embeddings(width=width, dtype=torch.float64), [7, 4, 1]
    hidden = backbone(vectors, torch.tensor(lengths)).numpy()
    assert json.loads(backbone.architecture())["heads"] == heads
    for sequence, output, length in zip(vectors.numpy(), hidden, lengths, strict=True):
        expected = reference(backbone, sequence[:length], heads)
        torch.testing.assert_close(output[:length], expected, rtol=0, atol=1e-12)


@torch.no_grad()
def test_one_attention_sees_every_real_position():
    backbone, vectors = make("one-attention"), embeddings()
    changed = vectors.clone()
    changed[:, 5] += torch.randn(WIDTH, generator=torch.Generator().manual_seed(0))
    lengths = torch.tensor([7, 6, 5])
    moved = (backbone(changed, lengths) - backbone(vectors, lengths)).abs().amax(-1)  # (B, T)
    assert (moved[:2] > 1e-4).all()
    assert (moved[2, :5] == 0).all()


@each_control
@pytest.mark.parametrize("shape", [TOKENS_SHAPE, VECTORS_SHAPE], ids=["tokens", "vectors"])
def test_neither_padding_nor_batch_mates_change_a_prediction(name, shape):
    model = SequenceModel(shape, make(name)).eval()
    lengths = [12, 5, 2, 9]
    expected = predict_logits(model, ragged(shape, lengths, positions=12), batch_size=4)
    for padding_seed, positions, batch_size in ((1, 12, 4), (2, 15, 4), (0, 12, 1)):
        sequences = ragged(shape, lengths, positions, padding_seed=padding_seed)
        torch.testing.assert_close(predict_logits(model, sequences, batch_size), expected, rtol=1e-4, atol=1e-5)


def test_one_attention_is_a_pure_function_of_the_seed():
    one, same, other = (make("one-attention", seed=seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(one[key], same[key]) for key in one)
    assert not torch.equal(one["attention.output.weight"], other["attention.output.weight"])
    assert one["positions.weight"].std() == pytest.approx(0.02, rel=0.02)


@torch.no_grad()
def test_dropout_is_in_training_alone():
    vectors, lengths = embeddings(), torch.tensor([7, 7, 3])
    backbone = make("one-attention", dropout=0.5)
    expected = make("one-attention")(vectors, lengths)
    assert torch.equal(backbone(vectors, lengths), expected)
    assert not torch.allclose(backbone.train()(vectors, lengths), expected)
