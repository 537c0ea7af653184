"""Confusion matrices where they fit, and what is said of a task."""

from __future__ import annotations

import pytest

from frostformer.report.tables import MOST_CLASSES, about, matrices, plans
from frostformer.results.seeds import summarise
from results.made import classes, labels, numbers, result


def diagonal(size: int) -> list[list[int]]:
    return [[5 * (i == j) for j in range(size)] for i in range(size)]


def test_a_row_has_counts_shares_and_recall():
    (matrix,) = matrices(summarise([classes([[6, 2], [0, 0]], seed=3)]))
    assert matrix.caption == "embedded, pretrained, frozen, seed 3"
    assert [(row.name, row.cells, row.recall) for row in matrix.rows] == [
        ("0", [(6, 0.75), (2, 0.25)], "75.0 %"),
        ("1", [(0, 0.0), (0, 0.0)], "none"),
    ]
    assert not matrix.is_tall


def test_long_names_stand_upright():
    few, many = ["healthy", "ill"], ["apple", "pear", "plum", "fig", "quince", "medlar", "cherry"]
    for names, tall in ((few, False), (many, True)):
        (matrix,) = matrices(summarise([classes(diagonal(len(names)), names)]))
        assert [row.name for row in matrix.rows] == names
        assert matrix.is_tall == tall


@pytest.mark.parametrize(("size", "shown"), [(1, 0), (2, 1), (3, 1), (MOST_CLASSES, 1), (MOST_CLASSES + 1, 0)])
def test_a_matrix_must_fit(size, shown):
    assert len(matrices(summarise([classes(diagonal(size))]))) == shown


def test_a_matrix_of_many_classes_is_not_shown():
    made = classes(diagonal(2))
    made.metrics["test"]["confusion"] = {"true": [0, 1], "answer": [0, 1], "count": [5, 5]}
    assert matrices(summarise([made])) == []


def test_every_arm_has_its_own():
    made = [classes(diagonal(2), weights=w, seed=s) for w in ("pretrained", "random") for s in (0, 1)]
    assert [matrix.caption.split(", ", 1)[1] for matrix in matrices(summarise(made))] == [
        "pretrained, frozen, seed 0",
        "random, frozen, seed 0",
    ]


def test_plain_accuracy_is_not_explained():
    assert about(summarise([result()])) == (
        "Task version 1; sequences: train endless, validation 1,234, test 567. Source: drawn by hand. "
        "Some were left out."
    )


def test_sentences_of_a_task_end_with_a_full_stop():
    made = result()
    made.task.update(source="", note="no tree is cut")
    assert about(summarise([made])).endswith("test 567. No tree is cut.")


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (classes(diagonal(2)), ["Accuracy: the share", "Balanced accuracy: the", "chosen by balanced accuracy."]),
        (labels(), ["Accuracy: the share", "All labels right: the share"]),
        (numbers(), ["R²: 1 where", "Mean absolute error: how far", "The step is chosen by R²."]),
    ],
)
def test_other_scores_are_explained(made, words):
    text = about(summarise([made]))
    assert [word for word in words if word not in text] == []


def test_equal_plans_have_one_table():
    made = [result(), result(weights="random")]
    assert [owner for owner, _ in plans(summarise(made))] == ["every arm"]
    made[0].groups[0]["tensors"] = 3
    assert [owner for owner, _ in plans(summarise(made))] == [
        "bit-xor: embedded, pretrained, frozen",
        "bit-xor: embedded, random, frozen",
    ]
