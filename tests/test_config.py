"""Checks on construction; every field has its unit under it."""

import ast
import dataclasses
import inspect
import itertools

import pytest

from frostformer.config import RunConfig
from frostformer.errors import InputError
from frostformer.pretraining.config import PretrainConfig


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("layers", 0),
        ("batch_size", 0),
        ("steps", 0),
        ("patience", 0),
        ("evaluate_every", 0),
        ("seed", -1),
        ("seed", 2**63),  # more than torch's generator takes once a step is mixed in
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("learning_rate", float("inf")),
        ("gradient_clip", -1.0),
        ("dropout", 1.0),
        ("dropout", -0.1),
        ("dropout", float("nan")),
        ("weights", "statistic"),  # would run as "pretrained" and be reported as what it is not
        ("backbone_precision", "fp16"),
        ("steps", 1.5),
        ("steps", True),
        ("steps", "10"),
        ("steps", 10**13),
        ("width", 10**9),
        ("lora_rank", 10**9),
        ("batch_size", 10**9),
        ("layers", 10**6),
        ("learning_rate", "fast"),
        ("learning_rate", True),
        ("compile", "no"),
        ("extend_positions", 1),
        ("backbone", ""),
        ("task", None),
        ("plugin", ""),
        ("weights", ["random"]),
        ("task_options", {"length": 5}),
        ("task_options", "length=5"),
    ],
)
def test_run_config_refuses(field, value):
    with pytest.raises(InputError, match=field):
        RunConfig(**{field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("layers", 0),
        ("width", 0),
        ("heads", 0),
        ("positions", 0),
        ("tokens", 0),
        ("batch_size", 0),
        ("seed", -1),
        ("learning_rate", 0.0),
        ("width", 255),
        ("positions", 1022),
        ("vocabulary", 256),
        ("vocabulary", 65_537),
        ("vocabulary", "many"),
        ("layers", 1.5),
        ("width", 2**30),
    ],
)
def test_pretrain_config_refuses(field, value):
    with pytest.raises(InputError, match=field):
        PretrainConfig(**{field: value})


def test_edges_are_allowed():
    RunConfig(layers=1, batch_size=1, steps=1, patience=1, evaluate_every=1, seed=0, dropout=0.0)
    PretrainConfig(vocabulary=257)
    PretrainConfig(vocabulary=65_536)


def test_a_config_is_frozen_and_survives_a_round_trip():
    config = RunConfig(task="digits", task_options={"a": "1"}, layers=2)
    assert RunConfig(**dataclasses.asdict(config)) == config
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.seed = 1


def test_configurations_are_keys_of_a_dictionary():
    one, same = (RunConfig(task_options=options) for options in ({"a": "1", "b": "2"}, {"b": "2", "a": "1"}))
    assert one == same
    assert len({one, same, RunConfig(), RunConfig(seed=1)}) == 3


@pytest.mark.parametrize("cls", [RunConfig, PretrainConfig])
def test_every_field_is_explained(cls):
    tree = ast.parse(inspect.getsource(inspect.getmodule(cls)))
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == cls.__name__)
    for field, after in itertools.pairwise(body):
        if isinstance(field, ast.AnnAssign):
            is_text = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            assert is_text, f"{field.target.id} has no sentence under it"
