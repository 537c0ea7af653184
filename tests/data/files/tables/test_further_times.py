"""The rows of a further table are put in the order that its own times show, and doubts are told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from frostformer.data.files.options import FileOptions
from frostformer.data.files.reading import Changed, read_cases, stream
from frostformer.data.files.tables.dates import dates_in, doubt
from frostformer.data.files.tables.separated import open_separated
from frostformer.data.files.unanswered import without_answers

DAYS = ["2021-02-01", "2021-03-04", "2021-04-02", "2021-05-03"]


def table(path, times, ids=2):
    """A file whose values are 0, 1, 2, ... in the order of the times."""
    rows = [f"p{one},{time},{at},{one}" for one in range(ids) for at, time in enumerate(times)]
    path.write_text("\n".join(["id,date,value,label", *rows]) + "\n")
    return path


def further(tmp_path, times, trained=DAYS):
    """The values of the first sequence of a further file, and what is told."""
    schema = read_cases(table(tmp_path / "first.csv", trained), FileOptions()).understood.schema
    assert schema.settings["time"] == "date"
    changed = Changed()
    cases = list(stream(table(tmp_path / "further.csv", times), without_answers(schema), changed))
    return cases[0].values[:, 0].tolist(), changed.doubts


@pytest.mark.parametrize(
    "times",
    [
        ["01.02.2021", "04.03.2021", "02.04.2021", "03.05.2021"],  # with dots the day is first
        ["01/02/2021", "04/03/2021", "02/04/2021", "25/05/2021"],
        ["02/01/2021", "03/04/2021", "04/02/2021", "05/25/2021"],
        ["2021-02-01 23:50", "2021-02-01 23:59", "2021-02-02 00:04", "2021-02-02 00:10"],
    ],
)
def test_each_file_shows_whether_its_dates_begin_with_the_day(tmp_path, times):
    assert further(tmp_path, times) == ([0, 1, 2, 3], [])


def test_dates_that_do_not_show_it_are_told(tmp_path):
    doubtful = ["01/02/2021", "04/03/2021", "02/04/2021", "03/05/2021"]
    values, told = further(tmp_path, doubtful)
    assert values == [0, 2, 3, 1]
    assert told == [
        "dates such as 01/02/2021 in column 'date' are read with the month first, since none shows which is the day: "
        "if that is wrong, write them as 2021-12-31"
    ]
    values, told = further(tmp_path, doubtful, trained=[*doubtful[:3], "25/05/2021"])
    assert values == [0, 1, 2, 3]
    assert "the day first, as in training" in told[0]


def test_of_equal_halves_nothing_is_told(tmp_path):
    assert further(tmp_path, ["01/01/2021", "02/02/2021", "03/03/2021", "04/04/2021"]) == ([0, 1, 2, 3], [])


def test_empty_cells_show_nothing(tmp_path):
    source = open_separated(table(tmp_path / "t.csv", ["", "", "01/02/2021", "25/05/2021"], ids=1))
    (block,) = source.blocks()
    rows = [replace(block, columns={"date": [cell]}) for cell in block.column("date")]
    source.blocks = lambda: iter(rows)  # a block for each row
    assert dates_in(source, "date").days_first is True


def test_doubts_on_a_second_file_with_the_test_are_told(tmp_path):
    test = table(tmp_path / "test.csv", ["01/02/2021", "04/03/2021", "02/04/2021", "03/05/2021"])
    read = read_cases(table(tmp_path / "first.csv", DAYS), FileOptions(test=str(test)))
    assert read.changed == [doubt("01/02/2021", "date", days_first=False)]


def test_a_recording_is_named_once_however_many_windows_it_has(tmp_path):
    clock = ["09:10", "09:20", "09:30", "09:30", "09:40", "09:50"]
    first = table(tmp_path / "first.csv", [*clock[:3], "09:35", *clock[4:]])
    schema = read_cases(first, FileOptions(window=3, hop=1)).understood.schema
    changed = Changed()
    list(stream(table(tmp_path / "further.csv", clock), without_answers(schema), changed))
    assert changed.doubts[0].count("'p0'") == 1


def test_clocks_that_begin_again_and_rows_that_stand_twice_are_told(tmp_path):
    clock = ["09:10", "09:20", "09:30", "09:40"]
    _, told = further(tmp_path, ["23:40", "23:50", "00:00", "00:10"], trained=clock)
    assert "times in column 'date' fall far and rise again" in told[0]
    _, told = further(tmp_path, ["09:10", "09:20", "09:20", "09:40"], trained=clock)
    assert told[0].startswith("the same time stands twice in 'p0' (")
