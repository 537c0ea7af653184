"""The tables of the page beside the scores: what trains, right and wrong answers by class. It imports no torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from frostformer.results.metrics import METRICS, also, headline, scoring
from frostformer.results.seeds import Summary

MOST_CLASSES = 12  # of a confusion matrix that a page can show


@dataclass(frozen=True)
class Row:
    """One true class of a confusion matrix."""

    name: str

    cells: list[tuple[int, float]]
    """For each answered class, how often it was answered, and its share of the row, 0 to 1."""

    recall: str


@dataclass(frozen=True)
class Matrix:
    """The test answers of one run by class."""

    caption: str
    rows: list[Row]

    @property
    def is_tall(self) -> bool:
        """Whether the names of the columns must stand upright to find room."""
        return len(self.rows) * max(len(row.name) for row in self.rows) > 40


def about(summaries: list[Summary]) -> str:
    """Version, splits, source and note of a task, and what its scores mean where that is not plain accuracy."""
    result = summaries[0].results[0]
    task = result.task
    splits = [f"{name} {'endless' if n is None else f'{n:,}'}" for name, n in task["splits"].items()]
    sentences = [f"Task version {task['version']}; sequences: {', '.join(splits)}."]
    sentences += [f"Source: {task['source']}."] if task["source"] else []
    sentences += [f"{_capital(task['note']).rstrip('.')}."] if task["note"] else []
    names = [name for name in dict.fromkeys([headline(result), *also(result)]) if name != "marked_accuracy"]
    if len(names) > 1:
        sentences += [f"{_capital(METRICS[name].label)}: {METRICS[name].meaning}." for name in names]
    chosen = dict.fromkeys(summary.validation_metric.label for summary in summaries)
    if list(chosen) != ["accuracy"]:
        sentences.append(f"The step is chosen by {' or '.join(chosen)}.")
    return " ".join(sentences)


def plans(summaries: list[Summary]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Every different table of parameter groups once, with the names of its arms."""
    owners_of: dict[str, list[str]] = {}
    for summary in summaries:
        owners_of.setdefault(json.dumps(summary.results[0].groups), []).append(f"{summary.task}: {summary.arm}")
    return [
        ("every arm" if 1 < len(owners) == len(summaries) else "; ".join(owners), json.loads(rows))
        for rows, owners in owners_of.items()
    ]


def matrices(summaries: list[Summary]) -> list[Matrix]:
    """The confusion matrix of each arm's first seed, where there are classes, but not too many for a table."""
    found = []
    for summary in summaries:
        result = summary.results[0]
        test, scored = result.metrics["test"], scoring(result)
        table, recall = test.get("confusion"), test.get("recall")
        if not isinstance(table, list) or not 2 <= len(table) <= MOST_CLASSES or recall is None:
            continue
        names = scored["names"] or range(len(table))
        rows = [_row(*row) for row in zip(map(str, names), table, recall, strict=True)]
        found.append(Matrix(f"{summary.arm}, seed {result.config['seed']}", rows))
    return found


def _row(name: str, counts: list[int], recall: float | None) -> Row:
    whole = sum(counts) or 1
    text = "none" if recall is None else METRICS["recall"].text(recall)
    return Row(name, [(count, count / whole) for count in counts], text)


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
