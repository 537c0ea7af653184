"""Our own studies: fair comparisons, written down as runs."""

from dataclasses import asdict
from typing import get_args

import pytest

from frostformer.config import Weights
from frostformer.errors import InputError
from frostformer.models.backbones.controls import CONTROLS
from frostformer.models.backbones.lstm import LSTMS
from frostformer.models.build import build_model
from frostformer.models.freezing import PRESETS
from frostformer.studies.ours import DEMO_REFERENCE, SHORT, STUDIES, arms, demo, precision
from frostformer.studies.scales import LAPTOP, SMOKE
from frostformer.studies.study import Backbones, Model
from frostformer.tasks.registry import TASKS

ARM_FIELDS = {"backbone", "weights", "layers", "width", "trainable", "lora_rank", "backbone_precision"}
EMBEDDED = Backbones("embedded")
ARMS = {cell.row: cell.run for cell in arms(LAPTOP, EMBEDDED) if cell.column == "bit-xor"}


def test_the_arms_of_the_demo_differ_by_their_weights_alone():
    configs = demo(seeds=3)
    assert len(configs) == 12
    for task in SHORT:
        for seed in range(3):
            pretrained, random = (asdict(configs[f"{task}-{weights}-{seed}"]) for weights in ("pretrained", "random"))
            assert {key for key in pretrained if pretrained[key] != random[key]} == {"weights"}
            assert {"weights": random["weights"]} == DEMO_REFERENCE


@pytest.mark.parametrize("scale", [LAPTOP, SMOKE])
@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_budgets_are_equal_within_a_task(study, scale):
    budgets = {}
    for cell in study.make(scale, Backbones("embedded", others=(Model("models/mine"),))):
        budget = {key: str(value) for key, value in asdict(cell.run).items() if key not in ARM_FIELDS}
        assert budgets.setdefault(cell.column, budget) == budget
        assert cell.run.task == cell.column


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_the_reference_is_a_row(study):
    assert study.reference in {cell.row for cell in study.make(LAPTOP, EMBEDDED)}


def test_the_arms_are_complete():
    assert {run.weights for run in ARMS.values()} == set(get_args(Weights)) - {"auto"}
    assert {run.backbone for run in ARMS.values()} >= {*LSTMS, *CONTROLS, "gpt2", "bert", "t5", "vit"}
    assert {run.trainable for run in ARMS.values()} >= set(PRESETS)
    assert len(set(ARMS.values())) == len(ARMS)


@pytest.mark.parametrize("arm", ARMS)
def test_every_small_arm_can_be_built(arm):
    run = ARMS[arm]
    if run.lora_rank:
        pytest.importorskip("peft")
    if run.layers is None:  # the architectures of full width take seconds each and are tested elsewhere
        model, _ = build_model(run, TASKS["bit-xor"].shape)
        assert model.backbone.width == 256


def test_further_models_add_two_arms_each():
    more = {cell.row for cell in arms(LAPTOP, Backbones("embedded", others=(Model("models/mine", 4),)))}
    assert more - ARMS.keys() == {"mine, 4 blocks, pretrained", "mine, 4 blocks, random"}


def test_precisions_are_those_of_one_backbone():
    runs = {cell.run for cell in precision(LAPTOP, Backbones("models/mine"))}
    assert {run.backbone for run in runs} == {"models/mine"}
    assert {run.backbone_precision for run in runs} == {"fp32", "bf16", "int8"}


def test_no_seeds_is_refused():
    with pytest.raises(InputError, match="seeds is 0"):
        demo(seeds=0)


def test_what_is_missing_is_said_before_anything_runs(monkeypatch):
    monkeypatch.setattr("frostformer.studies.ours.find_spec", lambda name: None)
    with pytest.raises(InputError, match="needs the package peft"):
        arms(LAPTOP, EMBEDDED)
