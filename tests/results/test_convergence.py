"""Curves that rise, level off, jitter, fall and diverge; how many times as fast one arm is as another."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frostformer.results.convergence import (
    Convergence,
    Reached,
    convergence,
    convergence_text,
    mean_speedup,
    speedup_text,
    speedups,
)
from frostformer.results.result import Result, thin
from results.made import numbers, result

PLATEAU = [0.5, 0.7, 0.80, 0.89, 0.895, 0.90, 0.893, 0.896, 0.891, 0.892]


def run(scores: list[float | None], every: int = 100, trivial: float = 0.1, **changes) -> Result:
    """A run with an evaluation for each score, `every` steps apart."""
    diverged = changes.pop("diverged", None)
    made = result(**changes)
    finite = [score for score in scores if score is not None]
    best = max(finite, default=None)
    made.task["trivial"] = {"guessing": trivial}
    made.metrics["validation"]["accuracy"] = best
    curve = [{"step": every * i, "validation_accuracy": score} for i, score in enumerate(scores, 1)]
    chosen = 0 if best is None else every * (1 + scores.index(best))
    return replace(made, curve=curve, chosen_step=chosen, steps=every * len(scores), diverged=diverged)


def state(scores: list[float | None], **changes) -> str:
    return convergence(run(scores, **changes)).state


def test_a_plateau_converges_where_it_comes_within_a_point_of_its_best():
    assert convergence(run(PLATEAU)) == Convergence("converged", Reached(400, after=300), 0.90)


def test_a_fall_by_more_than_a_point_starts_it_anew():
    fallen = [*PLATEAU[:6], 0.889, *PLATEAU[7:]]
    assert convergence(run(fallen)).at == Reached(800, after=700)


def test_exactly_a_point_is_within_a_point():
    assert convergence(run([0.7, 0.89, 0.90, 0.90])).at == Reached(200, after=100)
    assert convergence(run([0.7, 0.8899, 0.90, 0.90])).at == Reached(300, after=200)


def test_a_run_that_is_level_from_its_first_evaluation_on():
    assert convergence(run([0.9] * 8)).at == Reached(100, after=0)


@pytest.mark.parametrize(
    "scores",
    [
        np.linspace(0.1, 0.6, 40),
        np.linspace(0.50, 0.55, 40),  # slow, but a point in a fifth of the steps
        0.5 + 0.03 * np.log2(np.arange(1, 41)),  # three points each time the steps double
        [0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.8],  # a jump at the end
        [0.5, 0.6, 0.7, 0.8, 0.9, 0.88],  # it rises and jitters
    ],
    ids=["fast", "slow", "logarithmic", "jump", "jitter"],
)
def test_still_rising(scores):
    assert state(list(scores)) == "still rising"


def test_one_evaluation_is_too_few():
    assert state([0.5]) == "with too few evaluations"
    assert state([0.995]) == "converged"


@pytest.mark.parametrize(
    "scores",
    [
        np.linspace(0.500, 0.535, 40),  # less than a point in the last quarter
        [0.3] * 23 + [0.8] * 17,  # a jump in the middle
        [0.8 - 0.5**i for i in range(1, 30)],
        [0.5, 0.51],
    ],
    ids=["slow", "jump", "exponential", "two"],
)
def test_no_longer_rising(scores):
    assert state(list(scores)) == "converged"


def test_a_perfect_score_that_comes_late_rises_no_more():
    late = [0.5] * 9 + [0.995]
    assert convergence(run(late)).at == Reached(1000, after=900)
    assert state([0.5] * 9 + [0.985]) == "still rising"


def test_jitter_of_a_plateau_is_never_a_rise():
    generator = np.random.default_rng(0)
    states = [state(list(0.8 + 0.002 * generator.standard_normal(60))) for _ in range(200)]
    assert states.count("converged") > 190
    assert "still rising" not in states
    wide = [state(list(0.8 + 0.01 * generator.standard_normal(60))) for _ in range(200)]
    assert wide.count("still rising") < 10
    assert wide.count("unsteady") > 100


def test_a_run_that_ends_below_its_best_is_unsteady():
    assert state([0.5, 0.9, 0.9, 0.9, 0.9, 0.7]) == "unsteady"
    assert state([0.5, 0.9, 0.9, 0.9, 0.9, None]) == "unsteady"  # the score alone was no number


def test_a_run_that_diverges_has_not_converged():
    assert convergence(run([0.5, 0.9, 0.9, 0.9, None], diverged=430)) == Convergence("diverged", None, 0.9)
    assert convergence(run([None], diverged=30)) == Convergence("diverged", None, None)
    assert state([None, None]) == "no score"


def test_the_metric_is_the_one_that_chose_the_step():
    made = numbers(0.5)
    made.metrics["validation"]["r2"] = 0.5
    made.curve[:] = [{"step": i, "validation_r2": r2, "validation_accuracy": 0.9} for i, r2 in ((1, -6.0), (2, 0.495))]
    assert convergence(made).best == 0.495


@given(st.integers(2, 2000), st.floats(0.01, 0.9))
def test_thinning_moves_it_by_no_more_than_a_gap(count, where):
    """A curve that is level from `where` on: the true evaluation lies between `after` and `step`."""
    scores = [0.5 if i < where * count else 0.8 for i in range(count)]
    whole = run(scores, every=7)
    thinned = replace(whole, curve=thin(whole.curve))
    exact, found = convergence(whole), convergence(thinned)
    assert exact.state == found.state or 0.7 < where < 0.8
    if exact.at and found.at:
        assert found.at.after < exact.at.step <= found.at.step


def test_the_chosen_step_counts_though_the_curve_was_thinned():
    whole = run([0.5] * 9 + [0.9] + [0.85] * 30)
    assert convergence(replace(whole, curve=whole.curve[::5] + whole.curve[-1:])).state == "unsteady"


def test_the_steps_of_an_arm_are_never_those_of_a_part_of_its_seeds_in_silence():
    rising, diverged = [0.1 * i for i in range(1, 8)], run([0.5, None], diverged=150)
    assert convergence_text([run(PLATEAU), run(PLATEAU, every=200)]) == "600 ± 283 (2 of 2)"
    assert convergence_text([run(PLATEAU)]) == "400 (1 of 1)"
    assert convergence_text([run(PLATEAU), run(rising), diverged]) == (
        "not converged (1 still rising, 1 diverged); 1 of 3 converged: 400"
    )
    assert convergence_text([run(rising), run(rising)]) == "not converged (2 still rising)"


def test_near_to_what_needs_no_model_it_cannot_be_said():
    assert state([0.11, 0.125, 0.13, 0.13]) == "too near to what needs no model"
    assert state([0.11, 0.125, 0.131, 0.131]) == "converged"
    assert state([0.09, 0.1, 0.1, 0.12]) == "still rising"  # that is known
    flat = [run([0.11] * 4), run([0.12] * 4)]
    assert convergence_text(flat) == "cannot be said (2 too near to what needs no model)"
    assert convergence_text([*flat, run([None], diverged=50)]) == (
        "not converged (2 too near to what needs no model, 1 diverged)"
    )
    assert convergence_text([*flat, run(PLATEAU)]) == (
        "cannot be said (2 too near to what needs no model); 1 of 3 converged: 400"
    )


def test_by_balanced_accuracy_what_needs_no_model_is_one_class_of_all():
    made = run([0.005, 0.009, 0.009, 0.009])
    made.task["trivial"] = {"majority class": 0.9}  # an accuracy
    made.task["scoring"] = {"kind": "classification", "chosen_by": "balanced_accuracy"}
    made.curve[:] = [{"step": p["step"], "validation_balanced_accuracy": p["validation_accuracy"]} for p in made.curve]
    made.task["shape"] = {"classes": 1195}
    assert convergence(made).state == "too near to what needs no model"
    made.curve[:] = [{"step": p["step"], "validation_balanced_accuracy": 0.5} for p in made.curve]
    assert convergence(made).state == "converged"
    made.task["shape"] = {"classes": 2}
    assert convergence(made).state == "too near to what needs no model"


def test_times_as_fast_to_the_level_that_both_reach():
    fast, slow = run([0.3, 0.6, 0.81, 0.9]), run([0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.795, 0.80])
    (found,) = speedups([fast], [slow])
    assert found.level == pytest.approx(0.79)
    assert (found.fast, found.slow) == (Reached(300, after=200), Reached(700, after=600))
    assert found.times == pytest.approx(7 / 3)
    assert found.bounds == (pytest.approx(600 / 300), pytest.approx(700 / 200))
    (turned,) = speedups([slow], [fast])
    assert turned.times == pytest.approx(3 / 7)


def test_a_level_reached_by_the_first_evaluation_has_no_upper_bound():
    (found,) = speedups([run([0.9, 0.9])], [run([0.3, 0.5, 0.9])])
    assert (found.times, found.bounds) == (3.0, (2.0, math.inf))


@pytest.mark.parametrize(
    ("fast", "slow"),
    [
        (run([0.9, 0.9]), run([0.9, 0.9])),  # both by their first evaluation
        (run([0.5, 0.9], trivial=0.5), run([0.4, 0.51], trivial=0.5)),  # the slow one learned nothing
        (run([0.5, 0.9]), run([None], diverged=50)),
        (run([0.5, 0.9], seed=1), run([0.5, 0.9], seed=2)),  # no seed in common
    ],
    ids=["first", "trivial", "no score", "seeds"],
)
def test_what_cannot_be_said_is_not(fast, slow):
    assert speedups([fast], [slow]) == []
    assert mean_speedup([]) is None
    assert speedup_text([fast], [slow]) == "cannot be said"


def test_a_rule_scored_by_another_metric_is_no_level_here():
    both = [run([0.3, 0.5, 0.6], every=every, trivial=0.9) for every in (100, 200)]
    assert speedups(both[:1], both[1:]) == []
    scoring = {"kind": "classification", "chosen_by": "balanced_accuracy"}
    renamed = [
        replace(
            one,
            task=one.task | {"scoring": scoring},
            curve=[{"step": p["step"], "validation_balanced_accuracy": p["validation_accuracy"]} for p in one.curve],
        )
        for one in both
    ]
    assert mean_speedup(speedups(renamed[:1], renamed[1:])) == pytest.approx(2)


def test_the_mean_over_seeds_is_geometric_and_says_how_many_there_are():
    fast = [run([0.5, 0.9], seed=seed) for seed in range(3)]
    slow = [run([0.5, 0.9], every=every, seed=seed) for seed, every in enumerate((200, 800))]
    assert [one.seed for one in speedups(fast, slow)] == [0, 1]
    assert mean_speedup(speedups(fast, slow)) == pytest.approx(4)
    assert mean_speedup(speedups(slow, fast)) == pytest.approx(1 / 4)
    assert speedup_text(fast, slow) == "4.0 times (1.0 to 16; 2 of 3 seeds)"
    assert speedup_text(slow, fast) == "0.25 times (0.062 to 1.0; 2 of 3 seeds)"


def test_an_arm_that_diverged_counts_up_to_there():
    diverged = run([0.3, 0.6, None], diverged=250)
    (found,) = speedups([run([0.7, 0.7], every=50)], [diverged])
    assert found.slow == Reached(200, after=100)
