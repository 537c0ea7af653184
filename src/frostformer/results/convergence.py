"""When a run had converged, and how many times as fast one arm learned as another (Lu et al. 2021, table 6).

The paper does not say what it calls converged. Here a run has converged at the first evaluation from which on its
validation score stays within one point (0.01) of the run's best. The score is the one that chose the step: accuracy for
most tasks. Of a run whose best is hardly above what needs no model, it cannot be said. Nothing is smoothed. A curve is
known at its evaluations only, and a result keeps at most 160 of them, so every number of steps has an uncertainty: the
true one lies behind the evaluation before, which is given with it. It imports no torch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Literal

from frostformer.results.metrics import chosen_by, headline
from frostformer.results.result import Result

POINT = 0.01
"""How far below its best a run that has converged may fall; one percentage point where scores are shares."""

NEAR = 3 * POINT
"""How far the best score of a run must be above what needs no model before a point says when it converged: of a smaller
rise, the point is too large a part."""

LATE = 0.75
"""Share of a run's steps behind which a new best says that it was still rising."""

_ROUNDING = 1e-9
_TOO_FEW: Literal["with too few evaluations"] = "with too few evaluations"
_TOO_NEAR: Literal["too near to what needs no model"] = "too near to what needs no model"
_UNKNOWN = {_TOO_FEW, _TOO_NEAR}
_PERFECT = 1.0  # the highest value of every metric that chooses a step

State = Literal[
    "converged",
    "still rising",
    "with too few evaluations",
    "unsteady",
    "too near to what needs no model",
    "diverged",
    "no score",
]


@dataclass(frozen=True)
class Reached:
    """The first evaluation at which something holds that did not hold at the evaluation before."""

    step: int

    after: int
    """Step of the evaluation before, of those that the result kept; 0 if there is none. The true step is later."""


@dataclass(frozen=True)
class Convergence:
    """Whether one run had converged when it ended."""

    state: State
    """`converged`; `still rising`: the last quarter of the steps raised the best score by more than a point; `with too
    few evaluations`: none was before that quarter; `unsteady`: the run ended more than a point below its best;
    `too near to what needs no model`: its best score is at most `NEAR` above that, so that it cannot be said when;
    `diverged`; `no score`: no evaluation has a finite one.
    """

    at: Reached | None
    """When it had; None unless it is `converged`."""

    best: float | None
    """The best validation score of the run."""


