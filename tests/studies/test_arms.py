"""The contract of every arm on every task: it builds, takes a step, and changes nothing but what trains."""

import math
from dataclasses import replace

import pytest
import torch

from frostformer.models.build import build_model
from frostformer.models.freezing import trained_groups, trained_names
from frostformer.studies.ours import ON_ANY_BACKBONE, WITHOUT_TRANSFORMER
from frostformer.tasks.registry import TASKS
from frostformer.training.loop import Training
from helpers import WIDTH

ARMS = ON_ANY_BACKBONE | WITHOUT_TRANSFORMER


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("name", TASKS)
def test_every_arm_trains_on_every_task(tiny_config, fixed_task, name, arm):
    if "lora_rank" in ARMS[arm]:
        pytest.importorskip("peft")
    task = fixed_task(name, 4)
    width = {"width": WIDTH} if "width" in ARMS[arm] else {}
    config = replace(tiny_config(task=name, steps=1, evaluate_every=1, batch_size=4), **ARMS[arm] | width)
    model, _ = build_model(config, task.shape)
    before = {key: parameter.detach().clone() for key, parameter in model.named_parameters()}
    (record,) = Training(model, task, config).run()
    assert math.isfinite(record.train_loss)
    changed = {key for key, parameter in model.named_parameters() if not torch.equal(before[key], parameter)}
    assert "output_layer.weight" in changed
    assert changed <= set(trained_names(model, trained_groups(config)))
