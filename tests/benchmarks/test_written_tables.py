"""The tables that are written into documents are those of the committed results."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import readme, verdict_table
from benchmarks.markdown import table, with_table
from benchmarks.simulate import page

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("written", [readme, page, verdict_table], ids=lambda module: module.__name__)
def test_what_is_written_is_what_the_results_say(written, monkeypatch):
    document = ROOT / (readme.README if written is readme else page.PAGE)
    before = document.read_text("utf-8")
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(written, "write_whole", lambda path, content: found.append(content.decode()))
    found: list[str] = []
    written.main()
    assert found == [before], f"run `python -m {written.__name__}`"


def test_nothing_around_the_table_changes():
    begin, end = "<!-- a: begin -->\n", "<!-- a: end -->\n"
    made = table(["name", "score"], [["one", "5"]])
    assert made == "| name | score |\n| --- | ---: |\n| one | 5 |\n"
    assert with_table(f"before\n{begin}old\n{end}after\n", "a", made) == f"before\n{begin}{made}{end}after\n"


def test_a_number_of_the_paper_comes_from_any_study_that_has_it():
    assert "paper 68.2" in readme.paper_table(readme.RESULTS)  # table 1 has that of a larger model


def test_a_smaller_task_has_its_size_in_the_head_also_if_another_table_does_not_ask_for_it():
    head = readme.paper_table(readme.RESULTS).splitlines()[0]
    for task in ("bit-memory", "listops", "cifar10-lra", "remote-homology"):
        assert f"| {task} (" in head


def test_without_runs_no_arm_has_a_row(tmp_path):
    assert len(readme.paper_table(tmp_path).splitlines()) == 3
    assert len(verdict_table.verdict_table(tmp_path).splitlines()) == 2
