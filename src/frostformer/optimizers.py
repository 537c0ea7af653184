"""An optimizer's state as named tensors, and back."""

from __future__ import annotations

import torch


def optimizer_tensors(optimizer: torch.optim.Optimizer, prefix: str = "optimizer") -> dict[str, torch.Tensor]:
    """The optimizer's state as named tensors: `{prefix}/{parameter number}/{entry}`."""
    return {
        f"{prefix}/{number}/{entry}": torch.as_tensor(value)
        for number, entries in optimizer.state_dict()["state"].items()
        for entry, value in entries.items()
    }


def restore_optimizer(
    optimizer: torch.optim.Optimizer, tensors: dict[str, torch.Tensor], prefix: str = "optimizer"
) -> None:
    """Put back what `optimizer_tensors` took out; hyper-parameters stay as they are in `optimizer`."""
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith(prefix + "/"):
            _, number, entry = name.split("/")
            state.setdefault(int(number), {})[entry] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
