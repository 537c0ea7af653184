"""What follows the gradients in a step: clipping and Adam; an optimizer's state as named tensors, and back."""

from __future__ import annotations

import torch
from torch.optim.adam import adam


@torch.no_grad()
def clip_gradients(parameters: list[torch.nn.Parameter], largest: float) -> None:
    """Scale the gradients so that their joint norm is `largest` at most.

    It is `nn.utils.clip_grad_norm_` for parameters on one device, in half its time: a step of an output layer alone is
    made of such costs.
    """
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    norm = torch.stack(torch._foreach_norm(gradients)).norm()
    torch._foreach_mul_(gradients, (largest / (norm + 1e-6)).clamp(max=1))


class Adam:
    """Adam (Kingma and Ba 2015) by torch's fused kernel: bit for bit `torch.optim.Adam(fused=True)`.

    That class's parameter groups and profiler hooks take longer than the arithmetic where an output layer alone trains.
    """

    def __init__(self, parameters: list[torch.nn.Parameter], learning_rate: float) -> None:
        self._learning_rate = learning_rate
        self._states = [(parameter, _fresh_state(parameter)) for parameter in parameters]

    @torch.no_grad()
    def step(self) -> None:
        """Move every parameter that has a gradient."""
        used = [(parameter, state) for parameter, state in self._states if parameter.grad is not None]
        adam(
            [parameter for parameter, _ in used],
            [parameter.grad for parameter, _ in used],  # type: ignore[misc]
            [state["exp_avg"] for _, state in used],
            [state["exp_avg_sq"] for _, state in used],
            [],
            [state["step"] for _, state in used],
            lr=self._learning_rate,
            beta1=0.9,
            beta2=0.999,
            eps=1e-8,
            weight_decay=0.0,
            amsgrad=False,
            maximize=False,
            fused=True,
        )

    def tensors(self) -> dict[str, torch.Tensor]:
        """The state as named tensors, which a later step changes: `optimizer/{parameter number}/{entry}`."""
        return _named({number: state for number, (_, state) in enumerate(self._states)}, "optimizer")

    @torch.no_grad()
    def restore(self, tensors: dict[str, torch.Tensor]) -> None:
        """Put back what `tensors` gave."""
        for name, tensor in self.tensors().items():
            tensor.copy_(tensors[name])


def _fresh_state(parameter: torch.nn.Parameter) -> dict[str, torch.Tensor]:
    return {
        "step": torch.zeros((), device=parameter.device),
        "exp_avg": torch.zeros_like(parameter, requires_grad=False),
        "exp_avg_sq": torch.zeros_like(parameter, requires_grad=False),
    }


def optimizer_tensors(optimizer: torch.optim.Optimizer, prefix: str) -> dict[str, torch.Tensor]:
    """The optimizer's state as named tensors: `{prefix}/{parameter number}/{entry}`."""
    return _named(optimizer.state_dict()["state"], prefix)


def _named(state: dict[int, dict[str, torch.Tensor]], prefix: str) -> dict[str, torch.Tensor]:
    return {
        f"{prefix}/{number}/{entry}": torch.as_tensor(value)
        for number, entries in state.items()
        for entry, value in entries.items()
    }


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, torch.Tensor], prefix: str) -> None:
    """Put back what `optimizer_tensors` took out; hyper-parameters stay as they are in `optimizer`."""
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith(prefix + "/"):
            _, number, entry = name.split("/")
            state.setdefault(int(number), {})[entry] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
