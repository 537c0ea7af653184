"""The files of studies are found wherever they lie, in the order of the studies."""

from __future__ import annotations

from dataclasses import replace

from frostformer.studies.plan_file import Asked, Plan, find_plans, write_plan


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
    other, paper = (tmp_path / "other",), (tmp_path / "paper",)
    assert found == [(other, plan("table-9")), (paper, made[1]), (paper, made[0])]
    assert remarks == []


def test_a_damaged_plan_is_told_and_costs_no_other(tmp_path):
    write_plan(tmp_path, plan("table-1"))
    (tmp_path / "table-2.study.json").write_text("{")
    found, remarks = find_plans([tmp_path], ["table-1", "table-2"])
    assert [one.study for _, one in found] == ["table-1"]
    (remark,) = remarks
    assert f"{tmp_path / 'table-2.study.json'} is not the file of a study" in remark


def test_parts_of_one_plan_are_joined(tmp_path):
    for folder, part in (("a", "1/2"), ("b", "2/2")):
        write_plan(tmp_path / folder, replace(plan("table-1"), part=part, command=f"... --part {part}"))
    write_plan(tmp_path / "c", plan("table-1"))  # another reproduction, of its own
    write_plan(tmp_path / "d", replace(plan("table-1"), part="1/2", scale="smoke"))
    found, _ = find_plans([tmp_path], ["table-1"])
    places = [[folder.name for folder in places] for places, _ in found]
    assert places == [["a", "b"], ["c"], ["d"]]
