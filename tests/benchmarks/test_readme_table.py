"""README's table of the paper's arms is that of the committed runs."""

from __future__ import annotations

from pathlib import Path

from benchmarks.readme import BEGIN, END, README, RESULTS, paper_table, with_table

ROOT = Path(__file__).parents[2]


def test_the_table_in_the_readme_is_that_of_the_results():
    text = (ROOT / README).read_text("utf-8")
    assert with_table(text, paper_table(ROOT / RESULTS)) == text, "run `python -m benchmarks.readme`"


def test_nothing_around_the_table_changes():
    assert with_table(f"before\n{BEGIN}old\n{END}after\n", "new\n") == f"before\n{BEGIN}new\n{END}after\n"


def test_without_runs_no_arm_has_a_row(tmp_path):
    assert len(paper_table(tmp_path).splitlines()) == 3
