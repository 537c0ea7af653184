"""What the frozen attention layers look at (Lu et al. 2021, section 3.5 and figure 3).

The fused attention kernels give no maps, so a few sequences are run again with the eager ones; both must agree.
"""

from __future__ import annotations

import logging
from typing import Any

import torch
from torch import Tensor

from frostformer.data.sequences import Sequences
from frostformer.models.compat import attention_kernel
from frostformer.models.model import SequenceModel
from frostformer.training.evaluation import inputs_on

MOST_NUMBERS = 8000  # of maps kept in a result file
_TOLERANCE = 1e-3  # between the logits of the two kernels

log = logging.getLogger(__name__)


@torch.no_grad()
def attention_maps(model: SequenceModel, sequences: Sequences) -> Tensor | None:
    """(blocks, T, T): how much position i (row) attends to j (column), mean over heads and over the sequences.

    The sequences must be of one length. None for a backbone without attention maps.
    """
    model.eval()
    inputs, lengths = inputs_on(next(model.parameters()).device, sequences)
    backbone: Any = getattr(model.backbone, "model", None)
    if not hasattr(backbone, "set_attn_implementation") or hasattr(backbone.config, "attention_window"):
        return None  # not a Hugging Face model, or Longformer, whose maps show windows and not positions
    fused = attention_kernel(backbone.config)
    expected = model(inputs, lengths)
    try:
        backbone.set_attn_implementation("eager")
        output = backbone(inputs_embeds=model.input_layer(inputs), output_attentions=True)
        again = model(inputs, lengths)
    except (ValueError, AttributeError, TypeError):
        return None
    finally:
        backbone.set_attn_implementation(fused)
    maps = [layer for layer in getattr(output, "attentions", None) or () if layer is not None]
    if not maps or maps[0].shape[-1] != inputs.shape[1]:
        return None  # state-space models have no maps
    if not torch.allclose(expected, again, atol=_TOLERANCE, rtol=_TOLERANCE):
        log.warning("attention maps left out: eager and fused attention disagree by %g", (expected - again).abs().max())
        return None
    return torch.stack([layer.mean(dim=(0, 1)) for layer in maps]).float().cpu()


def maps_for_result(model: SequenceModel, validation: Sequences) -> list[list[list[float]]] | None:
    """Maps of up to 32 of the longest validation sequences, rounded; None if too large for the result file.

    None, too, where they cannot be computed, for whatever reason: a picture must not cost a trained run its result.
    """
    longest = validation[validation.lengths == validation.lengths.max()][:32].trimmed()
    blocks = model.backbone.num_blocks
    if blocks * int(longest.lengths.max()) ** 2 > MOST_NUMBERS:
        return None
    try:
        maps = attention_maps(model, longest)
    except Exception as error:  # noqa: BLE001 (the code of any model on the hub runs here)
        log.warning("attention maps left out: the backbone cannot give them (%s)", str(error).strip().split("\n")[0])
        return None
    return None if maps is None else [[[round(x, 3) for x in row] for row in block] for block in maps.tolist()]
