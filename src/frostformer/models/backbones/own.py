"""A module of somebody's own as a backbone: anything from (B, T, D) to (B, T, D).

It may take the real lengths (B,) as a second argument; a module that does not must be causal, or see sequences of one
length only. Its properties are found by running it.
"""

from __future__ import annotations

import copy
import inspect
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from frostformer.errors import InputError
from frostformer.models.backbones.backbone import Backbone
from frostformer.models.backbones.huggingface import HuggingFaceBackbone
from frostformer.models.backbones.probe import probe
from frostformer.models.backbones.structure import find_groups, first_tensor

PREFIX = "module:"  # of the name of a backbone that was given as a Python object
_WIDTH_NAMES = ("width", "d_model", "hidden_size", "n_embd", "embed_dim")


def backbone_of(module: nn.Module, name: str) -> Backbone:
    """A copy of `module` as a backbone; the module itself stays as it is.

    Raises:
        InputError: it is not a map from (B, T, D) to (B, T, D) in float32, or `probe` refuses it.
    """
    if not isinstance(module, nn.Module):
        raise InputError(f"backbone '{name}' is a {type(module).__name__}, wanted a torch.nn.Module")
    _check_parameters(module, name)
    module = copy.deepcopy(module)
    if isinstance(module, Backbone):
        if not hasattr(module, "probe"):
            module.probe, module.groups = probe(module), find_groups(module, [])
        return module
    if hasattr(module, "get_input_embeddings") and hasattr(module, "config"):  # a model of `transformers`
        return HuggingFaceBackbone(name, module)
    return OwnBackbone(module, name)


class OwnBackbone(Backbone):
    """Any module that is neither a `Backbone` nor a model of `transformers`."""

    def __init__(self, module: nn.Module, name: str) -> None:
        """Run the module to find out what it takes and gives."""
        super().__init__()
        self.name, self.module = name, module
        self._takes_lengths = _takes_lengths(module)
        self.max_length = getattr(module, "max_length", None)
        self.eval()  # nothing below may change a buffer
        self.width = self._find_width()
        self._blocks_path = next((p for p, m in module.named_modules() if isinstance(m, nn.ModuleList)), None)
        self.probe = probe(self)
        self.groups = find_groups(self, self._blocks())

    def forward(self, embeddings: Tensor, lengths: Tensor) -> Tensor:
        """(B, T, D), (B,) -> (B, T, D)."""
        given = (embeddings, lengths) if self._takes_lengths else (embeddings,)
        return first_tensor(self.module(*given))

    def architecture(self) -> str:
        """The module as PyTorch prints it, with the name of its class."""
        return f"{type(self.module).__qualname__}\n{self.module}"

    def depth_of(self, parameter: str) -> int:
        """Number of the block in the module's first list of modules; 0 if the parameter is in none."""
        inside = f"module.{self._blocks_path}."
        if self._blocks_path is None or not parameter.startswith(inside):
            return 0
        return 1 + int(parameter.removeprefix(inside).split(".")[0])

    @property
    def num_blocks(self) -> int:
        """Length of the module's first list of modules."""
        return len(self._blocks())

    def _blocks(self) -> list[nn.Module]:
        if self._blocks_path is None:
            return []
        blocks: Any = self.module.get_submodule(self._blocks_path)
        return list(blocks)

    def _find_width(self) -> int:
        """D: the width that the module or its configuration states, or the first size of a parameter that works."""
        said = (getattr(place, name, None) for name in _WIDTH_NAMES for place in (self.module, _config(self.module)))
        sizes = {size for parameter in self.module.parameters() for size in parameter.shape}
        reasons = ""
        for width in dict.fromkeys([*(one for one in said if isinstance(one, int)), *sorted(sizes)]):
            try:
                with torch.no_grad():
                    if self(torch.zeros(1, 3, width), torch.tensor([3])).shape[:2] == (1, 3):
                        return width
            except Exception as error:  # noqa: BLE001 (whatever a stranger's module raises, the width does not fit)
                reasons = reasons or str(error).partition("\n")[0]
        raise InputError(
            f"backbone '{self.name}' takes no (sequences, positions, width) with any of the widths tried ({reasons}): "
            "give it an attribute `width`"
        )


def _check_parameters(module: nn.Module, name: str) -> None:
    """Refuse parameters in which nothing can be trained or compared: without values yet, or not float32."""
    for key, parameter in module.named_parameters():
        if is_lazy(parameter):
            raise InputError(f"backbone '{name}' has no values in '{key}' yet: run the module once before")
        if parameter.is_floating_point() and parameter.dtype != torch.float32:
            raise InputError(
                f"backbone '{name}' holds {parameter.dtype} in '{key}': give it in float32, as `module.float()` "
                "makes it"
            )


def _config(module: nn.Module) -> object:
    return getattr(module, "config", None)


def _takes_lengths(module: nn.Module) -> bool:
    several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    parameters = [one for one in inspect.signature(module.forward).parameters.values() if one.kind not in several]
    return len(parameters) > 1 and (parameters[1].name == "lengths" or parameters[1].default is parameters[1].empty)
