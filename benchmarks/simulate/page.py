"""`python -m benchmarks.simulate.page`: writes the tables of docs/verdict.md from results/verdicts/simulations."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from benchmarks.markdown import table, with_table
from benchmarks.simulate.rates import PROCEDURES
from frostformer.files import write_whole

PAGE = Path("docs/verdict.md")
RESULTS = Path("results/verdicts/simulations")
REPLICATES = (3, 5, 10)

Row = dict[str, Any]


def main() -> None:
    """Writes them between their marks, such as `<!-- power: begin -->` and `<!-- power: end -->`."""
    text = PAGE.read_text("utf-8")
    for name, make in TABLES.items():
        rows = json.loads((RESULTS / f"{name.split('-')[0]}.json").read_text("utf-8"))["rows"]
        text = with_table(text, name, make(rows))
    write_whole(PAGE, text.encode())


def _equal_arms(rows: list[Row]) -> str:
    sizes = _in_order(row["tested"] for row in rows)
    head = ["equal arms", *(f"{n:,} tested" if n == sizes[0] else f"{n:,}" for n in sizes)]
    lines = [
        [arms, *(_by_replicates(rows, "helps", arms=arms, tested=n) for n in sizes)] for arms in _names(rows, "arms")
    ]
    return table(head, lines)


def _usual_tests(rows: list[Row]) -> str:
    kinds = {"helps": "the rule", "t over runs": "t-test of the scores of runs", "one run": "McNemar, one run each"}
    lines = [
        [arms, *(_by_replicates(rows, kind, arms=arms, tested=1000) for kind in kinds)] for arms in _names(rows, "arms")
    ]
    return table(["equal arms, 1,000 tested", *kinds.values()], lines)


def _margin(rows: list[Row]) -> str:
    lines = []
    for n in _in_order(row["tested"] for row in rows):
        known = [row for row in rows if row["tested"] == n and row["false does not help"] is not None]
        worst = max(known, key=lambda row: float(row["false does not help"]))
        where = f"{worst['arms']}, {worst['replicates']} replicates"
        lines.append([f"{n:,}", f"{worst['false does not help']:.1f}", where])
    return table(["tested", "false *does not help*, worst", "where"], lines)


def _power(rows: list[Row]) -> str:
    gains = _in_order(row["gain"] for row in rows)
    lines = []
    for seeds, n, k in _in_order((row["seeds"], row["tested"], row["replicates"]) for row in rows):
        if seeds == 0.015 or k == 5:
            found = [_one(rows, seeds=seeds, tested=n, replicates=k, gain=gain) for gain in gains]
            cells = [f"{row['helps']:.0f} / {row['does not help']:.0f}" for row in found]
            lines.append([f"{100 * seeds:.1f}", f"{n:,}", str(k), *cells])
    heads = [f"gain of {100 * gain:.0f}" if gain == gains[0] else f"{100 * gain:.0f}" for gain in gains]
    return table(["deviation of seeds, points", "tested", "replicates", *heads], lines)


def _readings(rows: list[Row]) -> str:
    lines = [
        [row["arms"], f"{row['tested']:,}", f"{row['not lowered']:.1f}", f"{row['a third each time']:.1f}"]
        for row in rows
    ]
    return table(["equal arms", "tested", "2.5 % each time", "**a third each time**"], lines)


def _rivals(rows: list[Row]) -> str:
    lines = []
    for row in rows:
        if row["gain"] == 0:
            better = _one(rows, **{key: row[key] for key in (_GAPS, "tested", "validation")}, gain=0.05)
            ways = ("beats the best on validation", "beats every one")
            cells = [f"{row[way]:.1f} (power {better[way]:.0f})" for way in ways]
            gaps = ", ".join(f"{gap}" for gap in row[_GAPS])
            lines.append([gaps, f"{row['tested']:,}", f"{row['validation']}", *cells])
    return table(
        ["rivals, points below the best", "tested", "validation", "the best on validation", "**every one**"], lines
    )


_GAPS = "points below the best"


def _folds(rows: list[Row]) -> str:
    lines = []
    for n, parts, k in _in_order((row["sequences"], row["folds"], row["replicates"]) for row in rows):
        own = [row for row in rows if (row["sequences"], row["folds"], row["replicates"]) == (n, parts, k)]
        cells = [
            f"{_one(own, gain=gain, **{'effect of training rows': share})['helps']:.1f}"
            for gain in (0.0, 0.1)
            for share in (0.0, 1.0)
        ]
        lines.append([f"{n}", f"{parts}", f"{k}", *cells])
    heads = ["equal arms", "training rows matter", "gain of 10 points", "training rows matter"]
    return table(["sequences", "folds", "replicates", *heads], lines)


def _tuned_once(rows: list[Row]) -> str:
    ways = [key for key in rows[0] if key not in ("validation", "tested", "replicates", "repeats")]
    lines = [[f"{row['validation']:,}", *(f"{row[way]:.1f}" for way in ways)] for row in rows]
    return table(["validation", *ways], lines)


def _by_procedure(rows: list[Row], head: str, cell: Callable[..., str]) -> str:
    lines = []
    for arms, rows_seen in _in_order((row["arms"], row["validation"]) for row in rows):
        cells = [cell(rows, arms=arms, validation=rows_seen, procedure=procedure) for procedure in PROCEDURES]
        lines.append([arms.removeprefix("both: "), f"{rows_seen}", *cells])
    return table([head, "validation", *PROCEDURES], lines)


def _choice_of_rate(rows: list[Row]) -> str:
    head = "rates after a third"
    return _by_procedure(rows, head, lambda rows, **key: _by_replicates(rows, ("helps", "hurts"), **key))


def _failing_runs(rows: list[Row]) -> str:
    def cell(rows: list[Row], **key: Any) -> str:
        return " and ".join(_by_replicates(rows, side, **key) for side in ("helps", "hurts"))

    return _by_procedure(rows, "arms", cell)


def _bias(rows: list[Row]) -> str:
    return _by_procedure(rows, "first arm; second arm", lambda rows, **key: f"{_one(rows, **key)['bias']:+z.1f}")


def _by_replicates(rows: list[Row], kind: str | tuple[str, ...], **key: Any) -> str:
    """Such as `2.0 / 2.1 / 2.6`; of several kinds the mean."""
    kinds = (kind,) if isinstance(kind, str) else kind
    found = [_one(rows, replicates=k, **key) for k in REPLICATES]
    return " / ".join(f"{sum(row[one] for one in kinds) / len(kinds):.1f}" for row in found)


def _one(rows: list[Row], **key: Any) -> Row:
    [row] = [row for row in rows if all(row[name] == value for name, value in key.items())]
    return row


def _names(rows: list[Row], key: str) -> list[str]:
    return _in_order(row[key] for row in rows)


def _in_order(values: Iterable[Any]) -> list[Any]:
    """Each value once."""
    return list(dict.fromkeys(values))


TABLES: dict[str, Callable[[list[Row]], str]] = {
    "equal_arms": _equal_arms,
    "equal_arms-usual": _usual_tests,
    "equal_arms-margin": _margin,
    "power": _power,
    "readings": _readings,
    "rivals": _rivals,
    "folds": _folds,
    "tuned_once": _tuned_once,
    "choice_of_rate": _choice_of_rate,
    "failing_runs": _failing_runs,
    "bias": _bias,
}
"""Name of the marks, up to a hyphen that of the file -> the table in Markdown."""

if __name__ == "__main__":
    main()
