"""The table of a study: what we measured beside what was published. It imports no torch."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from statistics import mean
from types import MappingProxyType

from frostformer.report.table import RAISED, Table
from frostformer.results.attention import share_text
from frostformer.results.comparisons import Comparison
from frostformer.results.convergence import convergence_text, speedup_text
from frostformer.results.interval import half_width
from frostformer.results.metrics import METRICS, headline
from frostformer.results.result import Result
from frostformer.studies.answers import NOT_MEASURED, Answer
from frostformer.studies.plan_file import Plan
from frostformer.studies.published import PAPER, TRUST, Published, published
from frostformer.studies.study import Shows
from frostformer.words import counted

_NUMBERS, _LETTERS = RAISED[:9], RAISED[9:]
_MARKS = dict(zip(TRUST, _LETTERS, strict=True))
_INTERVAL = "95 % interval of the mean by Student's t over the seeds"
Comparisons = Mapping[tuple[str, str], Comparison | str]
_OURS: dict[Shows, str] = {
    "score": f"Each cell has our mean test score in percent, ± half of the {_INTERVAL}.",
    "steps": "Each cell has the step at which our runs had converged: mean ± standard deviation over the seeds.",
    "fit": f"Each cell has our mean scores on test and on training sequences in percent, ± half of the {_INTERVAL}.",
    "attention": "Each cell has the share of attention that output positions give to the positions which their answers "
    "are made of: mean over blocks and seeds ± standard deviation over the seeds. In brackets is the share if all "
    f"positions that may be seen had equal parts. Below stands the mean test score in percent, ± half of the "
    f"{_INTERVAL}.",
}

_BELOW = {
    r"\npaper ": "“Paper” is the number of Lu et al. 2021.",
    r"\npaper [^\n]*\([+-]": "In brackets stands how far ours is from it. That is left out where the task is smaller "
    "than theirs, where a mark says that the number is of another model or set-up or from memory, and where an arm "
    "begins with random weights as they are drawn today.",
    r"\nrebuttal ": "“Rebuttal” is the number of Rothermel et al. 2021, who tuned the learning rate of every arm.",
    r"too near to": "Where the best validation score of a run is at most three points above what needs no model, the "
    "best such rule or guessing, one point is too large a part of that rise to say when the run converged.",
    r"\nno model ": "“No model” is the best score of a rule that needs no model.",
}
"""Pattern of a line in a cell -> what it is."""


def study_table(
    plan: Plan, found: Sequence[Answer], against: Comparisons = MappingProxyType({}), *, told: bool = False
) -> Table:
    """Rows are arms, columns are tasks; a cell that is not measured says so.

    Args:
        plan: of the study.
        found: its cells, as `studies.answers` gives them.
        against: (row, column) -> the arm compared with the study's reference arm, or why they cannot be compared.
        told: whether a table before has said what the scale changes.
    """
    cells = {(answer.asked.row, answer.asked.column): answer for answer in found}
    rows, columns = (list(dict.fromkeys(names)) for names in zip(*cells, strict=True))
    reasons = _reasons(found, against)
    body = [
        [row, *(_cell(plan, cells.get((row, column)), reasons, against.get((row, column))) for column in columns)]
        for row in rows
    ]
    if plan.shows == "steps":
        body += _speedups(plan, cells, rows, columns)
    return Table(
        title=f"{plan.question} (learning rates tuned)" if plan.name != plan.study else plan.question,
        about=[
            f"Scale “{plan.scale}”, as above." if told else f"Scale “{plan.scale}”: {plan.changes}",
            _explained(plan, found, body),
        ],
        head=["Arm", *(_head(column, found) for column in columns)],
        rows=body,
        notes=[f"{mark} {reason}" for reason, mark in reasons.items()] + _trust(body),
        command=plan.command,
    )


def _reasons(found: Sequence[Answer], against: Comparisons) -> dict[str, str]:
    """Why cells have no number, or no comparison -> the mark of a footnote; very many reasons share the last one."""
    reasons = dict.fromkeys(one.missing for one in found if one.missing not in ("", NOT_MEASURED))
    reasons |= dict.fromkeys(why for why in against.values() if isinstance(why, str))
    return {reason: _NUMBERS[min(number, len(_NUMBERS) - 1)] for number, reason in enumerate(reasons)}


def _head(column: str, found: Sequence[Answer]) -> str:
    """The task, and how it is smaller than the paper's."""
    smaller = next((one.asked.smaller for one in found if one.asked.column == column and one.asked.smaller), "")
    return f"{column}\n({smaller})" if smaller else column


