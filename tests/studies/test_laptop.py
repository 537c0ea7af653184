"""Experiments: fair comparisons, written down as runs."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import get_args

import pytest

from frostformer.config import Weights
from frostformer.errors import InputError
from frostformer.models.backbones.controls import CONTROLS
from frostformer.models.backbones.lstm import LSTMS
from frostformer.models.build import build_model
from frostformer.models.freezing import PRESETS
from frostformer.studies.laptop import EXPERIMENTS, REFERENCES, SHORT, arms, demo
from frostformer.tasks.registry import TASKS

ARM_FIELDS = {"backbone", "weights", "layers", "width", "trainable", "lora_rank", "backbone_precision"}


def test_the_arms_of_the_demo_differ_by_their_weights_alone():
    configs = demo(seeds=3)
    assert len(configs) == 12
    for task in SHORT:
        for seed in range(3):
            pretrained, random = (asdict(configs[f"{task}-{weights}-{seed}"]) for weights in ("pretrained", "random"))
            assert {key for key in pretrained if pretrained[key] != random[key]} == {"weights"}


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_budgets_are_equal_within_a_task(experiment):
    by_task = {}
    for name, config in EXPERIMENTS[experiment](2, [Path("models/mine")]).items():
        budget = {key: str(value) for key, value in asdict(config).items() if key not in ARM_FIELDS | {"seed"}}
        by_task.setdefault(config.task, []).append(budget)
        assert name.startswith(config.task)
        assert name.endswith(str(config.seed))
    assert all(budget == budgets[0] for budgets in by_task.values() for budget in budgets)


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_arm_has_one_reference(experiment):
    configs = set(EXPERIMENTS[experiment](2, [Path("models/mine")]).values())
    references = {replace(config, **REFERENCES[experiment]) for config in configs}
    settled = {replace(config, weights="pretrained") if config.weights == "auto" else config for config in configs}
    assert references <= configs | settled
    assert REFERENCES.keys() == EXPERIMENTS.keys()


def test_precisions_are_compared_within_a_backbone():
    configs = EXPERIMENTS["precision"](1, [Path("models/mine")])
    own = {name: replace(config, **REFERENCES["precision"]) for name, config in configs.items()}
    assert own["digits-int8-0"] == configs["digits-fp32-0"]
    assert own["digits-mine-int8-0"] == configs["digits-mine-fp32-0"]


def test_the_arms_are_complete():
    configs = arms(seeds=1).values()
    assert {config.weights for config in configs} == set(get_args(Weights))
    assert {config.backbone for config in configs} >= {*LSTMS, *CONTROLS, "gpt2", "bert", "t5", "vit"}
    assert {config.trainable for config in configs} >= set(PRESETS)
    assert len({str(asdict(config)) for config in configs}) == len(configs)


@pytest.mark.parametrize("arm", [name.removeprefix("bit-xor-") for name in arms(1) if name.startswith("bit-xor-")])
def test_every_small_arm_can_be_built(arm):
    config = arms(seeds=1)[f"bit-xor-{arm}"]
    if config.lora_rank:
        pytest.importorskip("peft")
    if config.layers is None:  # the architectures of full width take seconds each and are tested elsewhere
        model, _ = build_model(config, TASKS["bit-xor"].shape)
        assert model.backbone.width == 256


def test_folders_add_two_arms_each():
    added = arms(1, [Path("models/mine")]).keys() - arms(1).keys()
    assert added == {f"{task}-mine-{weights}-0" for task in SHORT for weights in ("pretrained", "random")}


def test_no_seeds_is_refused():
    with pytest.raises(InputError, match="seeds is 0"):
        demo(seeds=0)


def test_folders_of_one_name_are_refused():
    with pytest.raises(InputError, match="have one name"):
        demo(1, [Path("a/final"), Path("b/final")])


def test_what_is_missing_is_said_before_anything_runs(monkeypatch):
    monkeypatch.setattr("frostformer.studies.laptop.find_spec", lambda name: None)
    with pytest.raises(InputError, match="needs the package peft"):
        arms(1)
