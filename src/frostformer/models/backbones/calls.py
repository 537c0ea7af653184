"""Which modules a pass calls, and with what."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from torch import nn

Arguments = tuple[tuple[Any, ...], dict[str, Any]]


@contextmanager
def first_calls(model: nn.Module) -> Iterator[dict[str, Arguments]]:
    """Path of each module that is called inside -> the arguments of its first call, in the order of these calls."""
    calls: dict[str, Arguments] = {}

    def note(path: str, _: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        calls.setdefault(path, (args, kwargs))

    hooks = [
        module.register_forward_pre_hook(partial(note, path), with_kwargs=True)
        for path, module in model.named_modules()
    ]
    try:
        yield calls
    finally:
        for hook in hooks:
            hook.remove()
