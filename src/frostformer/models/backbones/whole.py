"""Whether a checkpoint was read whole: nothing that the backbone computes with is missing, ignored, scaled or NaN."""

from __future__ import annotations

import re
from typing import Any

from torch import nn

from frostformer.errors import InputError
from frostformer.models.backbones.safetensor_files import Stored
from frostformer.models.backbones.text_part import inner_part

_REMEDY = "get the model in float32, float16 or bfloat16"
_COMPUTED = re.compile(r"(inv_freq|position_ids|masked_bias)$")  # older versions stored what is computed today


def check_stored(stored: dict[str, Stored], expected: Any, name: str) -> None:
    """Refuse a checkpoint whose numbers are not the weights themselves, before it is read.

    Args:
        stored: what the files hold; empty for GGUF, whose numbers are unpacked on reading.
        expected: the model that they are for, with or without values.
        name: the backbone's, for messages.
    """
    quantization = getattr(expected.config, "quantization_config", None)
    if stored and quantization:
        method = quantization.get("quant_method") if isinstance(quantization, dict) else None
        raise InputError(f"backbone '{name}' is quantized ({method or 'quantization_config'}): {_REMEDY}")
    parameters = tuple(key for key, _ in expected.named_parameters())
    for key, tensor in stored.items():
        is_weight = key.endswith((".weight", *parameters)) or tensor.dtype.startswith("F")
        if is_weight and not tensor.is_float:
            raise InputError(f"backbone '{name}' holds {key} as {tensor.dtype}, not as floating numbers: {_REMEDY}")


def check_kept(model: Any, info: dict[str, Any], stored: dict[str, Stored], name: str) -> None:
    """Refuse tensors of another shape than the configuration says, and tensors of the blocks that were not read.

    Heads, poolers and the like may be left unread: they lie outside the blocks.

    Args:
        model: the model that was read.
        info: what `transformers` tells about the reading.
        stored: what the files hold.
        name: the backbone's, for messages.
    """
    for key, found, wanted in sorted(info["mismatched_keys"]):
        raise InputError(
            f"backbone '{name}' holds {key} in the shape {tuple(found)}, but its config.json says {tuple(wanted)}: get "
            "both from one place"
        )
    in_blocks = _in_blocks(model)
    for key in sorted(info["unexpected_keys"]):
        if in_blocks.search(key) and not _is_computed(key, stored):
            raise InputError(
                f"backbone '{name}' holds {key}, which a model of its config.json does not have: get both from one "
                "place"
            )


def check_complete(backbone: nn.Module, missing: dict[int, str], name: str) -> None:
    """Refuse a backbone with a parameter that the checkpoint lacks.

    Args:
        backbone: after what it does not use was dropped, which may be missing, such as a pooler.
        missing: names of parameters that the checkpoint lacks, by their id.
        name: the backbone's, for messages.
    """
    for parameter in backbone.parameters():
        if id(parameter) in missing:
            raise InputError(f"backbone '{name}' has no weights for {missing[id(parameter)]}: get it again")


def _in_blocks(model: Any) -> re.Pattern[str]:
    """Matches names of tensors in numbered blocks of the part that is used."""
    part = inner_part(model)
    path = next(path for path, module in model.named_modules() if module is part)
    lists = [inside for inside, module in part.named_modules() if isinstance(module, nn.ModuleList)]
    return re.compile("|".join(rf"(^|\.){re.escape('.'.join(filter(None, (path, one))))}\.\d+\." for one in lists))


def _is_computed(key: str, stored: dict[str, Stored]) -> bool:
    """Whether a tensor is no weight: a causal mask (1, 1, T, T), a number, or one of those computed today."""
    tensor = next((one for name, one in stored.items() if name.endswith(key)), None)
    is_mask = tensor is not None and (tensor.shape[:2] == (1, 1) or not tensor.shape)
    return is_mask or bool(_COMPUTED.search(key))
