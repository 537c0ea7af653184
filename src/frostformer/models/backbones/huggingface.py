"""Any Hugging Face model that takes `inputs_embeds`, as a backbone."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from frostformer.errors import InputError
from frostformer.models.backbones.architecture import architecture_text
from frostformer.models.backbones.backbone import Backbone, Group, groups_by_structure
from frostformer.models.backbones.position_limit import position_limit
from frostformer.models.backbones.text_part import hidden_states, text_part
from frostformer.models.kernels.last_block import can_shorten, read_shortened


class HuggingFaceBackbone(Backbone):
    """A transformer without its token table: vectors come in as `inputs_embeds`."""

    def __init__(self, name: str, model: Any, layers: int | None = None) -> None:
        """Take over `model`: drop the parts that sequences do not pass through, keep the first `layers` blocks."""
        super().__init__()
        model = text_part(model, name)
        _drop_unused(model)
        self.name = name
        self.width = model.get_input_embeddings().weight.shape[1]
        model.set_input_embeddings(_NoTokenTable(self.width))
        self._blocks_path = _find_blocks(model, name)
        _truncate(model, self._blocks_path, layers, name)
        self.model = model
        self.max_length = position_limit(model, self.width)
        self.causal = False  # until the probe shows that it is
        self.output_width, self.causal = self._probe()
        self._behind_blocks = self._find_behind()

    def forward(self, embeddings: Tensor, lengths: Tensor) -> Tensor:
        """(B, T, D), (B,) -> (B, T, D)."""
        mask = None
        if not self.causal:
            mask = (torch.arange(embeddings.shape[1], device=lengths.device) < lengths[:, None]).long()  # (B, T)
        return hidden_states(self.model(inputs_embeds=embeddings, attention_mask=mask), self.name)

    def read(self, embeddings: Tensor, lengths: Tensor, count: int) -> Tensor:
        """(B, T, D) -> (B, R, D); GPT-2's last block is computed at the read positions alone."""
        if can_shorten(self.model):
            return read_shortened(self.model, embeddings, lengths, count)
        return super().read(embeddings, lengths, count)

    def architecture(self) -> str:
        """See `architecture_text`."""
        return architecture_text(self.model.config)

    def parameter_groups(self) -> dict[str, Group]:
        """See `groups_by_structure`."""
        return groups_by_structure(self)

    def depth_of(self, parameter: str) -> int:
        """See `Backbone.depth_of`."""
        inside = f"model.{self._blocks_path}."
        if parameter.startswith(inside):
            return 1 + int(parameter.removeprefix(inside).split(".")[0])
        return self.num_blocks + 1 if parameter.startswith(self._behind_blocks) else 0

    @property
    def num_blocks(self) -> int:
        """L, the number of blocks."""
        blocks: Any = self.model.get_submodule(self._blocks_path)
        return len(blocks)

    @torch.no_grad()
    def _probe(self) -> tuple[int, bool]:
        """Width of the output, and whether a change at the last of three positions leaves the first two as they are."""
        training = self.training
        self.eval()
        generator = torch.Generator().manual_seed(0)
        one = torch.randn(1, 3, self.width, generator=generator)
        other = torch.cat([one[:, :2], torch.randn(1, 1, self.width, generator=generator)], dim=1)
        lengths = torch.tensor([3])
        hidden, changed = self(one, lengths), self(other, lengths)  # (1, 3, output width)
        self.train(training)
        return hidden.shape[-1], torch.equal(hidden[:, :2], changed[:, :2])

    @torch.no_grad()
    def _find_behind(self) -> tuple[str, ...]:
        """Name prefixes of what runs behind the blocks, found by a run: OPT defines its last norm before its blocks."""
        started: list[str] = []
        hooks = [
            module.register_forward_pre_hook(lambda *_, path=path: started.append(f"{path}."))
            for path, module in self.named_modules()
        ]
        self(torch.zeros(1, 3, self.width), torch.tensor([3]))
        for hook in hooks:
            hook.remove()
        last_block = f"model.{self._blocks_path}.{self.num_blocks - 1}."
        behind = started[started.index(last_block) :]
        return tuple(path for path in behind if not path.startswith(last_block))


class _NoTokenTable(nn.Module):
    """Stands where the token table was. Longformer asks it for the vectors of its own padding, which it masks."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, ids: Tensor) -> Tensor:
        """(B, T) -> zeros (B, T, D)."""
        return torch.zeros(*ids.shape, self.width, device=ids.device)


def _drop_unused(model: Any) -> None:
    """Drop the pooler, and Longformer's second projections: they serve a global attention that is never asked for."""
    if getattr(model, "pooler", None) is not None:
        model.pooler = nn.Identity()  # some call it unasked
    for module in model.modules():
        for projection in ("query_global", "key_global", "value_global"):
            if hasattr(module, projection):
                setattr(module, projection, None)


def _find_blocks(model: Any, name: str) -> str:
    """Path of the list of transformer blocks: the first list as long as the configuration says."""
    wanted = model.config.num_hidden_layers
    for path, module in model.named_modules():
        if isinstance(module, nn.ModuleList) and len(module) == wanted:
            return str(path)
    raise InputError(f"backbone '{name}' has no list of {wanted} blocks to freeze: choose another backbone")


def _truncate(model: Any, blocks_path: str, layers: int | None, name: str) -> None:
    if layers is None:
        return
    blocks: Any = model.get_submodule(blocks_path)
    if layers > len(blocks):
        raise InputError(f"layers is {layers}, but backbone '{name}' has {len(blocks)}: give no more than that")
    parent, _, attribute = blocks_path.rpartition(".")
    setattr(model.get_submodule(parent), attribute, blocks[:layers])
    model.config.num_hidden_layers = layers
