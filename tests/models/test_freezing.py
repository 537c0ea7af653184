"""Groups, presets and the plan."""

import pytest

from frostformer.config import RunConfig
from frostformer.errors import InputError
from frostformer.models.backbones.registry import build_backbone
from frostformer.models.freezing import (
    GROUPS,
    LAST_ATTENTION,
    LORA,
    PRESETS,
    freeze,
    freeze_plan,
    parameter_groups,
    parse_trainable,
    trained_groups,
)
from frostformer.models.model import SequenceModel
from frostformer.tasks.registry import task_shape
from helpers import FAMILIES, VECTORS_SHAPE, WIDTH


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("frozen", ("input", "output", "layer_norm", "position")),
        ("output-only", ("output",)),
        ("full", GROUPS),
        ("layer_norm+output+input", ("input", "output", "layer_norm")),
        ("attention", ("attention",)),
        ("output+output", ("output",)),
        ("frozen+feedforward", ("input", "output", "layer_norm", "position", "feedforward")),
        ("frozen+feedforward+attention", GROUPS),
        ("output+last-attention", ("output", LAST_ATTENTION)),
        ("last-attention+attention", ("attention",)),
    ],
)
def test_trainable_is_a_preset_or_groups(text, groups):
    assert parse_trainable(text) == groups


@pytest.mark.parametrize("text", ["", "everything", "output+", "input + output", "frozen+everything", "Output", "lora"])
def test_refuses_other_words(text):
    with pytest.raises(InputError, match="known: attention, feedforward, frozen, full"):
        parse_trainable(text)


@pytest.mark.parametrize("trainable", [*PRESETS, "layer_norm", "attention+input"])
@pytest.mark.parametrize("family", FAMILIES)
def test_exactly_the_named_groups_train(tiny_model, family, trainable):
    model = tiny_model(VECTORS_SHAPE, family)
    wanted, groups = parse_trainable(trainable), parameter_groups(model)
    trained = freeze(model, wanted)
    assert list(trained) == [name for name, _ in model.named_parameters() if groups[name] in wanted]
    assert all(parameter.requires_grad == (name in trained) for name, parameter in model.named_parameters())
    freeze(model, PRESETS["full"])
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_refuses_to_train_nothing(tiny_model):
    with pytest.raises(InputError, match="no parameters in position"):
        freeze(tiny_model(VECTORS_SHAPE, "llama"), ("position",))


def test_refuses_a_backbone_whose_groups_are_no_partition(tiny_model, monkeypatch):
    model = tiny_model(VECTORS_SHAPE)
    right = model.backbone.parameter_groups()
    first = next(iter(right))
    wrong = [
        {name: group for name, group in right.items() if name != first},
        right | {"ghost": "attention"},
        right | {first: "magic"},
    ]
    for groups in wrong:
        monkeypatch.setattr(model.backbone, "parameter_groups", lambda groups=groups: groups)
        with pytest.raises(InputError, match="one group"):
            parameter_groups(model)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_plan_counts_everything_once(tiny_model, family):
    model = tiny_model(VECTORS_SHAPE, family)
    plan = freeze_plan(model, PRESETS["frozen"])
    trained = freeze(model, PRESETS["frozen"])
    assert [row.group for row in plan.rows] == list(GROUPS)
    assert sum(row.tensors for row in plan.rows) == len(list(model.parameters()))
    assert plan.parameters == sum(parameter.numel() for parameter in model.parameters())
    assert plan.trained_parameters == sum(parameter.numel() for parameter in trained.values())
    assert sum(row.percent for row in plan.rows) == pytest.approx(100)


def test_the_plan_of_a_tiny_gpt2_by_hand(tiny_model):
    rows = {row.group: row for row in freeze_plan(tiny_model(VECTORS_SHAPE), ("output", "position")).rows}
    assert (rows["input"].parameters, rows["input"].tensors) == (3 * WIDTH + WIDTH, 2)
    assert rows["output"].parameters == WIDTH * 8 + 8
    assert (rows["layer_norm"].parameters, rows["layer_norm"].tensors) == (5 * 2 * WIDTH, 10)
    assert rows["position"].parameters == 64 * WIDTH
    assert rows["attention"].parameters == 2 * (4 * WIDTH * WIDTH + 4 * WIDTH)
    assert rows["feedforward"].parameters == 2 * (8 * WIDTH * WIDTH + 5 * WIDTH)
    assert [group for group, row in rows.items() if row.trained] == ["output", "position"]


