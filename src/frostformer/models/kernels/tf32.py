"""Float32 products in TF32, for which GPUs of NVIDIA have faster units: what goes into them is rounded to 10 bits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def tf32_products(enabled: bool) -> Iterator[None]:
    """Within it, float32 products are in TF32 if enabled; it is a switch of the whole process, and is put back."""
    if not enabled:
        yield
        return
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
