"""The optimizer that a configuration asks for, its learning rate step by step, and its state as named tensors."""

import pytest
import torch

from frostformer.config import RunConfig
from frostformer.training.optimizers import build_optimizer, optimizer_tensors, restore_optimizer, set_learning_rate


def _quartic_steps(parameter, optimizer, count):
    for _ in range(count):
        parameter.grad = None
        (parameter**4).sum().backward()
        optimizer.step()


def test_without_weight_decay_it_is_the_papers_adam():
    ours, theirs = (torch.nn.Parameter(torch.tensor([1.0, -2.0])) for _ in range(2))
    _quartic_steps(ours, build_optimizer([ours], RunConfig(learning_rate=0.01)), 20)
    _quartic_steps(theirs, torch.optim.Adam([theirs], 0.01, fused=True), 20)
    assert torch.equal(ours, theirs)


def test_weight_decay_pulls_towards_zero():
    decayed, free = (torch.nn.Parameter(torch.ones(2)) for _ in range(2))
    for parameter, decay in ((decayed, 0.5), (free, 0.0)):
        _quartic_steps(parameter, build_optimizer([parameter], RunConfig(weight_decay=decay)), 5)
    assert (decayed < free).all()


def rates(**options) -> list[float]:
    config = RunConfig(learning_rate=0.1, steps=100, **options)
    optimizer = build_optimizer([torch.nn.Parameter(torch.ones(1))], config)
    found = []
    for step in range(config.steps):
        set_learning_rate(optimizer, config, step)
        found.append(optimizer.param_groups[0]["lr"])
    return found


def test_the_rate_is_constant_unless_asked_otherwise():
    assert set(rates()) == {0.1}
    warm = rates(warmup_steps=10)
    assert warm[:10] == pytest.approx([0.01 * step for step in range(1, 11)])
    assert set(warm[10:]) == {0.1}
    cosine = rates(schedule="cosine")
    assert (cosine[0], cosine[50]) == pytest.approx((0.1, 0.05))
    assert cosine == sorted(cosine, reverse=True)
    assert 0 < cosine[-1] < 1e-4


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
