"""Measures what a training step costs by running the model on one made-up sequence, with no formulas for backbones.

B batch (1 here), T positions, C channels of an input vector.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.flop_counter import FlopCounterMode

from frostformer.models.compat import flop_formulas
from frostformer.models.freezing import parameter_groups
from frostformer.models.model import SequenceModel

_FLOAT_BYTES = 4  # what trains, its gradients and moments, and activations are float32
_ADAM_TENSORS = 3  # the gradient and two moments

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Cost:
    """The cost of one sequence of the task's length, with the parameters that require gradients now."""

    forward_flops: int
    """Floating-point operations of matrix products and attention, two per multiply-add.

    Causal attention counts all T x T pairs, as PyTorch's own counter does.
    """

    backward_flops: int
    """The same for the backward pass, in which fused attention computes its scores a second time."""

    saved_bytes: int
    """Bytes kept from forward for backward, besides parameters, buffers and the few numbers of the loss."""

    saved_vectors: float
    """The same in vectors of the backbone's width per position and block; 0.0 where the backbone has no blocks."""

    parameter_bytes: int
    """Bytes of the whole model with its buffers, trained or not; 8-bit matrices take a byte for each number."""

    training_bytes: int
    """Bytes of the gradients and of Adam's two moments."""

    adapter_bytes: int
    """An estimate of the bytes of the trained tensors on disk, without the file's header.

    A position table counts with one row for each position of the task, which is exact for absolute positions.
    """


def measure_cost(model: SequenceModel) -> Cost:
    """Run one forward and one backward pass and look at them; leaves the model and torch's generators as they were.

    Args:
        model: frozen as for training, on the device where it shall train, since that device's kernels are measured.
    """
    forward_flops, backward_flops, saved_bytes = _run_one_step(model)
    bytes_per_vector = _FLOAT_BYTES * model.backbone.width * model.shape.length * model.backbone.num_blocks
    trained = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    return Cost(
        forward_flops=forward_flops,
        backward_flops=backward_flops,
        saved_bytes=saved_bytes,
        saved_vectors=saved_bytes / bytes_per_vector if bytes_per_vector else 0.0,
        parameter_bytes=sum(tensor.nbytes for tensor in (*model.parameters(), *model.buffers())),
        training_bytes=_FLOAT_BYTES * _ADAM_TENSORS * trained,
        adapter_bytes=_adapter_bytes(model),
    )


def flops(model: SequenceModel) -> dict[str, int] | None:
    """See `Result.flops`; None where they cannot be counted: that must not cost a trained run its result."""
    try:
        cost = measure_cost(model)
    except Exception as error:  # noqa: BLE001 (the code of any model on the hub runs here)
        log.debug("operations were not counted: %s", error)
        return None
    return {"forward": cost.forward_flops, "backward": cost.backward_flops}


def _run_one_step(model: SequenceModel) -> tuple[int, int, int]:
    """Operations of forward and of backward, and the bytes saved between them.

    The sum of the logits stands for the loss, whose own part is small: it takes no matrix product.
    """
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    forward, backward = (FlopCounterMode(display=False, custom_mapping=flop_formulas()) for _ in range(2))
    saved: dict[int, torch.UntypedStorage] = {}  # keeps them alive, so that no address is used twice

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()  # counted whole, and once for all saved views
        saved[storage.data_ptr()] = storage
        return tensor

    with _as_in_training(model):
        inputs, lengths = _made_up_batch(model)
        with forward, saved_tensors_hooks(note, lambda tensor: tensor):
            loss = model(inputs, lengths).float().sum()
        with backward:
            torch.autograd.grad(loss, trained, allow_unused=True)  # leaves the parameters' own gradients alone
    for tensor in (*model.parameters(), *model.buffers()):
        saved.pop(tensor.untyped_storage().data_ptr(), None)
    saved_bytes = sum(storage.nbytes() for storage in saved.values())
    return forward.get_total_flops(), backward.get_total_flops(), saved_bytes


@contextmanager
def _as_in_training(model: SequenceModel) -> Iterator[None]:
    """Training mode, in which dropout is drawn and saved; every module's mode and the generators come back."""
    device = next(model.parameters()).device
    modes = [(module, module.training) for module in model.modules()]
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        model.train()
        try:
            yield
        finally:
            for module, training in modes:
                module.training = training


def _made_up_batch(model: SequenceModel) -> tuple[Tensor, Tensor]:
    """One sequence without padding: inputs (B, T) or (B, T, C), lengths (B,)."""
    shape, device = model.shape, next(model.parameters()).device
    if shape.input_kind == "tokens":
        inputs = torch.randint(shape.channels, (1, shape.length))  # (B, T)
    else:
        inputs = torch.randn(1, shape.length, shape.channels)  # (B, T, C)
    return inputs.to(device), torch.tensor([shape.length], device=device)


def _adapter_bytes(model: SequenceModel) -> int:
    """See `adapters.save_adapter`, which keeps the rows of a position table that changed."""
    groups, numbers = parameter_groups(model), 0
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            kept = parameter[: model.shape.length] if groups[name] == "position" else parameter
            numbers += kept.numel()
    return _FLOAT_BYTES * numbers
