"""Finds what each parameter of a backbone is for by running it once and looking at what its modules do.

- A norm takes no notice of the scale of its input.
- A table of positions is looked up, in place of being multiplied.
- The attention of a block is what carries something from one position to another: attention itself, or whatever a
  family has in its place, such as a convolution or a recurrence.
- Everything else is feed-forward. What gets no gradient although its class says norm or table is fixed.

B = 1 here, T positions, D width.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from frostformer.models.backbones.backbone import Backbone, Group
from frostformer.models.backbones.calls import first_calls
from frostformer.models.backbones.probe import as_it_was

POSITIONS = 7
_NORM_CLASS = re.compile(r"(LayerNorm|RMSNorm(Gated)?)$")  # where a module cannot be called on its own
_MIXING_CLASS = re.compile(r"Attention|Attn|Mixer")
_SCALE = 100.0  # far above the epsilon of any norm


@dataclass(frozen=True)
class Call:
    """The arguments of a module when it was first called."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def again(self, module: nn.Module, change: Any) -> Tensor:
        """The first tensor that the module gives for the same arguments, its tensors of vectors changed."""
        args = [change(value) if _is_vectors(value) else value for value in self.args]
        kwargs = {key: change(value) if _is_vectors(value) else value for key, value in self.kwargs.items()}
        return first_tensor(module(*args, **kwargs))


def find_groups(backbone: Backbone, blocks: list[nn.Module]) -> dict[str, Group]:
    """The group of every parameter of `backbone`, by its name; `blocks` are its transformer blocks, if it has any."""
    with as_it_was(backbone):
        backbone.eval()  # where nothing is drawn
        return _find_groups(backbone, blocks)


def _find_groups(backbone: Backbone, blocks: list[nn.Module]) -> dict[str, Group]:
    calls, gradients = _run_once(backbone)
    modules = dict(backbone.named_modules())
    mixes = _mixing_parts(blocks, calls)
    groups: dict[str, Group] = {}
    for name, parameter in backbone.named_parameters():
        path = name.split(".")[:-1]
        around = [modules[".".join(path[: i + 1])] for i in range(len(path))]
        owner = around[-1] if around else backbone
        if is_norm(owner, calls.get(id(owner))):
            groups[name] = "layer_norm"
        elif _is_table(owner, parameter, calls.get(id(owner))):
            groups[name] = "position"
        else:
            groups[name] = "attention" if _is_in_a_mixer(around, blocks, mixes) else "feedforward"
        if groups[name] in ("layer_norm", "position") and name not in gradients:
            groups[name] = "fixed"
    return groups


def is_norm(module: nn.Module, call: Call | None) -> bool:
    """Whether a module scales and shifts what it has brought to a common size, whatever the size was."""
    own = list(module.parameters(recurse=False))
    if not own or any(parameter.ndim > 1 for parameter in own):
        return False
    by_name = _NORM_CLASS.search(type(module).__name__) is not None
    if by_name or call is None:
        return by_name
    first = next((value for value in (*call.args, *call.kwargs.values()) if _is_vectors(value)), None)
    if first is None:
        return False

    def scaled(scale: float) -> Tensor:
        return call.again(module, lambda value: value * scale if value is first else value)

    try:
        with torch.no_grad():
            large, larger, turned = scaled(_SCALE), scaled(100 * _SCALE), scaled(-_SCALE)
    except Exception:  # noqa: BLE001 (whatever a stranger's module raises at inputs that it does not expect)
        return False
    same_size = large.shape == first.shape
    return same_size and _close(large, larger) and not _close(large, turned)


def mixes_positions(module: nn.Module, call: Call) -> bool:
    """Whether a change at the first position changes the output at a later one."""

    def changed(value: Tensor) -> Tensor:
        axis = _position_axis(value) or 0
        first = torch.arange(value.shape[axis], device=value.device) == 0
        return torch.where(first.view(-1, *(1,) * (value.ndim - axis - 1)), value.flip(-1) * 2 + 1, value)

    with torch.no_grad():
        before, after = call.again(module, lambda value: value), call.again(module, changed)
    axis = _position_axis(before)
    if axis is None:
        return False
    difference = (after - before).narrow(axis, 1, before.shape[axis] - 1).abs()
    return bool((difference > 1e-6 * before.abs().max()).any())


def first_tensor(output: Any) -> Tensor:
    """The first tensor of what a module gives, which may be a tuple or one of the outputs of `transformers`."""
    while not isinstance(output, Tensor):
        output = next(iter(output.values() if hasattr(output, "values") else output))
    return output


