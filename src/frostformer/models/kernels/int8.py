"""Frozen matrices in 8 bits: their products have four times the speed of float32 on a CPU with VNNI instructions.

A frozen matrix is rounded once, to whole numbers from -127 to 127 with one scale per output channel. What it is
multiplied with, activations on the way forward and gradients on the way back, is rounded on the fly with one scale per
row, so that neither batch mates nor padding change the values at a position. Sums of whole numbers are exact.

I input channels, O output channels; `...` is any number of leading dimensions.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from frostformer.errors import InputError
from frostformer.models.backbones.backbone import Backbone, is_conv1d
from frostformer.models.compat import int8_product
from frostformer.models.kernels.matrices import frozen_matrices

LARGEST = 127
_TINIEST = torch.finfo(torch.float32).tiny  # the scale of a row of zeros


def int8_available() -> bool:
    """Whether this CPU and this torch have the fast kernel; without it the product is right but slow."""
    has_onednn: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return has_onednn and bool(torch.cpu.get_capabilities().get("avx512_vnni", False))


def quantize_frozen(backbone: Backbone) -> int:
    """Put an `Int8Linear` in place of every frozen `nn.Linear` and Conv1D of `backbone`; returns how many.

    Call it after `freeze`, on the CPU: the values that it replaces are then buffers, no longer parameters.

    Raises:
        InputError: this machine has no fast kernel.
    """
    if not int8_available():
        raise InputError("backbone_precision int8 needs a CPU with AVX-512 VNNI and a torch with oneDNN: use fp32")
    frozen = frozen_matrices(backbone)
    for path in frozen:
        backbone.set_submodule(path, Int8Linear(backbone.get_submodule(path)))
    return len(frozen)


class Int8Linear(nn.Module):
    """A frozen `nn.Linear` or Conv1D in 8 bits, in both directions; it saves no activation for backward."""

    weight: Tensor
    """(O, I), whole numbers. T5 reads `weight.dtype`, and does not convert its activations to it if it is int8."""

    scales: Tensor
    """(O,), one for each output channel."""

    bias: Tensor | None
    """(O,), not rounded; None if there is none."""

    def __init__(self, linear: nn.Module) -> None:
        """Take over the values of `linear`, which stays as it is."""
        super().__init__()
        weight, bias = linear.get_parameter("weight").detach(), linear.bias
        weight, scales = _round_rows(weight.t() if is_conv1d(linear) else weight)  # (O, I), (O, 1)
        self.register_buffer("weight", weight)
        self.register_buffer("scales", scales[:, 0])
        self.register_buffer("bias", bias.detach().clone() if isinstance(bias, Tensor) else None)

    def forward(self, inputs: Tensor) -> Tensor:
        """(..., I) -> (..., O)."""
        # (..., O), without the channels' scales
        product: Tensor = _TimesConstant.apply(inputs, self.weight.t())  # type: ignore[no-untyped-call]
        return product * self.scales if self.bias is None else torch.addcmul(self.bias, product, self.scales)

    def extra_repr(self) -> str:
        """Sizes, for printing."""
        return f"in_features={self.weight.shape[1]}, out_features={self.weight.shape[0]}"


class _TimesConstant(torch.autograd.Function):
    """Rows times an 8-bit matrix. The gradient is the same again: the gradient's rows times the transposed matrix."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, matrix: Tensor) -> Tensor:
        """(..., I) float, (I, O) int8 -> (..., O) float."""
        ctx.save_for_backward(matrix)  # no activation is saved
        return _multiply(rows, matrix)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        """(..., O) -> (..., I)."""
        (matrix,) = ctx.saved_tensors
        return _multiply(gradient, matrix.t()), None


def _multiply(rows: Tensor, matrix: Tensor) -> Tensor:
    """(..., I) float, (I, O) int8 -> (..., O) float."""
    numbers, scales = _round_rows(rows)  # (..., I), (..., 1)
    product = int8_product(numbers.view(-1, len(matrix)), matrix)  # (all rows, O) int32
    return product.to(rows.dtype).view(*rows.shape[:-1], matrix.shape[1]).mul_(scales)


def _round_rows(rows: Tensor) -> tuple[Tensor, Tensor]:
    """(..., I) -> whole numbers (..., I) in int8, and the scales (..., 1) that turn them back into the rounded rows."""
    largest = torch.maximum(rows.amax(-1, keepdim=True), -rows.amin(-1, keepdim=True))  # makes no copy, as abs would
    scales = (largest / LARGEST).clamp_min(_TINIEST)
    numbers = (rows / scales).round_()
    # in this format even a single row has the strides of a matrix, which the product relies on
    return numbers.to(torch.int8, memory_format=torch.contiguous_format), scales
