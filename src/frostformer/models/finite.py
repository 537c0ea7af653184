"""Numbers that are finite, and the refusal of tensors that hold others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from frostformer.errors import InputError


@torch.no_grad()
def all_finite(tensors: Iterable[Tensor]) -> bool:
    """Whether no tensor holds NaN or an infinite number; the device is waited for once."""
    # the smallest and the largest number tell, and take no memory; NaN is passed on by both
    ends = [end.float() for one in tensors if one.is_floating_point() and one.numel() for end in one.aminmax()]
    return bool(torch.stack(ends).isfinite().all()) if ends else True


def refuse_non_finite(tensors: Mapping[str, Tensor], what: str, remedy: str = "get it again") -> None:
    """Refuse tensors that hold NaN or an infinite number.

    Raises:
        InputError: one of them does; `what` names the whole they belong to.
    """
    if all_finite(tensors.values()):
        return
    name = next(name for name, tensor in tensors.items() if not all_finite([tensor]))
    raise InputError(f"{what} holds numbers that are not finite, in '{name}': {remedy}")