@dataclass(frozen=True)
class Speedup:
    """How many times as many steps one arm needs as another to a level that both reach, with one seed."""

    seed: int
    level: float
    """The validation score that both reach."""

    fast: Reached
    slow: Reached

    @property
    def times(self) -> float:
        """Steps of the other arm over steps of this one, at the evaluations that found the level."""
        return self.slow.step / self.fast.step

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest that it may be, since a level may be reached at any step since the evaluation before."""
        return self.slow.after / self.fast.step, self.slow.step / self.fast.after if self.fast.after else math.inf


def convergence(result: Result) -> Convergence:
    """Whether and when a run had converged.

    A run whose best score still grew by more than a point in the last quarter of its steps, that is, by a third more
    steps, is said to be still rising: it would gain more by going on, or its plateau is too short to tell. The best
    scores of both parts are compared, not their last ones: jitter changes these, but hardly the best of many. Of a run
    without an evaluation before that quarter nothing can be said. A run that is within a point of a perfect score
    cannot rise by a point, however late it came there.
    """
    points = _curve(result)
    scores = [score for _, score in points if score is not None]
    if not scores:
        return Convergence("diverged" if result.diverged is not None else "no score", None, None)
    best = max(scores)
    if result.diverged is not None:
        return Convergence("diverged", None, best)
    early = [score for step, score in points if step <= LATE * points[-1][0] and score is not None]
    if not _at_least(max(early, default=-math.inf), best - POINT) and not _at_least(best, _PERFECT - POINT):
        is_known = points[0][0] <= LATE * points[-1][0]
        return Convergence("still rising" if is_known else _TOO_FEW, None, best)
    close = [score is not None and _at_least(score, best - POINT) for _, score in points]
    if not close[-1]:
        return Convergence("unsteady", None, best)
    if _at_least(_without_model(result) + NEAR, best):
        return Convergence(_TOO_NEAR, None, best)
    first = max((number for number, one in enumerate(close) if not one), default=-1) + 1
    return Convergence("converged", _reached(points, first), best)


def convergence_text(results: Sequence[Result]) -> str:
    """Steps to convergence of an arm, such as `1,200 ± 283 (3 of 3)`, never over a part of its seeds in silence."""
    each = [convergence(result) for result in results]
    steps = [one.at.step for one in each if one.at is not None]
    text = f"{mean(steps):,.0f}" + (f" ± {stdev(steps):,.0f}" if len(steps) > 1 else "") if steps else ""
    if len(steps) == len(each):
        return f"{text} ({len(each)} of {len(each)})"
    others = [one.state for one in each if one.at is None]
    why = ", ".join(f"{others.count(state)} {state}" for state in dict.fromkeys(others))
    answer = f"{'cannot be said' if set(others) <= _UNKNOWN else 'not converged'} ({why})"
    return f"{answer}; {len(steps)} of {len(each)} converged: {text}" if steps else answer


def speedups(fast: Sequence[Result], slow: Sequence[Result]) -> list[Speedup]:
    """How many times as fast one arm learned as another, for each seed of both for which that can be said.

    Runs of one seed are compared, since they have the same batches in the same order and the same new layers. The level
    is the highest that both reach: one point below the lower of their two best scores, as a run has converged there,
    and as the very best of a jittering curve is found by chance. Each takes its own steps to it, so one may have
    converged and the other not; `convergence` says that.

    A seed is left out where a run has no finite score; where the level is not a point above what needs no model, since
    an arm that stays there learned nothing whose speed could be compared; and where both reach it by their first
    evaluation, which says nothing of the order. A run that diverged counts with the scores before.

    Args:
        fast: runs of the arm whose steps are divided by, one per seed, on one task.
        slow: runs of the arm whose steps are divided.
    """
    others = {result.config["seed"]: result for result in slow}
    pairs = [(result, others[result.config["seed"]]) for result in fast if result.config["seed"] in others]
    return [found for one, other in pairs if (found := _speedup(one, other)) is not None]


def mean_speedup(found: Sequence[Speedup]) -> float | None:
    """The geometric mean over seeds, so that the two arms exchanged give exactly its inverse; None of no seed."""
    return math.exp(mean(math.log(one.times) for one in found)) if found else None


def speedup_text(fast: Sequence[Result], slow: Sequence[Result]) -> str:
    """Such as `4.2 times (2.5 to 6.1; 3 of 3 seeds)`, or that it cannot be said.

    In brackets are the lowest and the highest that it may be with any of the seeds, see `Speedup.bounds`.
    """
    found, seeds = speedups(fast, slow), {result.config["seed"] for result in (*fast, *slow)}
    times = mean_speedup(found)
    if times is None:
        return "cannot be said"
    low, high = min(one.bounds[0] for one in found), max(one.bounds[1] for one in found)
    most = "any number" if math.isinf(high) else _factor(high)
    return f"{_factor(times)} times ({_factor(low)} to {most}; {len(found)} of {len(seeds)} seeds)"


def _speedup(fast: Result, slow: Result) -> Speedup | None:
    curves = [_curve(result) for result in (fast, slow)]
    bests = [max((score for _, score in points if score is not None), default=None) for points in curves]
    if bests[0] is None or bests[1] is None:
        return None
    level = min(bests[0], bests[1]) - POINT
    if not _at_least(level, _without_model(fast, slow) + POINT):
        return None
    one, other = (_first_at(points, level) for points in curves)
    if one.after == other.after == 0:
        return None
    return Speedup(fast.config["seed"], level, one, other)


def _without_model(*results: Result) -> float:
    """The best score of a rule that needs no model, by the metric that chose the step; minus infinity if not known."""
    return max((level for one in results for level in _rules(one)), default=-math.inf)


def _rules(result: Result) -> list[float]:
    """What rules that need no model score; by balanced accuracy, one that ignores its input has one in all classes."""
    if chosen_by(result) == headline(result):
        return list(result.task["trivial"].values())
    classes = result.task.get("shape", {}).get("classes")
    return [1 / classes] if classes and chosen_by(result) == "balanced_accuracy" else []


def _curve(result: Result) -> list[tuple[int, float | None]]:
    """(step, validation score) of the evaluations in order, None for a score that was not a finite number.

    The chosen step is among them, also where the curve was thinned and lacks it.
    """
    name = chosen_by(result)
    points = {int(point["step"] or 0): point.get(f"validation_{name}") for point in result.curve}
    if 0 < result.chosen_step < max(points, default=0):
        points.setdefault(result.chosen_step, result.metrics["validation"].get(name))
    return sorted(points.items())


def _first_at(points: list[tuple[int, float | None]], level: float) -> Reached:
    return _reached(points, next(n for n, (_, score) in enumerate(points) if score is not None and score >= level))


def _reached(points: list[tuple[int, float | None]], number: int) -> Reached:
    return Reached(points[number][0], points[number - 1][0] if number else 0)


def _at_least(score: float, level: float) -> bool:
    return score >= level - _ROUNDING


def _factor(times: float) -> str:
    return f"{times:,.0f}" if times >= 10 else f"{times:.2g}" if times < 1 else f"{times:.1f}"
