"""What a run may add to a backbone before training: rows of its position table, low-rank updates of its attention."""

from __future__ import annotations

import torch
from torch import nn

from frostformer.errors import InputError
from frostformer.models.backbones.backbone import Backbone, is_conv1d
from frostformer.models.backbones.position_limit import window_of


@torch.no_grad()
def extend_positions(backbone: Backbone, length: int, seed: int) -> None:
    """Give `backbone`, in place, at least `length` positions; new rows are drawn with the old table's deviation.

    New rows are normal with mean 0. Nothing happens if the table is long enough, or if there is none.
    """
    if backbone.max_length is None or backbone.max_length >= length:
        return
    whole = window_of(getattr(getattr(backbone, "model", None), "config", None))
    length = -(-length // whole) * whole
    missing = length - backbone.max_length
    generator = torch.Generator().manual_seed(seed)
    for module in list(backbone.modules()):
        if isinstance(module, nn.Embedding) and module.num_embeddings >= backbone.max_length:
            old = module.weight
            rows = old.std() * torch.randn(missing, old.shape[1], generator=generator)
            module.weight = nn.Parameter(torch.cat([old, rows]))
            module.num_embeddings += missing
        for name, buffer in list(module.named_buffers(recurse=False)):
            if name in ("position_ids", "token_type_ids"):  # BERT's, (1, table's rows)
                after = torch.arange(buffer.shape[1], buffer.shape[1] + missing) if name == "position_ids" else 0
                module.register_buffer(name, nn.functional.pad(buffer, (0, missing)), persistent=False)
                module.get_buffer(name)[0, -missing:] = after
    backbone.max_length = length


def add_lora(backbone: Backbone, rank: int, seed: int) -> None:
    """Put trained low-rank updates (Hu et al. 2021) beside every attention matrix, in place; they start at zero.

    An update is scaled by 2, the usual choice of alpha = 2 * rank.
    """
    try:
        from peft import LoraConfig, inject_adapter_in_model
    except ImportError:
        raise InputError("lora_rank needs the package peft: pip install 'frostformer[lora]'") from None
    groups = backbone.parameter_groups()
    matrices = [
        name.removesuffix(".weight")
        for name, parameter in backbone.named_parameters()
        if groups[name] == "attention"
        and parameter.ndim == 2
        and name.endswith(".weight")
        and not name.endswith("dt_proj.weight")  # Mamba reads this weight without calling its module
    ]
    if not matrices:
        raise InputError(f"backbone '{backbone.name}' has no attention matrices for lora_rank: leave it out")
    torch.manual_seed(seed)
    transposed = any(map(is_conv1d, backbone.modules()))
    wanted = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=matrices, fan_in_fan_out=transposed)
    inject_adapter_in_model(wanted, backbone)
