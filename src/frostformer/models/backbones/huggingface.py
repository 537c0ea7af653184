"""Any Hugging Face model that takes `inputs_embeds`, as a backbone."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from frostformer.errors import InputError
from frostformer.models.backbones.architecture import architecture_text
from frostformer.models.backbones.backbone import Backbone
from frostformer.models.backbones.calls import first_calls
from frostformer.models.backbones.position_limit import position_limit
from frostformer.models.backbones.probe import as_it_was, probe
from frostformer.models.backbones.structure import find_groups
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
        tokens = model.get_input_embeddings().weight  # (V, D)
        self.width = tokens.shape[1]
        self.token_deviation = float(tokens.detach().std()) or self.token_deviation  # ViT has none, a table of zeros
        model.set_input_embeddings(_NoTokenTable(self.width))
        self._block_lists = _find_blocks(model, name)
        _truncate(model, self._block_lists, layers, name)
        self.model = model
        self.max_length = position_limit(model, self.width)
        self._changes_input = self._is_input_changed()
        self.causal = False  # until the probe shows that it is
        self.probe = probe(self)
        self.groups = find_groups(self, self._blocks())
        self._behind_blocks = self._find_behind()

    def forward(self, embeddings: Tensor, lengths: Tensor) -> Tensor:
        """(B, T, D), (B,) -> (B, T, D)."""
        mask = None
        if not self.causal:
            mask = (torch.arange(embeddings.shape[1], device=lengths.device) < lengths[:, None]).long()  # (B, T)
        if self._changes_input:
            embeddings = embeddings.clone()
        return hidden_states(self.model(inputs_embeds=embeddings, attention_mask=mask), self.name)

    def read(self, embeddings: Tensor, lengths: Tensor, count: int) -> Tensor:
        """(B, T, D) -> (B, R, D); GPT-2's last block is computed at the read positions alone."""
        if can_shorten(self.model):
            return read_shortened(self.model, embeddings, lengths, count)
        return super().read(embeddings, lengths, count)

    def architecture(self) -> str:
        """See `architecture_text`."""
        return architecture_text(self.model.config)

    def depth_of(self, parameter: str) -> int:
        """See `Backbone.depth_of`."""
        for path in self._block_lists:
            inside = f"model.{path}."
            if parameter.startswith(inside):
                return 1 + int(parameter.removeprefix(inside).split(".")[0])
        return self.num_blocks + 1 if parameter.startswith(self._behind_blocks) else 0

    @property
    def num_blocks(self) -> int:
        """L, the number of blocks."""
        return len(self._blocks())

    def _blocks(self) -> list[nn.Module]:
        blocks: Any = self.model.get_submodule(self._block_lists[0])
        return list(blocks)

    @torch.no_grad()
    def _is_input_changed(self) -> bool:
        """Whether a pass writes into its input: CTRL scales it in place."""
        ones = torch.ones(1, 1, self.width)
        with as_it_was(self):
            self.model.eval()(inputs_embeds=ones)
        return not torch.equal(ones, torch.ones_like(ones))

    @torch.no_grad()
    def _find_behind(self) -> tuple[str, ...]:
        """Name prefixes of what runs behind the blocks, found by a run: OPT defines its last norm before its blocks."""
        with as_it_was(self), first_calls(self) as calls:
            self.eval()  # where no block is left out by chance
            self(torch.zeros(1, 3, self.width), torch.tensor([3]))
        last_block = f"model.{self._block_lists[0]}.{self.num_blocks - 1}."
        order = [f"{path}." for path in calls]
        inside = [place for place, path in enumerate(order) if path.startswith(last_block)]
        if not inside:
            raise InputError(f"backbone '{self.name}' does not run its first list of blocks: choose another backbone")
        return tuple(path for path in order[inside[0] :] if not path.startswith(last_block))


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


def _find_blocks(model: Any, name: str) -> list[str]:
    """Path of the list of transformer blocks: the first list as long as the configuration says.

    Behind it the paths of lists beside it that are as long: XLM has one for attention, one for norms, and so on.
    """
    wanted = model.config.num_hidden_layers
    lists = {path: module for path, module in model.named_modules() if isinstance(module, nn.ModuleList)}
    first = next((path for path, module in lists.items() if len(module) == wanted), None)
    if first is None:
        raise InputError(f"backbone '{name}' has no list of {wanted} blocks to freeze: choose another backbone")
    parent = first.rpartition(".")[0]
    return [path for path, module in lists.items() if path.rpartition(".")[0] == parent and len(module) == wanted]


def _truncate(model: Any, block_lists: list[str], layers: int | None, name: str) -> None:
    if layers is None:
        return
    for path in block_lists:
        blocks: Any = model.get_submodule(path)
        if layers > len(blocks):
            raise InputError(f"layers is {layers}, but backbone '{name}' has {len(blocks)}: give no more than that")
        parent, _, attribute = path.rpartition(".")
        setattr(model.get_submodule(parent), attribute, blocks[:layers])
    model.config.num_hidden_layers = layers
