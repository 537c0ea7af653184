"""The LSTM baselines: an independent cell, the paper's parameter counts, the quirks, and padding that never matters."""

import json
import math

import numpy as np
import pytest
import torch

from frostformer.models.backbones.lstm import LSTMS, LSTMBackbone, OfficialLayerNorm
from frostformer.models.freezing import freeze, freeze_plan, parse_trainable
from frostformer.models.model import SequenceModel
from frostformer.training.evaluation import predict_logits
from helpers import TOKENS_SHAPE, VECTORS_SHAPE, ragged

WIDTH = 24
each_lstm = pytest.mark.parametrize("name", LSTMS)
plain_lstms = pytest.mark.parametrize("name", [name for name in LSTMS if name != "lstm-2021"])


def make(name, width=WIDTH, layers=None, dropout=0.0, seed=0) -> LSTMBackbone:
    torch.manual_seed(seed)
    return LSTMBackbone(name, width, layers, dropout).eval()


def embeddings(sequences=3, positions=7, seed=5, **options) -> torch.Tensor:
    return torch.randn(sequences, positions, WIDTH, generator=torch.Generator().manual_seed(seed), **options)


def whole(vectors) -> torch.Tensor:
    return torch.full((len(vectors),), vectors.shape[1])


def sizes_by_group(backbone) -> dict[str, int]:
    sizes = {}
    for name, group in backbone.parameter_groups().items():
        sizes[group] = sizes.get(group, 0) + backbone.get_parameter(name).numel()
    return sizes


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def norm(x, tensors, name, official):
    variance = x.var(ddof=1) + 1e-6 if official else x.var() + 1e-5
    return (x - x.mean()) / np.sqrt(variance) * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]


def reference(backbone: LSTMBackbone, vectors: np.ndarray) -> np.ndarray:
    """One sequence (T, D) through the equations, one step at a time."""
    tensors = {name: tensor.detach().numpy() for name, tensor in backbone.state_dict().items()}
    shape = LSTMS[backbone.name]
    if shape.positions:
        vectors = vectors + tensors["positions.weight"][: len(vectors)]
    for number in range(backbone.num_blocks):
        layer = {name.removeprefix(f"layers.{number}."): tensor for name, tensor in tensors.items()}
        hidden, cell = tensors["first_states"][number]
        outputs = []
        for vector in vectors:
            from_input = layer["from_input.weight"] @ vector + layer["from_input.bias"]
            from_hidden = layer["from_hidden.weight"] @ hidden + layer["from_hidden.bias"]
            gates = norm(from_input, layer, "input_norm", shape.quirks)
            gates += norm(from_hidden, layer, "hidden_norm", shape.quirks)
            i, f, g, o = np.split(gates, 4)
            cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
            normalised = norm(cell, layer, "cell_norm", shape.quirks)
            hidden = sigmoid(o) * np.tanh(normalised)
            cell = normalised if shape.quirks else cell
            outputs.append(hidden)
        vectors = np.stack(outputs) + (vectors if shape.residual else 0)
    return vectors


@each_lstm
@torch.no_grad()
def test_is_the_function_of_the_equations(name):
    backbone = make(name).double()
    for parameter in backbone.parameters():
        parameter += 0.2 * torch.randn_like(parameter)  # norms unlike fresh ones
    vectors = embeddings(dtype=torch.float64)
    expected = np.stack([reference(backbone, sequence) for sequence in vectors.numpy()])
    torch.testing.assert_close(backbone(vectors, whole(vectors)).numpy(), expected, rtol=0, atol=1e-12)


