"""Frozen matrices in 8 bits: about four times the speed of float32 on a CPU with VNNI instructions.

A frozen matrix is rounded once, to whole numbers from -127 to 127 with one scale per output channel. What it is
multiplied with, activations on the way forward and gradients on the way back, is rounded on the fly with one scale per
row, so that neither batch mates nor padding can change what becomes of a position. Products of whole numbers are exact.

I input channels, O output channels; `...` is any number of leading dimensions.
"""

from __future__ import annotations

from typing import Any, TypeGuard

import torch
from torch import Tensor, nn

from frostformer.backbones.backbone import Backbone
from frostformer.errors import InputError

LARGEST = 127
_TINIEST = torch.finfo(torch.float32).tiny  # the scale of a row of zeros


def int8_available() -> bool:
    """Whether this CPU and this torch multiply 8-bit matrices fast; elsewhere `torch._int_mm` is right but slow."""
    return torch.backends.mkldnn.is_available() and torch.cpu._is_vnni_supported()


def quantize_frozen(backbone: Backbone) -> int:
    """Put an `Int8Linear` in place of every matrix of `backbone` that is frozen with its bias; returns how many.

    To be called behind `freeze`: what is replaced is no parameter any more, but a buffer.

    Raises:
        InputError: this machine has no fast kernels.
    """
    if not int8_available():
        raise InputError("backbone_precision int8 needs a CPU with AVX-512 VNNI and a torch with oneDNN: use fp32")
    replaced = 0
    for parent in list(backbone.modules()):
        for name, child in list(parent.named_children()):
            if _is_matrix(child) and not any(parameter.requires_grad for parameter in child.parameters()):
                setattr(parent, name, Int8Linear(child))
                replaced += 1
    return replaced


class Int8Linear(nn.Module):
    """A frozen `nn.Linear` or Conv1D in 8 bits, for both directions; a pass saves no activation for backward."""

    weight: Tensor
    """(O, I), whole numbers; named so because some models ask for its dtype, and know of int8."""

    scales: Tensor
    """(O,)."""

    bias: Tensor | None
    """(O,), as it was."""

    def __init__(self, linear: nn.Module) -> None:
        """Take over the values of `linear`, which stays as it is."""
        super().__init__()
        weight, bias = linear.get_parameter("weight").detach(), linear.bias
        weight, scales = _round_rows(weight.t() if _is_conv1d(linear) else weight)  # (O, I), (O, 1)
        self.register_buffer("weight", weight)
        self.register_buffer("scales", scales[:, 0])
        self.register_buffer("bias", bias.detach() if isinstance(bias, Tensor) else None)

    def forward(self, inputs: Tensor) -> Tensor:
        """(..., I) -> (..., O)."""
        product: Tensor = _Product.apply(inputs, self.weight.t())  # (..., O), without the scales of the channels
        return product * self.scales if self.bias is None else torch.addcmul(self.bias, product, self.scales)

    def extra_repr(self) -> str:
        """Sizes, for printing."""
        return f"in_features={self.weight.shape[1]}, out_features={self.weight.shape[0]}"


class _Product(torch.autograd.Function):
    """Rows times a constant 8-bit matrix. The gradient is the same, with the gradient's rows and the matrix turned."""

    @staticmethod
    def forward(rows: Tensor, matrix: Tensor) -> Tensor:
        """(..., I) float, (I, O) int8 -> (..., O) float."""
        numbers, scales = _round_rows(rows)  # (..., I), (..., 1)
        product = torch._int_mm(numbers.view(-1, len(matrix)), matrix)  # (all rows, O) int32, exact
        return product.to(rows.dtype).view(*rows.shape[:-1], -1).mul_(scales)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
        """Keep the matrix and nothing else."""
        ctx.save_for_backward(inputs[1])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        """(..., O) -> (..., I)."""
        (matrix,) = ctx.saved_tensors
        return _Product.apply(gradient, matrix.t()), None

    @staticmethod
    def vmap(_: Any, in_dims: tuple[int, None], rows: Tensor, matrix: Tensor) -> tuple[Tensor, int]:
        """All models of a batch share the matrix, so that theirs are only more rows."""
        assert in_dims[1] is None, "a frozen matrix is one for all"
        return _Product.apply(rows.movedim(in_dims[0], 0), matrix), 0


def _round_rows(rows: Tensor) -> tuple[Tensor, Tensor]:
    """(..., I) -> whole numbers (..., I) as int8 and scales (..., 1) whose products are nearest to the rows."""
    largest = torch.maximum(rows.amax(-1, keepdim=True), -rows.amin(-1, keepdim=True))  # without a copy, unlike abs
    scales = (largest / LARGEST).clamp_min(_TINIEST)
    numbers = (rows / scales).round_()
    # in this format a single row too has the strides of a matrix, which torch._int_mm relies on
    return numbers.to(torch.int8, memory_format=torch.contiguous_format), scales


def _is_matrix(module: nn.Module) -> TypeGuard[nn.Linear]:
    """Whether it can be replaced. Of a single channel torch._int_mm makes wrong products (pytorch issue 195066)."""
    return (type(module) is nn.Linear or _is_conv1d(module)) and min(module.get_parameter("weight").shape) > 1


def _is_conv1d(module: nn.Module) -> bool:
    """Whether it is the transposed linear layer of `transformers`, (I, O), which is not imported for this."""
    return type(module).__name__ == "Conv1D"
