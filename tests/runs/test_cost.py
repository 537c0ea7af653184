"""What a step costs: operations counted by hand, vectors saved per token and layer, and nothing left behind."""

import pytest
import torch
from torch import nn

from frostformer.config import RunConfig
from frostformer.models.backbones.backbone import Backbone
from frostformer.models.backbones.probe import probe
from frostformer.models.build import build_model
from frostformer.models.freezing import freeze, parse_trainable
from frostformer.models.model import SequenceModel
from frostformer.runs.adapters import FILE_NAME, load_adapter
from frostformer.runs.cost import measure_cost
from frostformer.runs.one import run
from frostformer.tasks.shape import TaskShape
from frostformer.training.checkpoints import read_tensors
from helpers import FAMILIES, POSITIONS, TOKENS_SHAPE, VECTORS_SHAPE, WIDTH

LAYERS = 2  # of the tiny models


@pytest.fixture(scope="module")
def embedded():
    """A function: positions and trainable -> cost of the embedded backbone (width 256, 6 layers, 4 heads)."""

    def measure(positions: int, trainable: str):
        shape = TaskShape("vectors", channels=3, length=positions, classes=4)
        model, _ = build_model(RunConfig(backbone="embedded"), shape)
        freeze(model, parse_trainable(trainable))
        return measure_cost(model)

    return measure


def cost_of(model: SequenceModel, trainable: str):
    freeze(model, parse_trainable(trainable))
    return measure_cost(model)


def by_hand(shape: TaskShape) -> dict[str, int]:
    """Operations of each part of the tiny GPT-2's forward pass, whose last block is whole only up to the keys."""
    whole, length, read = LAYERS - 1, shape.length, shape.read_positions
    return {
        "input": 2 * shape.length * shape.channels * WIDTH if shape.input_kind == "vectors" else 0,
        "matrices": 2 * WIDTH**2 * ((12 * whole + 3) * length + 9 * read),  # 3 in, 1 out, 4 up, 4 down
        "attention": 2 * 2 * WIDTH * (whole * length + read) * length,  # scores, and their sum of values
        "output": 2 * shape.read_positions * WIDTH * shape.predictions * shape.classes,
    }


@pytest.mark.parametrize("trainable", ["frozen", "full", "output-only"])
@pytest.mark.parametrize("shape", [VECTORS_SHAPE, TOKENS_SHAPE], ids=["vectors", "tokens"])
def test_counts_the_forward_pass_whatever_trains(tiny_model, shape, trainable):
    assert cost_of(tiny_model(shape), trainable).forward_flops == sum(by_hand(shape).values())


@pytest.mark.parametrize(
    ("trainable", "per_matrix", "per_attention", "per_output"),
    [
        ("frozen", 1, 2.5, 2),  # fused attention: scores again, then four products where forward has two
        ("full", 2, 2.5, 2),
        ("output-only", 0, 0, 1),  # no gradient goes into the backbone
    ],
)
@pytest.mark.parametrize("shape", [VECTORS_SHAPE, TOKENS_SHAPE], ids=["vectors", "tokens"])
def test_backward_is_once_forward_where_frozen_and_twice_where_trained(
    tiny_model, shape, trainable, per_matrix, per_attention, per_output
):
    forward = by_hand(shape)
    parts = {"matrices": per_matrix, "attention": per_attention, "output": per_output}
    expected = sum(times * forward[part] for part, times in parts.items())
    if trainable != "output-only":
        expected += forward["input"]  # the weights' gradient: data needs none
    assert cost_of(tiny_model(shape), trainable).backward_flops == expected


def test_a_frozen_step_of_the_embedded_backbone_is_two_thirds_of_a_full_one(embedded):
    frozen, full = embedded(64, "frozen"), embedded(64, "full")
    assert frozen.forward_flops == full.forward_flops
    assert frozen.backward_flops / frozen.forward_flops == pytest.approx(1.06, abs=0.005)
    assert full.backward_flops / full.forward_flops == pytest.approx(2.02, abs=0.005)


