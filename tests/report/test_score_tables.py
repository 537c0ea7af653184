"""The scores of a task as plain rows."""

from __future__ import annotations

from frostformer.report.score_tables import score_tables
from frostformer.results.seeds import summarise
from results.made import numbers, result


def test_a_table_for_each_task_with_its_finding():
    summaries = summarise([result(0.9, {"0.9": 500}), result(0.8, seed=1), numbers(task="energy")])
    xor, energy = score_tables(summaries, {"bit-xor": "It is so.", "energy, regression": "It is not."})
    assert (xor.title, xor.about[0]) == ("bit-xor", "It is so.")
    assert list(xor.head[:5]) == ["Arm", "Seeds", "Test accuracy", "Worst to best seed", "Steps to 90 %"]
    assert xor.rows[0] == [
        "embedded, pretrained, frozen",
        "2",
        "85.0 ± 7.1 %",
        "80.0 to 90.0 %",
        "reached by 1 of 2 only: 500",
        "not reached (0 of 2)",
        "not reached (0 of 2)",
        "not converged (2 unsteady)",
        "1,250 (12.5 %)",
    ]
    assert xor.notes == [
        "Behind ± is the sample standard deviation over the seeds; tables of studies have half of a 95 % interval."
    ]
    assert energy.notes == []
    assert xor.rows[1][:3] == ["majority class (no model)", "", "50.0 %"]
    assert energy.rows[0][2] == "0.500\nmean absolute error 2.00"
    assert {len(row) for table in (xor, energy) for row in table.rows} == {len(xor.head)}
