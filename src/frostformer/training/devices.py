"""Where a run computes: device, precision, processes."""

from __future__ import annotations

from typing import Any

import torch

from frostformer.config import RunConfig
from frostformer.errors import InputError


def seed_device(device: torch.device, seed: int) -> None:
    """For dropout and augmentation; `torch.manual_seed`, which asks after every kind of device, costs 0.3 ms a step."""
    torch.default_generator.manual_seed(seed)
    if device.type != "cpu":
        torch.get_device_module(device).manual_seed(seed)


def make_accelerator(config: RunConfig) -> Any:
    """Device, precision and data parallelism (start it with torchrun); nothing else is accelerate's."""
    from accelerate import Accelerator
    from accelerate.state import AcceleratorState

    AcceleratorState._reset_state(reset_partial_state=True)  # an earlier run of this process may have chosen otherwise
    precision = "bf16" if config.backbone_precision == "bf16" else "no"
    try:
        accelerator = Accelerator(cpu=config.device == "cpu", mixed_precision=precision)
    except ValueError as error:
        raise InputError(f"backbone_precision bf16 is not to be had here ({error}): use fp32") from error
    if config.device not in ("auto", accelerator.device.type):
        raise InputError(f"device '{config.device}' is not here: use `--device auto` or `--device cpu`")
    if config.backbone_precision == "int8" and accelerator.device.type != "cpu":
        raise InputError("backbone_precision int8 is for CPUs: use bf16 here, or add `--device cpu`")
    if config.batch_size % accelerator.num_processes:
        raise InputError(f"batch_size {config.batch_size} is not a multiple of {accelerator.num_processes} processes")
    return accelerator