def test_a_frozen_block_saves_ten_vectors_per_token_and_the_last_one_four(embedded):
    """What both norms (2) and the GELU (4) read; queries, keys, values and what attention makes of them (4).

    In the last block it is what the first norm reads, queries, keys and values.
    """
    blocks = (5 * 10 + 4) / 6
    assert blocks < embedded(64, "frozen").saved_vectors <= blocks + 0.1  # what is read, one number per norm or head


def test_a_trained_block_saves_six_more_and_the_last_one_one(embedded):
    """What both norms (2) and the GELU (4) give to the matrices behind them; in the last block the first norm."""
    more = embedded(64, "full").saved_vectors - embedded(64, "frozen").saved_vectors
    assert more == pytest.approx((5 * 6 + 1) / 6, abs=0.02)  # beside it what is read


@pytest.mark.parametrize("trainable", ["frozen", "full"])
def test_what_is_saved_per_token_does_not_grow_with_the_length(embedded, trainable):
    assert embedded(256, trainable).saved_vectors <= embedded(64, trainable).saved_vectors


def test_nothing_of_the_backbone_is_saved_where_only_the_output_layer_trains(embedded):
    assert embedded(64, "output-only").saved_bytes < 2 * 256 * 4  # the one vector read, and the loss


def test_dropout_is_measured_as_it_trains(tiny_model):
    """From evaluation mode, in which it would save nothing."""
    with_dropout, without = (cost_of(tiny_model(VECTORS_SHAPE, "bert", dropout=p), "frozen") for p in (0.1, 0.0))
    assert with_dropout.saved_bytes > without.saved_bytes
    assert with_dropout.forward_flops == without.forward_flops


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("shape", [VECTORS_SHAPE, TOKENS_SHAPE], ids=["vectors", "tokens"])
def test_leaves_everything_as_it_was(tiny_model, family, shape):
    model = tiny_model(shape, family, dropout=0.1)
    trained = freeze(model, parse_trainable("frozen"))
    first, *others = trained.values()
    first.grad = torch.ones_like(first)
    model.output_layer.train()  # in a model that evaluates
    modes = [module.training for module in model.modules()]
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    generator = torch.get_rng_state()
    cost = measure_cost(model)
    assert min(cost.forward_flops, cost.backward_flops, cost.saved_bytes, cost.saved_vectors) > 0
    assert torch.equal(torch.get_rng_state(), generator)
    assert [module.training for module in model.modules()] == modes
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert torch.equal(first.grad, torch.ones_like(first))
    assert all(parameter.grad is None for parameter in others)
    assert [name for name, parameter in model.named_parameters() if parameter.requires_grad] == list(trained)


