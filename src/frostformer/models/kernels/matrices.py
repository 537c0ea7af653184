"""Which modules of a backbone are frozen matrices, and how they are kept where products are computed in bfloat16."""

from __future__ import annotations

import torch
from torch import nn

from frostformer.models.backbones.backbone import Backbone, is_conv1d
from frostformer.models.backbones.calls import first_calls
from frostformer.models.backbones.probe import as_it_was


def frozen_matrices(backbone: Backbone) -> list[str]:
    """Paths of the frozen `nn.Linear` and Conv1D that are called in a pass; call it after `freeze`."""
    modules = dict(backbone.named_modules())
    if backbone.matrices is None:
        backbone.matrices = called_matrices(backbone)
    return [path for path in backbone.matrices if path in modules and _is_frozen(modules[path])]


def keep_in_bf16(backbone: Backbone) -> int:
    """Round every frozen matrix to bfloat16 once, as autocast does again in each call; returns how many.

    The products stay the same to the last bit, and the matrices take half the memory. Of models that share their
    frozen tensors the first one rounds them for all.
    """
    paths = frozen_matrices(backbone)
    for path in paths:
        for parameter in backbone.get_submodule(path).parameters(recurse=False):
            parameter.data = parameter.data.to(torch.bfloat16)
    return len(paths)


@torch.no_grad()
def called_matrices(backbone: Backbone) -> list[str]:
    """Paths of the matrices whose module is called in a pass. Mamba reads one without a call, so that it must stay.

    Call it while the backbone is whole, in float32 and on the CPU: later its tensors may be those of another model.
    """
    with as_it_was(backbone), first_calls(backbone) as calls:
        backbone.eval()(torch.zeros(1, 3, backbone.width), torch.tensor([3]))
    return [path for path in calls if _is_matrix(backbone.get_submodule(path))]


def _is_matrix(module: nn.Module) -> bool:
    """Whether a module can be replaced; with one channel an 8-bit product would be wrong (pytorch issue 195066)."""
    return (type(module) is nn.Linear or is_conv1d(module)) and min(module.get_parameter("weight").shape) > 1


def _is_frozen(module: nn.Module) -> bool:
    return not any(parameter.requires_grad for parameter in module.parameters())
