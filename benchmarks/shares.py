"""Where the time of a training step goes, by the kind of work."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.profiler import ProfilerActivity, profile

_KINDS = {  # of the names of PyTorch's operations, the first that fits
    "attention": ("scaled_dot_product", "flash_attention"),
    "norms": ("layer_norm", "rms_norm"),
    "optimizer": ("adam", "foreach", "vector_norm"),
    "products": ("mm", "linear", "bmm", "matmul"),
    "activation": ("gelu", "tanh", "silu", "pow"),
    "copies": ("copy_", "cat", "clone", "add"),
}
_STEPS = 3


def shares(step: Callable[[], None], device: torch.device) -> dict[str, float]:
    """The share of a step's time that each kind of work takes; `other` is the rest.

    Args:
        step: takes one training step.
        device: where; on a GPU its own time is counted, by the operation that started it, not that of the program.
    """
    step()  # the first one makes ready what the others use
    on_gpu = device.type == "cuda"
    with profile(activities=[ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if on_gpu else [])]) as found:
        for _ in range(_STEPS):
            step()
        if on_gpu:
            torch.cuda.synchronize()
    times = dict.fromkeys((*_KINDS, "other"), 0.0)
    for event in found.key_averages():
        if event.device_type.name != "CPU":  # a kernel, whose time is also that of its operation
            continue
        times[kind_of(event.key)] += event.self_device_time_total if on_gpu else event.self_cpu_time_total
    whole = sum(times.values())
    return {f"share_of_{kind}": time / whole for kind, time in times.items()}


def kind_of(operation: str) -> str:
    """The kind of work of an operation, such as `aten::addmm`."""
    name = operation.lower()
    return next((kind for kind, words in _KINDS.items() if any(word in name for word in words)), "other")
