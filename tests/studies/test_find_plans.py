"""The files of studies are found wherever they lie, in the order of the studies."""

from __future__ import annotations

from frostformer.studies.study import Asked, Plan, find_plans, write_plan


def plan(name: str) -> Plan:
    cells = (Asked("pretrained", "mnist", (("runs/0",),)),)
    return Plan(name, name, "Does it matter?", "laptop", "", "frostformer reproduce", "score", "", False, cells)


def test_plans_are_found_below_with_their_folder(tmp_path):
    made = [plan("table-2"), plan("table-1")]
    for one in made:
        write_plan(tmp_path / "paper", one)
    write_plan(tmp_path / "other", plan("table-9"))
    (tmp_path / "result.json").write_text("{}")
    found, remarks = find_plans([tmp_path], ["table-1", "table-2"])
    other = (tmp_path / "other", plan("table-9"))
    assert found == [other, (tmp_path / "paper", made[1]), (tmp_path / "paper", made[0])]
    assert remarks == []


def test_a_damaged_plan_is_told_and_costs_no_other(tmp_path):
    write_plan(tmp_path, plan("table-1"))
    (tmp_path / "table-2.study.json").write_text("{")
    found, remarks = find_plans([tmp_path], ["table-1", "table-2"])
    assert [one.study for _, one in found] == ["table-1"]
    (remark,) = remarks
    assert f"{tmp_path / 'table-2.study.json'} is not the file of a study" in remark
