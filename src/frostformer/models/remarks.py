"""Says in sentences what is unusual about a backbone, so that nobody is surprised by what does not train."""

from __future__ import annotations

from torch import nn

from frostformer.models.backbones.backbone import Backbone
from frostformer.models.model import SequenceModel


def remarks(model: SequenceModel) -> tuple[str, ...]:
    """Sentences on the backbone of a model; none where it is a transformer like GPT-2."""
    backbone, found = model.backbone, model.backbone.probe
    dropout = any(isinstance(module, nn.Dropout) and module.p > 0 for module in model.modules())
    said = _on_groups(backbone) if backbone.num_blocks else []
    if backbone.num_blocks and not found.first_reaches_last:
        said.append("nothing passes from position to position in this backbone: it sees each one alone")
    if not found.obeys_padding:
        said.append("padding changes what this backbone computes: it takes sequences of one length only")
    if found.draws_in_training and not dropout:
        said.append("this backbone draws at random in training without dropout: its runs share no pass and no features")
    return tuple(said)


def _on_groups(backbone: Backbone) -> list[str]:
    groups = backbone.parameter_groups()
    present, fixed = set(groups.values()), [name for name, group in groups.items() if group == "fixed"]
    said = []
    if "layer_norm" not in present:
        said.append("no norm was found in this backbone: the group layer_norm is empty")
    if "position" not in present:
        said.append("no table of positions was found in this backbone: the group position is empty")
    if fixed:
        said.append(f"{len(fixed)} tensors of this backbone get no gradient and can never train, such as {fixed[0]}")
    return said