def test_a_failing_pass_leaves_the_modes_too(tiny_model, monkeypatch):
    model = tiny_model(VECTORS_SHAPE)
    monkeypatch.setattr(model.backbone, "read", lambda embeddings, lengths, count: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        measure_cost(model)
    assert not any(module.training for module in model.modules())


class Doubling(Backbone):
    """Has neither parameters nor blocks, and saves one storage through two views."""

    name, width, max_length, num_blocks = "doubling", WIDTH, None, 0

    def __init__(self):
        """Nothing but what every backbone has."""
        super().__init__()
        self.probe, self.groups = probe(self), {}

    def forward(self, embeddings, lengths):
        """(B, T, D), (B,) -> (B, T, D)."""
        hidden = embeddings.exp()  # saves its result, the storage that the product saves twice
        return hidden * hidden.view_as(hidden)


def test_a_storage_counts_once_and_a_backbone_may_have_no_blocks():
    shape = TaskShape("vectors", channels=3, length=50, classes=4)
    cost = cost_of(SequenceModel(shape, Doubling()), "full")
    inputs, hidden, read_out = 50 * 3, 50 * WIDTH, 50 * WIDTH
    assert inputs + hidden <= cost.saved_bytes / 4 <= inputs + hidden + read_out + 200
    assert cost.saved_vectors == 0.0
    assert cost.forward_flops == 2 * 50 * 3 * WIDTH + 2 * WIDTH * 4


class Recurrent(Backbone):
    """One matrix, applied once per position."""

    name, width, output_width, max_length, causal, num_blocks = "recurrent", WIDTH, WIDTH, None, True, 1

    def __init__(self):
        super().__init__()
        self.matrix = nn.Linear(WIDTH, WIDTH, bias=False)

    def parameter_groups(self):
        """See `Backbone`."""
        return {"matrix.weight": "feedforward"}

    def forward(self, embeddings, lengths):
        """(B, T, D), (B,) -> (B, T, D)."""
        states = [embeddings[:, 0]]
        for embedding in embeddings[:, 1:].unbind(dim=1):
            states.append(embedding + self.matrix(states[-1]).tanh())
        return torch.stack(states, dim=1)


@pytest.mark.parametrize(("trainable", "times"), [("frozen", 1), ("full", 2)])
def test_a_loop_over_positions_is_counted_like_any_other(trainable, times):
    cost = cost_of(SequenceModel(TaskShape("tokens", channels=5, length=40, classes=4), Recurrent()), trainable)
    steps, output = 39 * 2 * WIDTH**2, 2 * WIDTH * 4
    assert (cost.forward_flops, cost.backward_flops) == (steps + output, times * steps + 2 * output)


def test_a_long_lstm_is_counted():
    """Torch's counter follows every call of a module, and this one has thousands."""
    shape = TaskShape("tokens", channels=5, length=1024, classes=4)
    model, _ = build_model(RunConfig(backbone="lstm", weights="random", layers=1, width=8), shape)
    matrices, output = 2 * 1024 * 2 * 8 * 32, 2 * 8 * 4
    assert cost_of(model, "frozen").forward_flops == matrices + output


def test_bytes_follow_from_the_parameters(tiny_model):
    model = tiny_model(VECTORS_SHAPE)
    trained = sum(parameter.numel() for parameter in freeze(model, parse_trainable("frozen")).values())
    cost = measure_cost(model)
    assert cost.parameter_bytes == 4 * sum(parameter.numel() for parameter in model.parameters())
    assert cost.training_bytes == 3 * 4 * trained
    assert cost.adapter_bytes == 4 * (trained - (POSITIONS - VECTORS_SHAPE.length) * WIDTH)


@pytest.mark.parametrize(
    ("family", "tolerance"),
    [("gpt2", 0), ("bert", 0.05), ("t5", 0.05)],  # BERT's table of segments and T5's of distances have rows unused
)
def test_the_adapter_is_as_large_as_the_file_of_a_run(tiny_config, tmp_path, family, tolerance):
    run(tiny_config(family), tmp_path)
    model, adapter = load_adapter(tmp_path)
    tensors, _ = read_tensors(tmp_path / FILE_NAME)
    content = sum(tensor.nbytes for tensor in tensors.values())
    cost = cost_of(model, adapter.config.trainable)
    assert cost.adapter_bytes == pytest.approx(content, rel=tolerance)


def test_a_run_stores_the_operations_of_a_sequence(tiny_config, tmp_path):
    result = run(tiny_config(steps=1), tmp_path)
    model, _ = build_model(tiny_config(), TaskShape(**result.task["shape"]))
    cost = cost_of(model, "frozen")
    assert result.flops == {"forward": cost.forward_flops, "backward": cost.backward_flops}


def test_what_cannot_be_counted_costs_no_result(tiny_config, tmp_path, monkeypatch):
    def fails(model):
        raise NotImplementedError("an operation without a formula")

    monkeypatch.setattr("frostformer.runs.cost.measure_cost", fails)
    assert run(tiny_config(steps=1), tmp_path).flops is None
