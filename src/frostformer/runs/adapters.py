"""The trained tensors of one run, and nothing else, in safetensors, with the fingerprint of their backbone."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from frostformer.config import RunConfig
from frostformer.errors import InputError
from frostformer.models.build import build_model, freeze_for
from frostformer.models.freezing import parameter_groups, trained_groups, trained_names
from frostformer.models.model import SequenceModel
from frostformer.tasks.task import TaskShape
from frostformer.training.checkpoints import read_tensors, write_tensors

FILE_NAME = "adapter.safetensors"
FORMAT = 1


@dataclass(frozen=True)
class Adapter:
    """What an adapter file says of itself, beside the tensors."""

    config: RunConfig
    shape: TaskShape
    task_version: int
    fingerprint: str


def save_adapter(path: Path, trained: dict[str, nn.Parameter], before: dict[str, Tensor], adapter: Adapter) -> None:
    """Write the trained tensors.

    Of a tensor in `before` (position tables) only the rows up to the last one that changed are kept: a task of 10
    positions needs 10 of 1,024 rows, which is what makes an adapter kilobytes.
    """
    tensors = {name: parameter.detach() for name, parameter in trained.items()}
    for name, old in before.items():
        changed = (tensors[name] != old.to(tensors[name].device)).any(dim=1).nonzero()
        tensors[name] = tensors[name][: int(changed.max()) + 1 if len(changed) else 0]
    write_tensors(path, tensors, {"adapter_format": FORMAT, **asdict(adapter)})


def load_adapter(path: Path, backbone: str | None = None) -> tuple[SequenceModel, Adapter]:
    """The trained model, in evaluation mode, on the GPU where there is one; of 8-bit backbones always on the CPU.

    Args:
        path: an adapter file, or the folder of a run.
        backbone: where the backbone is now, if not where the run found it.

    Raises:
        InputError: not an adapter, or the backbone is not the one it was trained on.
    """
    path = path / FILE_NAME if path.is_dir() else path
    tensors, header = read_tensors(path)
    adapter = _read_header(path, header)
    config = replace(adapter.config, backbone=backbone or adapter.config.backbone)
    model, found = build_model(config, adapter.shape)
    if found != adapter.fingerprint:
        raise InputError(
            f"{path} belongs to backbone '{adapter.config.backbone}' with fingerprint {adapter.fingerprint[:12]}, "
            f"but '{config.backbone}' has {found[:12]}: load it on the backbone it was trained on"
        )
    _put_tensors(path, model, tensors, trained_groups(config))
    freeze_for(model, config)
    device = torch.accelerator.current_accelerator(check_available=True) or torch.device("cpu")
    if config.backbone_precision == "int8":
        device = torch.device("cpu")  # where its kernels are
    return model.eval().to(device), adapter


def _read_header(path: Path, header: dict[str, Any]) -> Adapter:
    if "adapter_format" not in header:
        raise InputError(f"{path} is not an adapter: give the {FILE_NAME} of a finished run")
    if header["adapter_format"] > FORMAT:
        raise InputError(f"{path} was written by a newer version: upgrade frostformer")
    try:
        config, shape = RunConfig.read(header["config"]), TaskShape(**header["shape"])
        return Adapter(config, shape, header["task_version"], header["fingerprint"])
    except (TypeError, KeyError) as error:
        raise InputError(f"{path} was written by another version of frostformer ({error}): train it again") from error


@torch.no_grad()
def _put_tensors(path: Path, model: SequenceModel, tensors: dict[str, Tensor], trainable: tuple[str, ...]) -> None:
    """Exactly the trained tensors, each of its full shape; position tables may lack their last rows."""
    groups, parameters = parameter_groups(model), dict(model.named_parameters())
    wanted = set(trained_names(model, trainable))
    misfits = sorted(wanted ^ set(tensors))
    for name in sorted(wanted & set(tensors)):
        rows = len(tensors[name]) if groups[name] == "position" else len(parameters[name])
        target = parameters[name][:rows]
        if target.shape == tensors[name].shape:
            target.copy_(tensors[name])
        else:
            misfits.append(name)
    if misfits:
        raise InputError(f"{path} does not fit the model at '{misfits[0]}': it was written for another one")
