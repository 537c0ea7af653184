"""Matrix products of each precision: the most that a step can hope for."""

from __future__ import annotations

from functools import partial

import torch
from torch import nn

from benchmarks.clock import Block, timed
from frostformer.config import Precision
from frostformer.models.compat import int8_product
from frostformer.models.kernels.int8 import int8_available
from frostformer.models.kernels.tf32 import tf32_products


def products_of(device: str) -> tuple[Precision, ...]:
    """The precisions that a kind of device has."""
    if device == "cuda":
        return ("fp32", "tf32", "bf16")
    return ("fp32", "bf16", "int8") if device == "cpu" and int8_available() else ("fp32", "bf16")


def product(size: tuple[int, int, int], precision: Precision, device: torch.device) -> Block:
    """Blocks of a product (rows, depth) x (depth, columns), whose factors are there in the precision already."""
    rows, depth, columns = size
    inputs, matrix = torch.randn(rows, depth, device=device), torch.randn(columns, depth, device=device)
    if precision == "int8":
        numbers = [factor.mul(10).clamp(-127, 127).to(torch.int8) for factor in (inputs, matrix)]
        return timed(partial(int8_product, numbers[0], numbers[1].t()), device)
    if precision == "bf16":
        inputs, matrix = inputs.bfloat16(), matrix.bfloat16()

    def multiply() -> None:
        with tf32_products(precision == "tf32"):
            nn.functional.linear(inputs, matrix)

    return timed(multiply, device)
