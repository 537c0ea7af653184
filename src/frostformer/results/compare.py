"""Says in sentences how the arms of each task compare, and no more than the numbers allow. It imports no torch.

Settings of one arm, such as learning rates, are ranked by validation alone. Arms are compared on test, each with its
one reference arm; everything else is a range from the lowest to the highest seed.
"""

from __future__ import annotations

import math
from itertools import groupby

from frostformer.results.arms import ARM_FIELDS, arm_label, fingerprint_of_data, question
from frostformer.results.comparisons import Comparison, Comparisons, Reference, compare_with_reference, why_not
from frostformer.results.metrics import METRICS, scoring
from frostformer.results.seeds import Summary
from frostformer.words import counted

_MOST_NAMED = 4  # arms in a list; the tables have them all

Names = dict[str, str]  # an arm's whole label -> the short one


def findings(summaries: list[Summary], reference: Reference | None = None) -> dict[str, str]:
    """For each task, in sentences, the test scores of its arms and which of them differ from their reference.

    Args:
        summaries: sorted by task.
        reference: what makes an arm the reference of others; without it no arms are compared.
    """
    found = Comparisons() if reference is None else compare_with_reference(summaries, reference)
    texts = {}
    for task, group in groupby(summaries, lambda summary: summary.task):
        own = list(group)
        names = dict(zip((s.arm for s in own), short_labels([s.arm for s in own]), strict=True))
        scores = listed([f"{names[s.arm]} {_numbers(s)}" for s in own])
        sentences = [f"Test {own[0].metric.label}: {scores}."]
        sentences += [*_missing(own, names), *_diverged(own, names), *_ranked(own, names)]
        if reference is None:
            sentences += _without_reference(own, names)
        else:
            sentences += _compared(task, found, names)
        texts[task] = " ".join([*sentences, *_beaten_by_a_rule(own, names)])
    return texts


def _missing(summaries: list[Summary], names: Names) -> list[str]:
    """Which arms have runs without a finite test score: these are always named, never left out."""
    runs = [f"{counted(s.without_score, 'run')} of {names[s.arm]}" for s in summaries if s.without_score]
    if not runs:
        return []
    return [f"Without a score, because it is not a finite number: {listed(runs)}; such a run counts as the worst."]


def _diverged(summaries: list[Summary], names: Names) -> list[str]:
    """Which arms have runs that diverged, and what is counted for these."""
    runs = [f"{s.diverged} of the {s.runs} runs of {names[s.arm]}" for s in summaries if s.diverged]
    if not runs:
        return []
    return [
        f"Training diverged in {listed(runs)}: such a run ended there, and counts with the score of the tensors of its "
        "best evaluation before, or of its start."
    ]


def _ranked(summaries: list[Summary], names: Names) -> list[str]:
    """The settings of each arm that has several, best first on validation; test would favour what it ranks."""
    groups: dict[object, list[Summary]] = {}
    for summary in summaries:
        head = summary.results[0]  # validation scores of other sequences, or of another metric, have no order
        key = (arm_label(head), fingerprint_of_data(head), question(head)["division"], summary.validation_metric.label)
        groups.setdefault(key, []).append(summary)
    sentences = []
    for group in groups.values():
        if len(group) > 1:
            best_first = sorted(group, key=lambda summary: -summary.validation_mean)
            ranks = listed([f"{names[s.arm]} ({s.validation_text})" for s in best_first])
            label = group[0].validation_metric.label
            sentences.append(f"Settings of one arm are ranked by validation {label} alone, best first: {ranks}.")
    return sentences


def _without_reference(summaries: list[Summary], names: Names) -> list[str]:
    """Why no arms are compared."""
    if len(summaries) == 1:
        return ["There is no other arm to compare it with."]
    if len({arm_label(summary.results[0]) for summary in summaries}) == 1:
        return []  # one arm, whose settings are ranked by validation
    refused = [(summary, reason) for summary in summaries if (reason := why_not(summary))]
    if len(summaries) - len(refused) < 2:
        return _refused(refused, names, are_all=len(refused) == len(summaries))
    asked = [question(summary.results[0]) for summary in summaries]
    name = next((name for name in ARM_FIELDS if len({one[name] for one in asked}) > 1), ARM_FIELDS[0])
    return [
        "Which arm is better is not said, since no reference arm is named: `frostformer report` with, for example, "
        f"`--reference {name}={asked[-1][name]}` compares each arm with the one that differs from it in this alone."
    ]


