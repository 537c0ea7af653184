"""What surrounds an optimizer's step: gradients clipped before it, its state as named tensors, and back."""

from __future__ import annotations

import torch


@torch.no_grad()
def clip_gradients(parameters: list[torch.nn.Parameter], largest: float) -> None:
    """Scale the gradients so that their joint norm is `largest` at most.

    It is `nn.utils.clip_grad_norm_` for parameters on one device, in half its time: a step of an output layer alone is
    made of such costs.
    """
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    norm = torch.stack(torch._foreach_norm(gradients)).norm()
    torch._foreach_mul_(gradients, (largest / (norm + 1e-6)).clamp(max=1))


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
