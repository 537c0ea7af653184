"""Gradients clipped as torch does it; an optimizer's state as named tensors, and back."""

import pytest
import torch

from frostformer.optimizers import clip_gradients, optimizer_tensors, restore_optimizer


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


def test_an_optimizer_goes_on_as_if_nothing_had_happened():
    def steps(parameter, optimizer, count):
        for _ in range(count):
            optimizer.zero_grad()
            (parameter**4).sum().backward()
            optimizer.step()

    parameter = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
    optimizer = torch.optim.Adam([parameter], 0.1)
    steps(parameter, optimizer, 3)
    other = torch.nn.Parameter(parameter.detach().clone())
    resumed = torch.optim.Adam([other], 0.1)
    restore_optimizer(resumed, {name: t.clone() for name, t in optimizer_tensors(optimizer).items()})
    steps(parameter, optimizer, 3)
    steps(other, resumed, 3)
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