@pytest.fixture(scope="module")
def gpt2_base():
    """The paper's GPT-2 with fresh weights."""
    return build_backbone(RunConfig(backbone="gpt2", weights="random"))


@pytest.mark.parametrize(
    ("task", "counted", "reached"),
    [
        ("bit-memory", 940_900, 246_628),
        ("bit-xor", 827_906, 49_154),
        ("listops-lu2021", 844_042, 450_826),
        ("mnist", 845_578, 96_778),
        ("cifar10", 870_154, 132_874),
        ("cifar10-lra", 834_058, 834_058),
        ("remote-homology-lu2021", 1_770_672 - 5 * 769, 1_770_672 - 5 * 769),  # without five classes that never occur
    ],
)
def test_the_counts_at_gpt2_base_are_those_of_the_official_code_and_of_the_paper(gpt2_base, task, counted, reached):
    plan = freeze_plan(SequenceModel(task_shape(RunConfig(task=task)), gpt2_base), PRESETS["frozen"])
    assert (plan.trained_parameters, plan.reached_parameters) == (counted, reached)
    untouched = freeze_plan(
        SequenceModel(task_shape(RunConfig(task=task)), gpt2_base), PRESETS["norms-frozen"]
    ).unreached
    assert untouched == counted - reached
    assert (
        freeze_plan(SequenceModel(task_shape(RunConfig(task=task)), gpt2_base), PRESETS["output-norms"]).unreached == 0
    )


@pytest.mark.parametrize(("family", "rows"), [("gpt2", 64), ("bert", 64), ("opt", 66), ("vit", 1024), ("t5", 12)])
def test_rows_that_a_task_does_not_reach_are_those_of_absolute_positions(tiny_model, family, rows):
    plan = freeze_plan(tiny_model(VECTORS_SHAPE, family), ("position",))
    assert plan.unreached == (rows - 12) * WIDTH  # the task has 12 positions


@pytest.mark.parametrize(
    ("family", "trainable", "stops", "cached"),
    [
        ("gpt2", "frozen", "at the input layer", "nothing"),
        ("gpt2", "output-only", "at the output layer", "all up to the read-out"),
        ("gpt2", "position+output", "at the backbone's embeddings", "the input layer"),
        ("gpt2", "layer_norm", "in block 1 ", "all up to the backbone's embeddings"),
        ("llama", "layer_norm+output", "in block 1 ", "all up to the backbone's embeddings"),
        ("bert", "layer_norm", "at the backbone's embeddings", "the input layer"),
        ("t5", "position", "in block 1 ", "all up to the backbone's embeddings"),
        ("gpt2", "last-attention+output", "in block 2 ", "all up to block 1 of the backbone"),
    ],
)
def test_the_plan_says_where_backward_stops_and_what_stays_the_same(tiny_model, family, trainable, stops, cached):
    plan = freeze_plan(tiny_model(VECTORS_SHAPE, family), parse_trainable(trainable))
    assert plan.backward_stops.startswith(stops)
    assert plan.unchanged.startswith(cached)


def test_the_last_attention_is_that_of_the_last_block(tiny_model):
    model = tiny_model(VECTORS_SHAPE)
    trained = freeze(model, parse_trainable("output+last-attention"))
    blocks = {name.split(".")[3] for name in trained if name.startswith("backbone.")}
    assert blocks == {"1"}
    assert sum(".attn." in name for name in trained) == 4
    rows = [row for row in freeze_plan(model, ("output", LAST_ATTENTION)).rows if row.group == "attention"]
    assert sorted((row.trained, row.tensors) for row in rows) == [(False, 4), (True, 4)]


@pytest.mark.parametrize(
    ("trainable", "lora_rank", "groups"), [("output-only", None, ("output",)), ("full", 2, (*GROUPS, LORA))]
)
def test_low_rank_updates_train_where_there_are_some(trainable, lora_rank, groups):
    assert trained_groups(RunConfig(trainable=trainable, lora_rank=lora_rank)) == groups