def _compared(task: str, found: Comparisons, names: Names) -> list[str]:
    """What may be said of the task's arms, each against its reference, and which were not compared."""
    made = [one for one in found.made if one.arm.task == task]
    count = len(found.made)
    corrected = f", corrected for {count} comparisons" if count > 1 else ""
    sentences = []
    for reference in dict.fromkeys(one.reference.arm for one in made):
        own = [one for one in made if one.reference.arm == reference]
        is_error = scoring(own[0].arm.results[0])["kind"] == "regression"
        by = "mean absolute error, where above means a smaller one" if is_error else "accuracy"
        how = f"Compared with {names[reference]} on test by {by}, under this budget (95 % intervals{corrected})"
        sentences.append(f"{how}: {'; '.join(_answer(one, names, is_error) for one in own)}.")
    refused = [(arm, reason) for arm, reason in found.refused if arm.task == task]
    return sentences + _refused(refused, names, are_all=not made)


def _answer(one: Comparison, names: Names, is_error: bool) -> str:
    value, low, high = one.size
    name, unit = names[one.arm.arm], "" if is_error else " points"
    if one.answer == "cannot be told apart":
        return f"{name} cannot be told apart from it ({_size(low, is_error)} to {_size(high, is_error)}{unit})"
    ends = f"{_size(low, is_error)} to {_size(high, is_error)}"
    return f"{name} is {one.answer} it by {_size(value, is_error)}{unit} ({ends})"


def _size(value: float, is_error: bool) -> str:
    return METRICS["mae"].text(value) if is_error else f"{100 * value:z.1f}"


def _refused(refused: list[tuple[Summary, str]], names: Names, are_all: bool) -> list[str]:
    """One sentence: the arms that are not compared, by reason; `are_all` of the task that could be."""
    by_reason: dict[str, list[str]] = {}
    for summary, reason in refused:
        by_reason.setdefault(reason, []).append(names[summary.arm])
    if not by_reason:
        return []
    if are_all and len(by_reason) == 1:
        return [f"No arm is compared with another ({next(iter(by_reason))})."]
    return [f"Not compared: {'; '.join(f'{listed(arms)} ({reason})' for reason, arms in by_reason.items())}."]


def _beaten_by_a_rule(summaries: list[Summary], names: Names) -> list[str]:
    """Arms whose mean lies no higher than the best rule without a model."""
    head = summaries[0]
    rule, level = max(head.results[0].task["trivial"].items(), key=lambda item: item[1], default=("", -math.inf))
    beaten = [names[s.arm] for s in summaries if s.mean <= level]
    if not rule or not beaten:
        return []
    return [f"Mean test score no higher than that of the rule “{rule}” ({head.metric.text(level)}): {listed(beaten)}."]


def short_labels(labels: list[str]) -> list[str]:
    """The labels without the parts that all of them share: `pretrained` and `random`."""
    parts = [label.split(", ") for label in labels]
    shared = set.intersection(*map(set, parts))
    return [
        ", ".join(part for part in own if part not in shared) or label for own, label in zip(parts, labels, strict=True)
    ]


def listed(names: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`, with commas in the names `a; b and c`; of many names only the first few."""
    if len(names) > _MOST_NAMED:
        names = [*names[: _MOST_NAMED - 1], f"{len(names) - _MOST_NAMED + 1} more"]
    comma = "; " if any("," in name for name in names) else ", "
    return " and ".join([comma.join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def _numbers(summary: Summary) -> str:
    scores = summary.finite_scores
    if not scores or summary.runs == 1:
        return f"{summary.score_text} ({'one seed' if summary.runs == 1 else f'{summary.runs} seeds'})"
    seeds = f"{len(scores)} of {summary.runs} seeds" if summary.without_score else f"{summary.runs} seeds"
    return f"{summary.metric.mean_text(scores)} ({seeds}, {summary.range_text})"