def _explained(plan: Plan, found: Sequence[Answer], body: Sequence[Sequence[str]]) -> str:
    seeds = [(len(answer.results), len(answer.asked.runs)) for answer in found]
    whole, begun = sum(0 < there == asked for there, asked in seeds), sum(0 < there < asked for there, asked in seeds)
    more = f", and {begun} in part" if begun else ""
    sentences = [f"Measured so far: {whole} of {len(found)} cells{more}.", _OURS[plan.shows]]
    if plan.tuned:
        sentences.append("Every run chose its learning rate by its validation score.")
    if plan.reference:
        sentences.append(
            f"Where there are enough seeds, each arm is compared with “{plan.reference}”: it is above or below by so "
            "many points, or no difference can be told. In brackets is the 95 % interval of the difference. It counts "
            "seeds, test and training sequences, and is corrected for all comparisons of this table, those to come "
            "included."
        )
    if plan.shows == "steps":
        sentences.append(
            "Scores are known at evaluations only, so a step may be too large by the distance to the evaluation "
            "before. The last rows have the other arm's steps over those of the first arm, to the level that both "
            "reach: the geometric mean over the seeds, and in brackets how low and how high it may be with any one "
            "of them, given that distance."
        )
    shown = "\n".join(cell for row in body for cell in row)
    sentences += [sentence for pattern, sentence in _BELOW.items() if re.search(pattern, shown)]
    return " ".join(sentences)


def _cell(plan: Plan, answer: Answer | None, reasons: Mapping[str, str], against: Comparison | str | None) -> str:
    if answer is None:
        return ""
    mark = reasons.get(answer.missing, "")
    if answer.results:
        first, *rest = _LINES[plan.shows](plan, answer)
        return "\n".join([first + mark, *_compared(against, reasons), *rest])
    parts = ("", ", test", ", train") if plan.shows == "fit" else ("",)
    return "\n".join([NOT_MEASURED + mark, *(line for part in parts for line in _published(plan, answer, None, part))])


def _compared(against: Comparison | str | None, reasons: Mapping[str, str]) -> list[str]:
    """Such as `above by 6.3 (2.1 to 10.5)`."""
    if against is None:
        return []
    if isinstance(against, str):
        return [f"not compared{reasons[against]}"]
    value, low, high = against.size
    if against.answer == "cannot be told apart":
        return [f"no difference told ({100 * low:+z.1f} to {100 * high:+z.1f})"]
    return [f"{against.answer} by {100 * value:.1f} ({100 * low:.1f} to {100 * high:.1f})"]


def _score(plan: Plan, answer: Answer) -> list[str]:
    scores = finite_scores(answer.results, "test")
    return [mean_text(scores), _seeds(answer), *_published(plan, answer, scores), *_trivial(answer.results)]


def _steps(plan: Plan, answer: Answer) -> list[str]:
    return [convergence_text(answer.results), *_published(plan, answer, None)]


def _fit(plan: Plan, answer: Answer) -> list[str]:
    lines = []
    for split in ("test", "train"):
        scores = finite_scores(answer.results, split)
        lines.append(f"{split} {mean_text(scores)}")
        lines += _published(plan, answer, scores, f", {split}")
    return [*lines, _seeds(answer), *_trivial(answer.results)]


def _attention(plan: Plan, answer: Answer) -> list[str]:
    share = share_text(answer.results) or f"attention {NOT_MEASURED}"
    return [
        share,
        f"score {mean_text(finite_scores(answer.results, 'test'))}",
        _seeds(answer),
        *_trivial(answer.results),
    ]