def _run_once(backbone: Backbone) -> tuple[dict[int, Call], set[str]]:
    """Each module's first call, by the module's id, and the names of the parameters that get a gradient."""
    generator = torch.Generator().manual_seed(0)
    positions = min(POSITIONS, backbone.max_length or POSITIONS)
    vectors = torch.randn(1, positions, backbone.width, generator=generator)  # (1, T, D)
    # integers get no gradient
    named = {name: one for name, one in backbone.named_parameters() if one.is_floating_point() or one.is_complex()}
    required = {name: parameter.requires_grad for name, parameter in named.items()}
    try:
        with torch.enable_grad(), first_calls(backbone) as calls:
            for parameter in named.values():
                parameter.requires_grad_(True)
            hidden = backbone(vectors.clone(), torch.tensor([positions]))
            weights = torch.randn(hidden.shape, generator=generator)
            loss = (hidden * weights).sum()
            found = torch.autograd.grad(loss, list(named.values()), allow_unused=True) if named else ()
    finally:
        for name, parameter in named.items():
            parameter.requires_grad_(required[name])
    detached = {
        id(backbone.get_submodule(path)): Call(
            tuple(map(_detached, args)), {name: _detached(value) for name, value in kwargs.items()}
        )
        for path, (args, kwargs) in calls.items()
    }
    # one that is zero counts: a matrix behind it may start at zero
    reached = {name for name, gradient in zip(named, found, strict=True) if gradient is not None}
    return detached, reached


def _detached(value: Any) -> Any:
    return value.detach() if isinstance(value, Tensor) else value


def _inner(block: nn.Module) -> nn.Module:
    """The block itself, where it lies in modules that hold nothing else, as ALBERT's layer in its group."""
    while not list(block.parameters(recurse=False)) and len(parts := list(_parts(block))) == 1:
        (block,) = parts
    return block


def _parts(block: nn.Module) -> Iterator[nn.Module]:
    """The children that hold parameters; a list of modules counts as its items."""
    for child in block.children():
        if isinstance(child, nn.ModuleList):
            yield from (item for item in child if any(True for _ in item.parameters()))
        elif any(True for _ in child.parameters()):
            yield child


def _mixing_parts(blocks: list[nn.Module], calls: dict[int, Call]) -> dict[int, bool]:
    """Whether each part of a block mixes positions, by the part's id; nothing of a block in which no part does."""
    found: dict[int, bool] = {}
    for block in blocks:
        called = {id(part): part for part in _parts(_inner(block)) if id(part) in calls}
        tried = {key: _tried(part, calls[key]) for key, part in called.items()}
        mixes = {key: mixed for key, mixed in tried.items() if mixed is not None}
        found |= mixes if any(mixes.values()) else {}
    return found


def _tried(part: nn.Module, call: Call) -> bool | None:
    """See `mixes_positions`; None for a part that gives no tensor, or cannot be called with other values."""
    try:
        return mixes_positions(part, call)
    except Exception:  # noqa: BLE001 (whatever a stranger's module raises; the names of its classes are left)
        return None


def _is_in_a_mixer(around: list[nn.Module], blocks: list[nn.Module], mixes: dict[int, bool]) -> bool:
    """By the part of a block that a parameter lies in; by the names of the classes around it where there is none."""
    for number, module in enumerate(around):
        if id(module) in mixes:
            return mixes[id(module)]
        if any(module is block for block in blocks):
            from_block = around[number:]
            if not any(id(inner) in mixes for inner in from_block):
                return any(_MIXING_CLASS.search(type(inner).__name__) for inner in from_block)
    return any(_MIXING_CLASS.search(type(module).__name__) for module in around)


def _is_table(owner: nn.Module, parameter: nn.Parameter, call: Call | None) -> bool:
    if isinstance(owner, nn.Embedding):
        return True
    asked = (*call.args, *call.kwargs.values()) if call else ()
    return parameter.ndim == 2 and any(isinstance(value, Tensor) and _is_whole(value) for value in asked[:1])


def _is_whole(value: Tensor) -> bool:
    return not value.is_floating_point() and value.dtype != torch.bool


def _is_vectors(value: object) -> bool:
    """Whether an argument is a tensor of a vector for each position, and no mask."""
    return isinstance(value, Tensor) and value.is_floating_point() and _position_axis(value) is not None


def _position_axis(value: Tensor) -> int | None:
    """The axis of T in (T, D), (1, T, D) and (T, 1, D) alike; None where there is no more than one position."""
    return next((axis for axis in range(min(2, value.ndim - 1)) if value.shape[axis] > 1), None)


def _close(one: Tensor, other: Tensor) -> bool:
    return torch.allclose(one, other, rtol=1e-3, atol=1e-3 * float(one.abs().max()))
