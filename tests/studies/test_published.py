"""The published numbers: each belongs to a cell of a study, and those that other texts confirm are right."""

import pytest

from frostformer.studies.paper import STUDIES
from frostformer.studies.published import PAPER, REBUTTAL, TRUST, published, tables
from frostformer.studies.scales import LAPTOP
from frostformer.studies.scales import PAPER as PAPER_SCALE
from frostformer.studies.study import Backbones, Model

FULL = Backbones("gpt2", Model("bits"), Model("pictures"), 12, (Model("bert"), Model("t5"), Model("longformer")))


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_every_number_of_the_paper_has_its_cell(study):
    there = {(cell.row, cell.column) for cell in study.make(PAPER_SCALE, FULL)}
    if study.shows == "fit":
        there = {(row, f"{column}, {split}") for row, column in there for split in ("train", "test")}
    assert tables().get(study.name, {}).keys() <= there


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_every_score_is_a_percentage_and_says_how_sure_it_is(study):
    for row, column in tables().get(study.name, {}):
        for number in published(study.name, row, column).values():
            assert number.trust in TRUST
            assert number.value >= 100 if study.shows == "steps" else 0 < number.value <= 100


@pytest.mark.parametrize(
    ("study", "row", "column", "paper", "rebuttal"),
    [
        ("table-2", "pretrained", "cifar10", 68.2, 66.3),  # the paper's and the rebuttal's best known numbers
        ("table-2", "random", "cifar10", 61.7, 61.8),
        ("table-1", "fully trained", "mnist", 99.1, None),
        ("table-13", "+ both", "listops", 35.8, None),
        ("rothermel-2021", "fully trained, pretrained", "cifar10-lra", None, 67.8),
        ("table-6", "random", "bit-xor", 20_000, None),
        ("table-3", "random LSTM", "cifar10", 34.4, None),
    ],
)
def test_known_numbers(study, row, column, paper, rebuttal):
    found = {source: number.value for source, number in published(study, row, column).items()}
    assert found == {source: value for source, value in ((PAPER, paper), (REBUTTAL, rebuttal)) if value is not None}


def test_the_same_arm_has_the_same_number_in_every_table():
    """Table 1 reports its best model on CIFAR-10, the large one; all others the base one."""
    for task in ("bit-memory", "bit-xor", "listops", "mnist", "cifar10-lra", "remote-homology"):
        values = {published(f"table-{n}", "pretrained", task)[PAPER].value for n in (1, 2, 9, 13)}
        assert len(values) == 1


def test_what_nobody_published_is_empty():
    assert published("table-9", "shuffled", "mnist") == {}
    assert published("arms", "pretrained", "bit-xor") == {}


def test_laptop_columns_are_those_of_the_paper():
    for study in STUDIES.values():
        if not study.name.startswith("figure") and study.name not in ("table-8", "table-14", "table-17"):
            laptop = {cell.column for cell in study.make(LAPTOP, FULL)}
            assert laptop <= {cell.column for cell in study.make(PAPER_SCALE, FULL)}
