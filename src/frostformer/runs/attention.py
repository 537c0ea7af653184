"""What the frozen attention layers look at (Lu et al. 2021, section 3.5, figures 3 and 4).

The fused attention kernels give no maps, so a few sequences are run again with the eager ones; both must agree. Where a
task knows which inputs each answer is made of, as the bit tasks do, the share of attention on these is kept as well.

L blocks, N sequences, R read positions, T positions.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from frostformer.data.sequences import Sequences
from frostformer.models.compat import attention_kernel
from frostformer.models.model import SequenceModel
from frostformer.tasks.task import Task
from frostformer.training.batch import inputs_on

MOST_NUMBERS = 8000  # of maps kept in a result file
MOST_SEQUENCES = 32  # that are looked at, and at most so many positions of them, since long ones take time
MOST_POSITIONS = 2048
MOST_WEIGHTS = 2**24  # in a pass, which holds the maps of all heads of all blocks
_TOLERANCE = {
    "fp32": 1e-3,
    "tf32": 0.01,
    "bf16": 0.05,
    "int8": 0.05,
}  # of the norm of the logits, between the two kernels
_SUM_TOLERANCE = {"fp32": 1e-3, "tf32": 2e-3, "bf16": 0.02, "int8": 1e-3}  # of a row's sum, which is 1

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Attention:
    """What a run keeps of its attention; None for what there is not."""

    maps: list[list[list[float]]] | None = None
    """(L, T, T) for the result file: mean over heads and sequences, rounded."""

    share: dict[str, Any] | None = None
    """See `Result.attention_share`."""

    file: bytes | None = None
    """Content of `attention.npz`, see `results.attention`."""


def attention_of(model: SequenceModel, task: Task) -> Attention:
    """What is kept of the attention on a few of the longest validation sequences.

    Nothing where maps cannot be computed, for whatever reason: a picture must not cost a trained run its result.
    """
    combines = task.combines if model.read_out == "last" else None  # a mean reads every position
    longest = int(task.validation.lengths.max())
    is_small = model.backbone.num_blocks * longest**2 <= MOST_NUMBERS
    if not is_small and combines is None:
        return Attention()
    count = min(MOST_SEQUENCES, max(1, MOST_POSITIONS // longest))
    rows = np.flatnonzero(task.validation.lengths == longest)[:count]
    sequences = task.validation[rows].trimmed()
    try:
        maps = attention_maps(model, sequences, None if is_small else task.shape.read_positions)
        if maps is None:
            return Attention()
        found = Attention(_rounded(maps.mean(1)) if is_small else None)
        if combines is None:
            return found
        combined = combines(sequences)  # (N, R, T)
        maps = maps[:, :, -task.shape.read_positions :]  # (L, N, R, T)
        share = attention_share(maps, combined, model.backbone.causal)
        return replace(found, share=share, file=_file(maps, combined, sequences, int(rows[0])))
    except Exception as error:  # noqa: BLE001 (the code of any model on the hub runs here)
        log.warning("attention maps left out: the backbone cannot give them (%s)", str(error).strip().split("\n")[0])
        return Attention()


def _rounded(maps: Tensor) -> list[list[list[float]]]:
    return [[[round(x, 3) for x in row] for row in block] for block in maps.tolist()]


@torch.no_grad()
def attention_maps(model: SequenceModel, sequences: Sequences, rows: int | None = None) -> Tensor | None:
    """(L, N, rows, T): how much each of the last `rows` positions attends to each position, mean over heads.

    None for a backbone without attention maps, or with maps that are not those of its logits.

    Args:
        model: a trained model, which is left in evaluation mode.
        sequences: of one length, T.
        rows: all if it is None.
    """
    model.eval()
    backbone: Any = getattr(model.backbone, "model", None)
    if not hasattr(backbone, "set_attn_implementation") or hasattr(backbone.config, "attention_window"):
        return None  # not a Hugging Face model, or Longformer, whose maps show windows and not positions
    heads = getattr(backbone.config, "num_attention_heads", None) or 1
    size = max(1, MOST_WEIGHTS // (model.backbone.num_blocks * heads * int(sequences.lengths[0]) ** 2))
    parts = []
    for start in range(0, len(sequences), size):
        maps = _maps_of_a_pass(model, backbone, sequences[start : start + size])
        if maps is None:
            return None
        parts.append(torch.stack([layer.mean(1)[:, -rows if rows else 0 :].float().cpu() for layer in maps]))
    return torch.cat(parts, dim=1)


def attention_share(maps: Tensor, combined: np.ndarray, causal: bool) -> dict[str, Any]:
    """How much of their attention the read positions give to the positions that their answers are made of.

    Args:
        maps: (L, N, R, T) attention of the read positions, the last ones of T.
        combined: (N, R, T) whether the answer at a read position is made of a position.
        causal: whether a position sees only itself and earlier ones.

    Returns:
        See `Result.attention_share`.
    """
    read, positions = combined.shape[1:]
    last_seen = np.arange(positions - read, positions) if causal else np.full(read, positions - 1)  # (R,)
    seen = combined & (np.arange(positions) <= last_seen[:, None])
    blocks = (maps * torch.from_numpy(combined.copy())).sum(-1).mean((1, 2)).clamp(max=1)  # (L,)
    return {
        "mean": round(float(blocks.mean()), 5),
        "blocks": [round(share, 5) for share in blocks.tolist()],
        "uniform": round(float((seen.sum(-1) / (last_seen + 1)).mean()), 5),
        "sequences": len(combined),
    }


def _file(maps: Tensor, combined: np.ndarray, sequences: Sequences, first_row: int) -> bytes:
    """Content of `attention.npz`: maps (L, R, T), and which positions (R, T) the answers are made of.

    The maps are the mean over the sequences where all of them combine the same positions, else those of the first one:
    a mean over sequences that look at different positions would show none of them.
    """
    is_same = bool((combined == combined[0]).all())
    content = io.BytesIO()
    np.savez_compressed(
        content,
        maps=(maps.mean(1) if is_same else maps[:, 0]).numpy().astype(np.float16),
        combined=combined[0],
        row=np.int64(-1 if is_same else first_row),  # in the validation split
        inputs=sequences.inputs[: 0 if is_same else 1],  # (1, T, C) or (1, T); none of a mean
    )
    return content.getvalue()


def _maps_of_a_pass(model: SequenceModel, backbone: Any, sequences: Sequences) -> list[Tensor] | None:
    """The weights (B, heads, T, T) of each block in the pass that gives the logits; None if they cannot be trusted."""
    inputs, lengths = inputs_on(next(model.parameters()).device, sequences)
    expected = model(inputs, lengths)
    try:
        with _watched(backbone) as outputs:
            again = model.forward(inputs, lengths)  # not by a call, which may be compiled
    except (ValueError, AttributeError, TypeError):
        return None
    maps = [layer for output in outputs for layer in getattr(output, "attentions", None) or () if layer is not None]
    positions = inputs.shape[1]
    if not maps or any(layer.shape[-2:] != (positions, positions) for layer in maps):
        return None  # state-space models have no maps
    off = float((again - expected).norm())
    if not off <= _TOLERANCE[model.precision] * float(expected.norm()):
        log.warning("attention maps left out: eager and fused attention disagree by %g", off)
        return None
    if reason := _no_weights(maps, model.backbone.causal, _SUM_TOLERANCE[model.precision]):
        log.warning("attention maps left out: %s", reason)
        return None
    return maps


@contextmanager
def _watched(backbone: Any) -> Iterator[list[Any]]:
    """Within it the backbone uses the eager kernel and is asked for its maps; gives the list of its outputs."""
    fused, outputs = attention_kernel(backbone.config), list[Any]()
    hooks = [
        backbone.register_forward_pre_hook(
            lambda _, inputs, options: (inputs, options | {"output_attentions": True}), with_kwargs=True
        ),
        backbone.register_forward_hook(lambda _, __, output: outputs.append(output)),
    ]
    try:
        backbone.set_attn_implementation("eager")
        yield outputs
    finally:
        for hook in hooks:
            hook.remove()
        backbone.set_attn_implementation(fused)


def _no_weights(maps: list[Tensor], causal: bool, tolerance: float) -> str | None:
    """Why maps are not the weights with which a position mixes all that it sees; None if they are."""
    if not all(bool(((layer.float().sum(-1) - 1).abs() <= tolerance).all()) for layer in maps):
        return "a position gives away more or less attention than it has"
    if causal and any(bool(layer.triu(1).any()) for layer in maps):
        return "a position attends to a later one, though the backbone is causal"
    return None