_LINES: dict[Shows, Callable[[Plan, Answer], list[str]]] = {
    "score": _score,
    "steps": _steps,
    "fit": _fit,
    "attention": _attention,
}


def finite_scores(results: Sequence[Result], split: str) -> list[float]:
    """The finite scores of the runs; a run without one is told by `_seeds`."""
    found = [result.metrics.get(split, {}).get(headline(result)) for result in results]
    return [value for value in found if value is not None]


def mean_text(scores: Sequence[float]) -> str:
    """Such as `98.0 ± 0.4`: the mean in percent and half of its 95 % interval, where there are two scores or more."""
    if not scores:
        return NOT_MEASURED
    half = half_width(scores)
    return f"{100 * mean(scores):.1f}" + ("" if half is None else f" ± {100 * half:.1f}")


def _seeds(answer: Answer) -> str:
    """How many runs a cell is of, and what is to be known of them."""
    runs = answer.results
    scored, diverged = len(finite_scores(runs, "test")), sum(result.diverged is not None for result in runs)
    parts = [
        counted(len(runs), "seed"),
        f"{diverged} diverged" if diverged else "",
        f"{len(runs) - scored} without a score" if scored < len(runs) else "",
        f"{len(answer.asked.runs) - len(runs)} {NOT_MEASURED}" if len(runs) < len(answer.asked.runs) else "",
    ]
    return ", ".join(filter(None, parts))


def _published(plan: Plan, answer: Answer, ours: Sequence[float] | None, part: str = "") -> list[str]:
    """Such as `paper 98.0ᵃ (-0.7)`; the difference only to the paper's score of the same arm and an equal task."""
    asked, lines = answer.asked, []
    drawn_today = answer.results[0].config["weights"] == "random" if ours else False  # the paper's were larger
    for source, number in published(plan.study, asked.row, asked.column + part).items():
        text = f"{'paper' if source == PAPER else 'rebuttal'}{part[1:]} {_number(number)}"
        if ours and source == PAPER and number.is_plain and not asked.smaller and not drawn_today:
            text += f" ({100 * mean(ours) - number.value:+.1f})"
        lines.append(text)
    return lines


def _number(number: Published) -> str:
    text = f"{number.value:,.0f}" if number.value >= 1000 else f"{number.value:g}"
    return text + _MARKS[number.trust]


def _trivial(results: Sequence[Result]) -> list[str]:
    level = trivial_text(results[0])
    return [f"no model {level}"] if level else []


def trivial_text(result: Result) -> str:
    """The best score of a rule that needs no model, in percent; empty where the task has none."""
    levels = result.task["trivial"].values()
    return f"{100 * max(levels):.1f}" if levels and METRICS[headline(result)].is_percent else ""


def _speedups(
    plan: Plan, cells: dict[tuple[str, str], Answer], rows: Sequence[str], columns: Sequence[str]
) -> list[list[str]]:
    """For each arm but the first, how many times as fast the first one learned."""
    first, body = rows[0], []
    for row in rows[1:]:
        line = [f"{first}, times as fast as {row}"]
        for column in columns:
            fast, slow = cells.get((first, column)), cells.get((row, column))
            both = fast is not None and slow is not None and fast.results and slow.results
            parts = [speedup_text(fast.results, slow.results) if both and fast and slow else NOT_MEASURED]
            theirs = [published(plan.study, name, column).get(PAPER) for name in (first, row)]
            if theirs[0] and theirs[1]:
                times = f"{theirs[1].value / theirs[0].value:.2g}"
                parts.append("paper equally fast" if times == "1" else f"paper {times} times")
            line.append("\n".join(parts))
        body.append(line)
    return body


def _trust(body: Sequence[Sequence[str]]) -> list[str]:
    """What the marks of the published numbers mean, of those that occur."""
    shown = "".join(cell for row in body for cell in row)
    return [f"{mark} {TRUST[trust]}" for trust, mark in _MARKS.items() if mark in shown]