@torch.no_grad()
def test_official_norms_are_those_of_the_official_code_where_epsilon_decides():
    vectors = 1e-3 * torch.randn(5, 24, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    official = OfficialLayerNorm(24).double()
    wanted = (vectors - vectors.mean(1, keepdim=True)) / (vectors.var(1, keepdim=True) + 1e-6).sqrt()
    torch.testing.assert_close(official(vectors), wanted, rtol=1e-14, atol=1e-14)
    assert "official" in make("lstm-2021").architecture()  # the function changed, so the fingerprint has to
    assert not any(isinstance(module, OfficialLayerNorm) for module in make("lstm").modules())


def test_parameters_are_as_many_as_in_the_paper():
    assert sizes_by_group(LSTMBackbone("lstm")) == {"feedforward": 14_174_208, "layer_norm": 41_472}
    sizes = sizes_by_group(LSTMBackbone("lstm-star"))
    assert sizes == {"feedforward": 4 * 14_174_208, "layer_norm": 4 * 41_472, "position": 1024 * 768}


@each_lstm
def test_says_what_it_is(name):
    backbone, longer = make(name), make(name, layers=5)
    assert (backbone.width, backbone.output_width, backbone.causal) == (WIDTH, WIDTH, True)
    assert backbone.max_length == (1024 if name == "lstm-star" else None)
    assert backbone.num_blocks == (12 if name in ("lstm-residual", "lstm-star") else 3)
    assert longer.num_blocks == 5
    assert json.loads(backbone.architecture())["layers"] == backbone.num_blocks
    described = {longer.architecture(), backbone.architecture(), *(make(other).architecture() for other in LSTMS)}
    assert len(described) == len(LSTMS) + 1
    assert make(name, dropout=0.5).architecture() == backbone.architecture()


def test_depth_is_the_number_of_the_layer():
    backbone = make("lstm-star")
    depths = {name: backbone.depth_of(name) for name, _ in backbone.named_parameters()}
    assert depths["positions.weight"] == 0
    assert depths["layers.0.from_input.weight"] == 1
    assert depths["layers.11.cell_norm.bias"] == 12
    assert set(depths.values()) == set(range(13))


@each_lstm
def test_a_model_of_it_can_be_frozen(name):
    model = SequenceModel(TOKENS_SHAPE, make(name))
    trained = freeze(model, parse_trainable("frozen"))
    assert not [key for key in trained if "from_" in key]
    assert freeze_plan(model, ("output",)).parameters == sum(p.numel() for p in model.parameters())


@each_lstm
def test_initial_values_are_drawn_as_declared(name):
    backbone = make(name, width=64)
    for key, tensor in backbone.state_dict().items():
        drawn_norm = name == "lstm-2021" and "norm" in key
        if "from_" in key or drawn_norm:
            bound = 1 / math.sqrt(64 if "from_" in key else len(tensor))
            assert 0.8 * bound < tensor.max() <= bound
            assert -bound <= tensor.min() < -0.8 * bound
        elif "norm" in key:
            assert torch.equal(tensor, torch.ones_like(tensor) * key.endswith("weight"))
        elif key == "positions.weight":
            assert tensor.std() == pytest.approx(0.02, rel=0.02)
            assert abs(tensor.mean()) < 0.001


@each_lstm
def test_is_a_pure_function_of_the_seed(name):
    one, same, other = make(name, seed=1).state_dict(), make(name, seed=1).state_dict(), make(name, seed=2).state_dict()
    assert all(torch.equal(one[key], same[key]) for key in one)
    assert not all(torch.equal(one[key], other[key]) for key in one)
    assert torch.equal(one["first_states"], other["first_states"])


@each_lstm
@torch.no_grad()
def test_a_position_sees_itself_and_earlier_ones(name):
    backbone, vectors = make(name).double(), embeddings(dtype=torch.float64)
    changed = vectors.clone()
    changed[:, 4] += 1.0
    hidden, after = backbone(vectors, whole(vectors)), backbone(changed, whole(vectors))
    torch.testing.assert_close(after[:, :4], hidden[:, :4])
    assert (after[:, 4:] - hidden[:, 4:]).abs().amax(-1).min() > 0


@each_lstm
@pytest.mark.parametrize("shape", [TOKENS_SHAPE, VECTORS_SHAPE], ids=["tokens", "vectors"])
def test_neither_padding_nor_batch_mates_change_a_prediction(name, shape):
    model = SequenceModel(shape, make(name)).eval()
    lengths = [12, 5, 2, 9]
    together = ragged(shape, lengths, positions=12)
    expected = predict_logits(model, together, batch_size=4)
    for padding_seed, positions, batch_size in ((1, 12, 4), (2, 15, 4), (0, 12, 1)):
        sequences = ragged(shape, lengths, positions, padding_seed=padding_seed)
        torch.testing.assert_close(predict_logits(model, sequences, batch_size), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
@torch.no_grad()
def test_the_quirk_draws_new_states_for_each_training_pass_and_one_for_all_evaluations():
    backbone, vectors = make("lstm-2021"), embeddings(1).expand(3, -1, -1)
    evaluated = backbone(vectors, whole(vectors))
    torch.manual_seed(9)
    assert torch.equal(backbone(vectors, whole(vectors)), evaluated)
    torch.testing.assert_close(evaluated, evaluated[:1].expand_as(evaluated))
    assert abs(make("lstm-2021", width=2500).first_states.std() - 0.02) < 0.0005

    backbone.train()
    torch.manual_seed(9)
    trained, again = (backbone(vectors, whole(vectors)) for _ in range(2))
    assert not torch.allclose(trained, again)
    assert not torch.allclose(trained[0], trained[1])
    torch.manual_seed(9)
    assert torch.equal(backbone(vectors, whole(vectors)), trained)


@plain_lstms
@torch.no_grad()
def test_without_the_quirk_training_draws_nothing(name):
    backbone, vectors = make(name), embeddings()
    evaluated = backbone(vectors, whole(vectors))
    before = torch.get_rng_state()
    assert torch.equal(backbone.train()(vectors, whole(vectors)), evaluated)
    assert torch.equal(torch.get_rng_state(), before)


@torch.no_grad()
def test_dropout_is_between_the_layers_and_in_training_alone():
    vectors = embeddings()
    expected = make("lstm")(vectors, whole(vectors))
    backbone = make("lstm", dropout=0.5)
    assert torch.equal(backbone(vectors, whole(vectors)), expected)
    dropped = backbone.train()(vectors, whole(vectors))
    assert not torch.allclose(dropped, expected)
    assert (dropped != 0).all()  # none behind the last layer
    single = make("lstm", layers=1, dropout=0.5)
    assert torch.equal(single.train()(vectors, whole(vectors)), single.eval()(vectors, whole(vectors)))


@each_lstm
def test_full_training_reaches_every_parameter(name):
    backbone, vectors = make(name).train(), embeddings()
    backbone(vectors, whole(vectors)).square().sum().backward()
    for key, parameter in backbone.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.isfinite().all(), key
        assert parameter.grad.any(), key


@torch.no_grad()
def test_cell_states_stay_whole_in_bfloat16():
    backbone, vectors = make("lstm"), embeddings(positions=40)
    expected = backbone(vectors, whole(vectors))
    with torch.autocast("cpu", torch.bfloat16):
        hidden = backbone(vectors.bfloat16(), whole(vectors))
    assert hidden.dtype == torch.float32
    assert (hidden - expected).abs().mean() < 0.02


def test_gradients_stay_finite_where_the_input_is_zero():
    backbone = make("lstm", width=64)
    vectors = torch.zeros(2, 20, 64, requires_grad=True)
    backbone(vectors, whole(vectors)).sum().backward()
    assert vectors.grad.isfinite().all()
    assert vectors.grad.abs().max() < 1e4
