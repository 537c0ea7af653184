"""The one file that reaches into the insides of torch and transformers, which their next version may rename or drop.

Everything else in the package uses only what the two libraries document. `tests/models/test_compat.py` calls each
function here and names the part that is gone, so that after an update of either library this is the file to correct.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import sdpa_backward_flop_count, sdpa_flop_count

_OTHER_ATTENTION = ("scale_attn_by_inverse_layer_idx", "reorder_and_upcast_attn", "add_cross_attention")
_DROPOUTS = ("embd_pdrop", "attn_pdrop", "resid_pdrop")


def attention_kernel(config: Any) -> str | None:
    """Name of the attention kernel of a `transformers` configuration, such as `sdpa`; None if none was chosen yet.

    Reads `config._attn_implementation`: a model can be told its kernel by a public method, but not asked for it.
    """
    kernel: str | None = config._attn_implementation
    return kernel


def set_attention_kernel(config: Any, name: str | None) -> None:
    """Choose the attention kernel in a `transformers` configuration; with None the library chooses.

    Writes `config._attn_implementation`: only finished models have the public method, but a configuration read from a
    checkpoint must be changed before there is a model, and `VisionBlocks` is not a model of the library.
    """
    config._attn_implementation = name


def int8_product(rows: Tensor, matrix: Tensor) -> Tensor:
    """(N, I) int8 times (I, O) int8 -> (N, O) int32; `rows` must lie row by row in memory, `matrix` either way.

    Calls `torch._int_mm`: no public function of torch multiplies 8-bit matrices into whole numbers.
    """
    return torch._int_mm(rows, matrix)


@contextmanager
def one_sequence_per_row() -> Iterator[None]:
    """Inside, `transformers` looks for no rows in which several sequences follow one another; ours never do.

    Replaces `masking_utils.find_packed_sequence_indices`. It reads positions on the host, and where it must not, as in
    a step that is captured, it lets attention have a mask in place of the faster kernel for causal attention.
    """
    from transformers import masking_utils

    search = masking_utils.find_packed_sequence_indices
    masking_utils.find_packed_sequence_indices = lambda position_ids: None
    try:
        yield
    finally:
        masking_utils.find_packed_sequence_indices = search


def flop_formulas() -> dict[Any, Callable[..., int]]:
    """Operations of kernels that torch's `FlopCounterMode` does not know, as its argument `custom_mapping` takes them.

    They are the 8-bit product and the CPU's fused attention, which have only private names, in `torch.ops.aten`. The
    counter hands each formula the shapes of a kernel's arguments in place of the tensors.
    """
    aten = torch.ops.aten
    return {
        aten._int_mm: _product_operations,
        aten._scaled_dot_product_flash_attention_for_cpu: _attention_operations,
        aten._scaled_dot_product_flash_attention_for_cpu_backward: _attention_backward_operations,
    }


def _product_operations(rows: Any, matrix: Any, *_: Any, **__: Any) -> int:
    return 2 * int(rows[0]) * int(rows[1]) * int(matrix[1])


def _attention_operations(queries: Any, keys: Any, values: Any, *_: Any, **__: Any) -> int:
    return int(sdpa_flop_count(queries, keys, values))  # type: ignore[no-untyped-call]


def _attention_backward_operations(gradient: Any, queries: Any, keys: Any, values: Any, *_: Any, **__: Any) -> int:
    return int(sdpa_backward_flop_count(gradient, queries, keys, values))  # type: ignore[no-untyped-call]


def scan(step: Callable[[Any, Tensor], Any], states: Any, inputs: Tensor) -> Tensor:
    """A loop over the positions of (B, T, ...) that can be exported for any T; stacks the first states, (B, T, D).

    Calls `torch._higher_order_ops.scan`: torch has no public loop that its exporter keeps as a loop.

    Args:
        step: from the states before a position and the inputs (B, ...) at it to the states behind it.
        states: before the first position; a tuple of tensors (B, D).
        inputs: of all positions.
    """

    def take_step(before: Any, at: Tensor) -> tuple[Any, Tensor]:
        behind = step(before, at)
        return behind, behind[0].clone()  # a loop may not give one tensor twice

    first = tuple(state.clone(memory_format=torch.contiguous_format) for state in states)
    outputs: Tensor = torch._higher_order_ops.scan(take_step, first, inputs.transpose(0, 1))[1]  # (T, B, D)
    return outputs.transpose(0, 1)


class GPT2Block(NamedTuple):
    """The modules of one block of GPT-2 under plain names. Read them anew at each call, since some may be replaced."""

    attention_norm: nn.Module
    query_key_value: nn.Module
    """One matrix for queries, keys and values, in this order."""

    projection: nn.Module
    """The matrix behind attention."""

    heads: int
    feedforward_norm: nn.Module
    feedforward: nn.Module


def is_plain_gpt2(config: Any) -> bool:
    """Whether a configuration is GPT-2's with the attention of the paper, computed by torch's fused kernel.

    Reads the options of `GPT2Config` that change its attention. Eager attention does not count as plain: without a
    mask it is not causal, and it is asked for only to be compared with the fused kernel.
    """
    if config.model_type != "gpt2" or attention_kernel(config) != "sdpa":
        return False
    return bool(config.scale_attn_weights) and not any(getattr(config, option) for option in _OTHER_ATTENTION)


def gpt2_has_dropout(config: Any) -> bool:
    """Whether any of the three rates of dropout in a `GPT2Config` is above zero."""
    return any(getattr(config, rate) > 0 for rate in _DROPOUTS)


def gpt2_positions(model: Any) -> nn.Module:
    """The position table of a `GPT2Model`."""
    positions: nn.Module = model.wpe
    return positions


def gpt2_blocks(model: Any) -> nn.ModuleList:
    """The blocks of a `GPT2Model`; each maps (B, T, D) to (B, T, D) and is causal where it gets no mask."""
    blocks: nn.ModuleList = model.h
    return blocks


def gpt2_final_norm(model: Any) -> nn.Module:
    """The norm behind the last block of a `GPT2Model`."""
    norm: nn.Module = model.ln_f
    return norm


def gpt2_parts(block: Any) -> GPT2Block:
    """What one block of a `GPT2Model` consists of."""
    attention = block.attn
    return GPT2Block(block.ln_1, attention.c_attn, attention.c_proj, attention.num_heads, block.ln_2, block.mlp)
