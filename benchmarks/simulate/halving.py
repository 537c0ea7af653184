"""Procedures to choose a learning rate, and the false `helps` that come of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.simulate.rates import BEST, PROCEDURES, Learner, Taken, share, shift_between, tested, trained
from benchmarks.simulate.worlds import decided, generator_of, percent

Row = dict[str, Any]
Learners = tuple[Learner, Learner]
_TESTED = 1000

ORDERS: dict[str, tuple[float, float, float]] = {
    "as at the end": (0, 1.4, 6),
    "the best two exchanged": (1.4, 0, 6),
    "all rates alike": (0, 0, 0),
    "the best is last": (6, 0, 1.4),
    "reversed": (6, 1.4, 0),
}
"""How the rates, which cost 0, 0.7 and 3 points at the end, stand after a third of the steps."""

_LEADS = Learner(end=(3, 0.7, 0), third=(6, 1.4, 0))  # the highest rate leads
_LEADS_AND_FAILS = Learner(end=(3, 0.7, 0), third=(6, 1.4, 0), collapse=(0, 0, 0.15))


def choice_of_rate(repeats: int) -> Iterator[Row]:
    """Percent of false `helps` between arms that learn alike, by how the rate is chosen in each replicate."""
    for name, third in ORDERS.items():
        for rows in (50, 200):
            learners = (Learner(third=third), Learner(third=third))
            yield from _rows(f"both: {name}", learners, rows, repeats // 2, are_shifted=False)


def failing_runs(repeats: int) -> Iterator[Row]:
    """Percent of false `helps` where runs fail after the choice, and the arms were made equal on average."""
    cases = {
        "15 % of one arm's runs collapse after a third": (_LEADS_AND_FAILS, _LEADS),
        "15 % of both arms' runs collapse after a third": (_LEADS_AND_FAILS, _LEADS_AND_FAILS),
    }
    for name, learners in cases.items():
        for rows in (50, 200):
            yield from _rows(name, learners, rows, repeats // 2, are_shifted=True)


def _rows(name: str, learners: Learners, rows: int, repeats: int, *, are_shifted: bool) -> Iterator[Row]:
    """A row for each procedure and number of replicates."""
    generator = generator_of(name, rows)
    sets = [trained(generator, learners, 10, rows) for _ in range(repeats)]
    taken = [tuple([procedure(arm) for arm in arms] for procedure in PROCEDURES.values()) for arms in sets]
    shifts = _shifts(taken) if are_shifted else (0.0,) * len(PROCEDURES)
    hits: dict[tuple[str, int], list[tuple[bool, bool]]] = {}
    for each in taken:
        for procedure, (one, other) in zip(PROCEDURES, tested(generator, each, _TESTED, shifts), strict=True):
            for k in (3, 5, 10):
                found = decided((one[:k], other[:k]))
                hits.setdefault((procedure, k), []).append((found.low > 0, found.high < 0))
    for place, procedure in enumerate(PROCEDURES):
        for k in (3, 5, 10):
            yield {
                "arms": name,
                "procedure": procedure,
                "validation": rows,
                "replicates": k,
                "repeats": repeats,
                "helps": percent(one for one, _ in hits[procedure, k]),
                "hurts": percent(other for _, other in hits[procedure, k]),
                "trainings": [round(_mean(taken, place, arm, 2), 2) for arm in range(2)],
            }


def _shifts(taken: list[tuple[list[Taken], ...]]) -> tuple[float, ...]:
    """For each procedure, what makes the second arm as good as the first."""
    levels = [
        [np.concatenate([each[place][arm][0] for each in taken]) for arm in range(2)]
        for place in range(len(PROCEDURES))
    ]
    return tuple(shift_between(one, other) for one, other in levels)


def _mean(taken: list[tuple[list[Taken], ...]], place: int, arm: int, field: int) -> float:
    return float(np.mean([each[place][arm][field] for each in taken]))


def bias(repeats: int) -> Iterator[Row]:
    """Points by which a procedure favours the first of two arms whose best rates are equally good at the end."""
    usual = Learner()
    cases = {f"as at the end; {name}": (usual, Learner(third=third)) for name, third in ORDERS.items()}
    cases |= {
        "the first is faster: 3 points behind after a third, against 15": (Learner(behind=3), Learner(behind=15)),
        "15 % of the first arm's runs collapse after a third": (_LEADS_AND_FAILS, _LEADS),
    }
    for name, learners in cases.items():
        for rows in (50, 200):
            generator = generator_of("bias", name, rows)
            sets = [trained(generator, learners, 10, rows) for _ in range(repeats)]
            for procedure, take in PROCEDURES.items():
                levels = [np.concatenate([take(arms[arm])[0] for arms in sets]) for arm in range(2)]
                shares = [share(own) for own in levels]
                yield {
                    "arms": name,
                    "procedure": procedure,
                    "validation": rows,
                    "repeats": repeats,
                    "bias": round(100 * (shares[0] - shares[1]), 2),
                    "below the best rate": [round(100 * (BEST - own), 2) for own in shares],
                }
