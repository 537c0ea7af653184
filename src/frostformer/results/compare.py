"""Says in sentences how the arms of one task compare, and where the numbers cannot tell. It imports no torch."""

from __future__ import annotations

import math

from frostformer.results.arms import fingerprint_of_data
from frostformer.results.seeds import Summary

_MOST_NAMED = 4  # arms in a sentence; the tables have them all


def compare(summaries: list[Summary]) -> str:
    """In sentences, the test scores of one task's arms and whether their seeds can tell them apart."""
    names = dict(zip((s.arm for s in summaries), short_labels([s.arm for s in summaries]), strict=True))
    best, *others = sorted(summaries, key=lambda summary: -summary.mean)
    scores = listed([f"{names[s.arm]} {_numbers(s)}" for s in (best, *others)])
    sentences = [f"Test {best.metric.label}: {scores}.", *_missing(summaries, names), *_diverged(summaries, names)]
    if len({fingerprint_of_data(summary.results[0]) for summary in summaries}) > 1:
        sentences.append("Not all of them are known to be of the same data: which is better cannot be told.")
    else:
        sentences += [*_told_apart(best, others, names), *_beaten_by_a_rule(summaries, names)]
    return " ".join(sentences)


def _missing(summaries: list[Summary], names: dict[str, str]) -> list[str]:
    """Which arms have runs that diverged: these are always named, never left out."""
    runs = [
        f"{s.without_score} run{'' if s.without_score == 1 else 's'} of {names[s.arm]}"
        for s in summaries
        if s.without_score
    ]
    if not runs:
        return []
    return [f"Without a score, because it is not a finite number: {listed(runs)}; such a run counts as the worst."]


def _diverged(summaries: list[Summary], names: dict[str, str]) -> list[str]:
    """Which arms have runs that diverged, and what is counted for these."""
    runs = [f"{s.diverged} of the {s.runs} runs of {names[s.arm]}" for s in summaries if s.diverged]
    if not runs:
        return []
    return [
        f"Training diverged in {listed(runs)}: such a run ended there, and counts with the score of the tensors of its "
        "best evaluation before, or of its start."
    ]


def _told_apart(best: Summary, others: list[Summary], names: dict[str, str]) -> list[str]:
    """Which arms lie below the best in every seed, which overlap with it, and where one seed says nothing."""
    if not others:
        return ["There is no other arm to compare it with."]
    single = [names[s.arm] for s in others if 1 in (s.runs, best.runs)]
    overlapping = [names[s.arm] for s in others if names[s.arm] not in single and best.overlaps(s)]
    apart = [names[s.arm] for s in others if names[s.arm] not in (*single, *overlapping)]
    sentences = []
    if apart:
        sentences.append(f"Every seed of {names[best.arm]} scored above every seed of {listed(apart)}.")
    if overlapping:
        sentences.append(
            f"The seeds of {names[best.arm]} overlap in range with those of {listed(overlapping)}: "
            "which is better cannot be told from these runs."
        )
    if single:
        sentences.append(
            f"For {names[best.arm]} against {listed(single)} there is an arm with one seed only: "
            "a difference cannot be told from chance."
        )
    return sentences


def _beaten_by_a_rule(summaries: list[Summary], names: dict[str, str]) -> list[str]:
    """Arms that score no better than the best rule without a model."""
    head = summaries[0]
    rule, level = max(head.results[0].task["trivial"].items(), key=lambda item: item[1], default=("", -math.inf))
    beaten = [names[s.arm] for s in summaries if s.mean <= level]
    return (
        [f"No better than the rule “{rule}” ({head.metric.text(level)}): {listed(beaten)}."] if rule and beaten else []
    )


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
