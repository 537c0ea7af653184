"""Times alternatives side by side: blocks of steps in turn, A B A B, so that a machine whose speed drifts favours none.

A ratio compares two blocks of the same round; the median over the rounds is reported.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import quantiles

import torch

from frostformer.errors import InputError

FEWEST_ROUNDS, MOST_ROUNDS = 5, 10

Block = Callable[[int], float]
"""Does a number of steps and returns the seconds that they took."""


@dataclass(frozen=True)
class Spread:
    """A median and the quartiles around it."""

    median: float
    low: float
    high: float

    @staticmethod
    def of(values: list[float]) -> Spread:
        """The spread of at least two values."""
        low, median, high = quantiles(values, n=4, method="inclusive")
        return Spread(median, low, high)


@dataclass(frozen=True)
class Comparison:
    """What `compare` found."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    """Per step of each alternative, one number for each round."""

    skipped: dict[str, str] = field(default_factory=dict)
    """Why an alternative could not be measured."""

    def speedup(self, name: str, against: str) -> Spread:
        """How many times as fast as `against`."""
        pairs = zip(self.seconds[name], self.seconds[against], strict=True)
        return Spread.of([other / own for own, other in pairs])


def timed(step: Callable[[], object], device: torch.device) -> Block:
    """Blocks of `step`, which may return before the device is done."""

    def block(steps: int) -> float:
        wait(device)
        started = time.perf_counter()
        for _ in range(steps):
            step()
        wait(device)
        return time.perf_counter() - started

    return block


def compare(builders: Mapping[str, Callable[[], Block]], seconds: float) -> Comparison:
    """Build every alternative, then time all of them for about `seconds`, or as long as the fewest rounds take.

    An alternative that raises `InputError` or is too large for the device is left out, with the reason.
    """
    gc.collect()  # frees the models of the comparison before, which are in cycles
    blocks: dict[str, Block] = {}
    skipped: dict[str, str] = {}
    for name, build in builders.items():
        try:
            block = build()
            block(1)  # chooses kernels, makes the optimizer's tensors
            blocks[name] = block
        except (InputError, torch.OutOfMemoryError) as error:
            skipped[name] = str(error).splitlines()[0]
    rounds, steps = _plan({name: block(1) for name, block in blocks.items()}, seconds)
    found: dict[str, list[float]] = {name: [] for name in blocks}
    for _ in range(rounds):
        for name, block in blocks.items():
            found[name].append(block(steps[name]) / steps[name])
    return Comparison(found, skipped)


def _plan(step_seconds: dict[str, float], seconds: float) -> tuple[int, dict[str, int]]:
    """Rounds, and the steps of each alternative's blocks, which take equally long if a step is short enough."""
    shortest_round = sum(step_seconds.values()) or 1.0
    rounds = min(MOST_ROUNDS, max(FEWEST_ROUNDS, int(seconds / shortest_round)))
    share = seconds / rounds / max(1, len(step_seconds))
    return rounds, {name: max(1, int(share / step)) for name, step in step_seconds.items()}


def wait(device: torch.device) -> None:
    """Wait until everything that was started on the device is done."""
    if device.type != "cpu":
        torch.accelerator.synchronize(device)
