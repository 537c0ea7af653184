"""Tables as other people write them, from the file to its parts, where nobody would notice a wrong guess."""

import numpy as np
import pytest

from frostformer.data.files.options import FileOptions
from frostformer.errors import InputError
from frostformer.tasks.own_data import look_at


@pytest.fixture
def write(tmp_path):
    """A function: name, head and rows -> path of a CSV file."""

    def make(name: str, head: str, rows: list[tuple]):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join([head, *(",".join(map(str, row)) for row in rows)]) + "\n")
        return path

    return make


def values(count: int) -> list[float]:
    return [round(float(one), 3) for one in np.random.default_rng(count).standard_normal(count)]


def test_the_axis_y_is_no_answer(write):
    each = zip(range(400), values(400), values(401), values(402), strict=False)
    rows = [(time // 200, time, x, y, z, "walk" if time // 20 % 2 else "sit") for time, x, y, z in each]
    look = look_at(write("acc.csv", "user,timestamp,x,y,z,activity", rows), FileOptions(window=20))
    assert look.schema.targets == ("activity",)
    assert look.schema.channels == ("x", "y", "z")


def test_a_split_that_changes_inside_a_sequence_is_refused(write):
    parts = ["train", "validation", "test"]
    rows = [(row // 5, row % 5, x, parts[row % 3], "ab"[row // 5 % 2]) for row, x in enumerate(values(200))]
    with pytest.raises(InputError, match="rows of 'id' 0 have several values of 'split'"):
        look_at(write("split.csv", "id,t,x,split,label", rows), FileOptions())


def test_windows_do_not_cross_the_parts_of_the_file(write):
    parts = ["train"] * 120 + ["validation"] * 40 + ["test"] * 40
    rows = [(t, x, parts[t], "ab"[t // 7 % 2]) for t, x in enumerate(values(200))]
    look = look_at(write("long.csv", "t,x,split,label", rows), FileOptions(window=20, hop=5))
    assert not look.refusals
    assert [case.part for case in look.cases] == ["train"] * 21 + ["validation"] * 5 + ["test"] * 5
    assert "6 windows with rows of several parts of the file" in " ".join(look.left_out)


def test_a_test_file_without_answers_is_not_replaced_by_a_draw(write):
    one = write("one.csv", "a,b,c,label", [(*values(3 + row)[:3], "ab"[row % 2]) for row in range(60)])
    other = write("other.csv", "a,b,c", [tuple(values(5 + row)[:3]) for row in range(20)])
    look = look_at(one, FileOptions(test=str(other)))
    assert any("none of its sequences has a known answer" in one for one in look.refusals)


@pytest.mark.parametrize("nameless", ["row{}", "{}"])
def test_a_column_without_a_name_orders_no_rows(write, nameless):
    for number in range(20):
        rows = [(nameless.format(9 - at), x, "ab"[number % 2]) for at, x in enumerate(values(10 + number)[:10])]
        folder = write(f"folder/{number}.csv", ",x,label", rows).parent
    look = look_at(folder, FileOptions())
    assert not look.refusals
    assert look.cases[0].values[:, -1].tolist() == values(10)


def test_groups_of_which_most_have_one_sequence_are_kept_whole(write):
    names = [f"p{row if row >= 40 else row // 2}" for row in range(1000)]
    rows = [(names[row], *values(3 + row % 7 + row)[:3], "ab"[row % 2]) for row in range(1000)]
    look = look_at(write("patients.csv", "patient,v0,v1,v2,label", rows), FileOptions())
    parts = [{names[row] for row in rows.tolist()} for rows in look.division.rows.values()]
    assert sum(map(len, parts)) == len(set().union(*parts))


def test_arrays_of_groups_are_found_by_their_name_and_have_an_entry_for_each_sequence(tmp_path):
    inputs, labels = np.random.default_rng(0).standard_normal((40, 5, 2)), np.arange(40) % 2
    np.savez(tmp_path / "own.npz", X=inputs, y=labels, subject_id=np.arange(40) // 4)
    look = look_at(tmp_path / "own.npz", FileOptions())
    assert "divided by 'subject_id' (10 of them), none of which is in two parts" in look.division.sentence
    np.savez(tmp_path / "short.npz", X=inputs, y=labels, groups=np.arange(39) // 4)
    with pytest.raises(InputError, match="has 39 entries, wanted one for each of 40 sequences"):
        look_at(tmp_path / "short.npz", FileOptions())
