"""An optimizer's state as named tensors, and back."""

import torch

from frostformer.optimizers import optimizer_tensors, restore_optimizer


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
