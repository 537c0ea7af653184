"""Finds out what a backbone is by running it on a few small inputs, since no configuration can be trusted to say it.

B batch, T positions, D width.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from frostformer.errors import InputError, in_one_line
from frostformer.models.backbones.backbone import Backbone, Probe
from frostformer.models.finite import refuse_non_finite

POSITIONS, REAL = 12, 7  # of the inputs, and of those that are not padding
NEAR = 6  # positions between which every pattern of attention passes something on
PASSES = 32  # in which a block that is left out in a tenth of all passes is found to be
SMALL = 1e-3  # next to typical inputs of deviation 1
_SAME_SHAPE = 1e-5  # of the largest output: rounding in a mixture of experts, as other rows come along
_ROUNDING = 5e-6  # of the largest answer: several times what another version of torch or another CPU changes
_OTHER_SHAPE = 1e-4  # the same where shapes differ, so that other kernels run


@torch.no_grad()
def probe(backbone: Backbone) -> Probe:
    """Run a backbone, in evaluation and in training.

    Sets `output_width` and `causal`, which later runs need, and leaves all else as it was.

    Raises:
        InputError: it holds or gives numbers that are not finite or not float32, answers at random, mixes the sequences
            of a batch, passes no gradient back, or changes its buffers in training.
    """
    refuse_non_finite(dict(backbone.named_parameters()), f"backbone '{backbone.name}'")
    with as_it_was(backbone):
        backbone.eval()
        run = _Inputs(backbone)
        backbone.output_width = run.output_width()
        backbone.causal = run.is_causal()
        run.refuse_mixed_batches()
        unit = run.gradient(1.0)
        return Probe(
            causal=backbone.causal,
            obeys_padding=run.obeys_padding(),
            first_reaches_last=run.first_reaches_last(),
            gradient_at_small=_multiple(run.gradient(SMALL), unit),
            gradient_at_zero=_multiple(run.gradient(0.0), unit),
            draws_in_training=run.draws_in_training(),
        )


class _Inputs:
    """The inputs of a probe, and the questions that they answer."""

    def __init__(self, backbone: Backbone) -> None:
        self.backbone = backbone
        most = backbone.max_length or POSITIONS
        self.positions = min(POSITIONS, most)
        self.real = max(1, min(REAL, most - 1))
        self.generator = torch.Generator().manual_seed(0)
        self.one, self.other = self._draw(), self._draw()  # (1, T, D) each
        # elsewhere: the same real positions, and behind them what no input layer gives
        behind = 10 * self.other[:, self.real :]
        self.elsewhere = torch.cat([self.one[:, : self.real], behind], dim=1)

    def output_width(self) -> int:
        try:
            hidden = self._run(self.one)
        except InputError:
            raise
        except Exception as error:
            raise InputError(
                f"backbone '{self.backbone.name}' cannot be run on {self.positions} vectors of width "
                f"{self.backbone.width} ({in_one_line(error)}): choose another backbone"
            ) from error
        if not hidden.isfinite().all():
            raise InputError(
                f"backbone '{self.backbone.name}' gives numbers that are not finite for {self.positions} vectors of "
                "deviation 1: choose another backbone"
            )
        if not torch.equal(hidden, self._run(self.one)):
            raise InputError(f"backbone '{self.backbone.name}' answers at random: choose another backbone")
        if hidden.dtype != torch.float32:
            raise InputError(
                f"backbone '{self.backbone.name}' makes {hidden.dtype} of torch.float32: give it in float32, as "
                "`module.float()` makes it"
            )
        if hidden.ndim != 3 or hidden.shape[:2] != self.one.shape[:2]:
            raise InputError(
                f"backbone '{self.backbone.name}' makes {tuple(hidden.shape)} of {tuple(self.one.shape)}, and must "
                "give a vector for every position: choose another backbone"
            )
        return hidden.shape[-1]

    def is_causal(self) -> bool:
        before, after = self._run(self.one), self._run(self.elsewhere)
        return _close(before[:, : self.real], after[:, : self.real], _SAME_SHAPE)

    def obeys_padding(self) -> bool:
        short = self._run(self.one[:, : self.real])
        padded, padded_otherwise = (self._run(x, self.real)[:, : self.real] for x in (self.one, self.elsewhere))
        beside = self._run(torch.cat([self.elsewhere, self.other]), self.real, self.positions)[:1, : self.real]
        same_values = _close(padded, padded_otherwise, _SAME_SHAPE)
        return same_values and _close(padded, short, _OTHER_SHAPE) and _close(beside, short, _OTHER_SHAPE)

    def refuse_mixed_batches(self) -> None:
        together = self._run(torch.cat([self.one, self.other]))
        alone = torch.cat([self._run(self.one), self._run(self.other)])
        if not _close(together, alone, _OTHER_SHAPE):
            raise InputError(
                f"backbone '{self.backbone.name}' mixes the sequences of a batch: it must take (sequences, positions, "
                "width), in torch.nn's modules with batch_first=True"
            )

    def first_reaches_last(self) -> bool:
        near = self.one[:, :NEAR]
        changed = torch.cat([10 * self.other[:, :1], near[:, 1:]], dim=1)
        return not _close(self._run(near)[:, -1:], self._run(changed)[:, -1:], 1e-7)

    def gradient(self, deviation: float) -> float:
        """Norm of the gradient of the summed output, its signs drawn, at inputs of this deviation."""
        with torch.enable_grad():
            vectors = (deviation * self.one).requires_grad_()
            hidden = self._run(vectors)
            signs = torch.randn(hidden.shape, generator=torch.Generator().manual_seed(1)).sign()
            summed = (hidden * signs).sum()
            found = torch.autograd.grad(summed, vectors, allow_unused=True) if summed.requires_grad else (None,)
        if (gradient := found[0]) is None:
            raise InputError(
                f"backbone '{self.backbone.name}' passes no gradient back to its inputs, so that no input layer could "
                "train: choose another backbone"
            )
        return float(gradient.norm())

    def draws_in_training(self) -> bool:
        before = self._run(self.one)
        with as_it_was(self.backbone):
            self.backbone.train()
            state, first = torch.get_rng_state(), self._run(self.one)
            asked = not torch.equal(state, torch.get_rng_state())  # for random numbers, perhaps without any effect
            differ = any(not torch.equal(first, self._run(self.one)) for _ in range(PASSES if asked else 1))
            self.backbone.eval()
            if not torch.equal(before, self._run(self.one)):
                raise InputError(
                    f"backbone '{self.backbone.name}' changes its buffers in training, as batch norm does, but what is "
                    "frozen must stay as it is: choose another backbone"
                )
        return differ

    def _run(self, vectors: Tensor, *lengths: int) -> Tensor:
        """(B, T, D) -> (B, T, D); all positions are real where no lengths are given."""
        real = torch.tensor(lengths or [vectors.shape[1]] * len(vectors))
        hidden: Tensor = self.backbone(vectors.clone(), real)  # a copy: CTRL changes its input in place
        return hidden

    def _draw(self) -> Tensor:
        return torch.randn(1, self.positions, self.backbone.width, generator=self.generator)


@contextmanager
def as_it_was(backbone: nn.Module) -> Iterator[None]:
    """Gives back torch's generator, every module's mode and the buffers."""
    modes = [(module, module.training) for module in backbone.modules()]
    buffers = [(buffer, buffer.clone()) for buffer in backbone.buffers()]
    with torch.random.fork_rng(devices=[]):
        try:
            yield
        finally:
            for module, training in modes:
                module.training = training
            for buffer, before in buffers:
                buffer.copy_(before)


def _close(one: Tensor, other: Tensor, tolerance: float) -> bool:
    """Whether nothing differs by more than a share of the largest value."""
    return one.shape == other.shape and bool(((one - other).abs() <= tolerance * one.abs().max()).all())


def _multiple(norm: float, unit: float) -> float | None:
    if norm == unit:
        return 1.0  # both may be zero
    value = norm / unit if unit else math.inf
    return value if math.isfinite(value) else None


@torch.no_grad()
def answers(backbone: Backbone, length: int) -> tuple[float, ...]:
    """What a backbone makes of three fixed inputs, in eight weighted sums each.

    Two are short and of different scales, since a norm's epsilon shows at small inputs alone; one is as long as the
    task's sequences, since a window of attention shows at long ones alone.
    """
    most = backbone.max_length or max(length, POSITIONS)
    numbers: list[float] = []
    with as_it_was(backbone):
        backbone.eval()
        for positions, deviation in ((POSITIONS, 1.0), (POSITIONS, SMALL), (length, 1.0)):
            vectors, weights = (torch.Generator().manual_seed(seed) for seed in (3, 4))
            shape = (1, min(positions, most), backbone.width)
            hidden = backbone(deviation * torch.randn(shape, generator=vectors), torch.tensor(shape[1:2])).flatten()
            rows = torch.randn(8, len(hidden), generator=weights)
            numbers += (rows @ hidden / math.sqrt(len(hidden))).tolist()
    return tuple(numbers)


def alike(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Whether the answers of two backbones of equal tensors are equal, up to rounding."""
    if len(one) != len(other):
        return False
    most = max(map(abs, (*one, *other)))
    return all(abs(a - b) <= _ROUNDING * most for a, b in zip(one, other, strict=True))
