"""Gradients clipped and Adam as torch has them; an optimizer's state as named tensors, and back."""

import pytest
import torch

from frostformer.training.optimizers import Adam, clip_gradients, optimizer_tensors, restore_optimizer


@pytest.mark.parametrize("largest", [0.1, 1.0, 100.0])
def test_clips_as_torch_does(largest):
    def parameters():
        generator = torch.Generator().manual_seed(0)
        found = [torch.nn.Parameter(torch.zeros(shape)) for shape in ((3, 4), (5,), ())]
        for parameter in found[:2]:  # the last was not used
            parameter.grad = torch.randn(parameter.shape, generator=generator)
        return found

    ours, theirs = parameters(), parameters()
    clip_gradients(ours, largest)
    torch.nn.utils.clip_grad_norm_(theirs, largest)
    for own, other in zip(ours[:2], theirs[:2], strict=True):
        assert torch.equal(own.grad, other.grad)
    assert ours[2].grad is None


def test_gradients_of_zero_stay_zero():
    parameter = torch.nn.Parameter(torch.ones(3))
    parameter.grad = torch.zeros(3)
    clip_gradients([parameter], 1.0)
    assert torch.equal(parameter.grad, torch.zeros(3))


def _quartic_steps(parameter, optimizer, count):
    for _ in range(count):
        parameter.grad = None
        (parameter**4).sum().backward()
        optimizer.step()


def test_adam_is_torchs_bit_for_bit():
    def parameters():
        generator = torch.Generator().manual_seed(0)
        return [torch.nn.Parameter(torch.randn(shape, generator=generator)) for shape in ((3, 4), (5,), (2,))]

    ours, theirs = parameters(), parameters()
    adam, reference = Adam(ours, 0.01), torch.optim.Adam(theirs, 0.01, fused=True)
    generator = torch.Generator().manual_seed(1)
    for step in range(20):
        for number, pair in enumerate(zip(ours, theirs, strict=True)):
            is_used = number == 0 or (number == 1 and step != 7)  # the second not in every step, the last never
            gradient = torch.randn(pair[0].shape, generator=generator) if is_used else None
            for parameter in pair:
                parameter.grad = None if gradient is None else gradient.clone()
        adam.step()
        reference.step()
    for own, other, start in zip(ours, theirs, parameters(), strict=True):
        assert torch.equal(own, other)
        assert torch.equal(own, start) == (own is ours[2])


def test_adam_goes_on_as_if_nothing_had_happened():
    def parameters(values):
        return [torch.nn.Parameter(torch.tensor(value)) for value in values]

    used, waiting = parameters([[1.0, -2.0], [3.0]])  # the second gets no gradient until after the pause
    adam = Adam([used, waiting], 0.1)
    _quartic_steps(used, adam, 3)
    assert set(adam.tensors()) == {
        f"optimizer/{n}/{entry}" for n in (0, 1) for entry in ("step", "exp_avg", "exp_avg_sq")
    }
    used_again, waiting_again = parameters([used.tolist(), waiting.tolist()])
    resumed = Adam([used_again, waiting_again], 0.1)
    resumed.restore({name: tensor.clone() for name, tensor in adam.tensors().items()})
    for optimizer, first, second in ((adam, used, waiting), (resumed, used_again, waiting_again)):
        _quartic_steps(first, optimizer, 2)
        _quartic_steps(second, optimizer, 2)
    assert torch.equal(used, used_again)
    assert torch.equal(waiting, waiting_again)
    assert not torch.equal(waiting, torch.tensor([3.0]))


def test_an_optimizer_of_torch_goes_on_as_if_nothing_had_happened():
    parameter = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
    optimizer = torch.optim.AdamW([parameter], 0.1)
    _quartic_steps(parameter, optimizer, 3)
    other = torch.nn.Parameter(parameter.detach().clone())
    resumed = torch.optim.AdamW([other], 0.1)
    third = torch.nn.Parameter(torch.ones(2))
    another = torch.optim.AdamW([third])
    _quartic_steps(third, another, 1)
    tensors = optimizer_tensors(optimizer, "mine") | optimizer_tensors(another, "another")
    tensors = {name: tensor.clone() for name, tensor in tensors.items()}
    restore_optimizer(resumed, tensors, "mine")
    _quartic_steps(parameter, optimizer, 3)
    _quartic_steps(other, resumed, 3)
    assert torch.equal(parameter, other)


def test_restoring_reads_only_its_own_prefix():
    parameter = torch.nn.Parameter(torch.ones(2))
    optimizer = torch.optim.Adam([parameter])
    parameter.sum().backward()
    optimizer.step()
    tensors = optimizer_tensors(optimizer, "mine")
    assert set(tensors) == {"mine/0/step", "mine/0/exp_avg", "mine/0/exp_avg_sq"}
    fresh = torch.optim.Adam([parameter])
    restore_optimizer(fresh, tensors, "yours")
    assert not fresh.state_dict()["state"]
