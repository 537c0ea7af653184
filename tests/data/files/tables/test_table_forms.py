"""Which column is what, and what makes a sequence: guesses, options, and sentences where nothing can be guessed."""

import json
import random

import numpy as np
import pytest

from frostformer.data.files.formats import format_of
from frostformer.errors import InputError
from reading_files import ODD, read, read_with, written

random.seed(1)


def table(header: str, *lines: str) -> str:
    return "\n".join([header, *lines]) + "\n"


def recording(count: int = 60, time: str = "t") -> str:
    lines = [f"{at},{at % 7}.5,{at % 5}.25,{'walk' if at < 30 else 'sit'}" for at in range(count)]
    return table(f"{time},ax,ay,activity", *lines)


def test_lists_in_a_cell(tmp_path):
    for one in ("1 2 3.5", "[1, 2, 3.5]", "1;2;3.5", "(1 2 3.5)", "[1 2 3.5]"):
        content = table("series,label", *[f'"{one}",{"ab"[at % 2]}' for at in range(4)])
        found = read(written(tmp_path, "a.csv", content))
        assert found.first() == [1, 2, 3.5]


def test_lists_in_a_cell_with_several_channels(tmp_path):
    content = table("series,label", *[f'"[[1, 2], [3, null], [{at}, 0]]",{"ab"[at % 2]}' for at in range(4)])
    found = read(written(tmp_path, "a.csv", content))
    assert found.cases[0].values.shape == (3, 2)
    assert found.missing == 4


def test_lists_of_two_columns_are_channels(tmp_path):
    content = table("x,y2,label", *[f"1 2 {at},4 5 6,{'ab'[at % 2]}" for at in range(4)])
    found = read(written(tmp_path, "a.csv", content), sequence="x,y2")
    assert found.cases[0].values.tolist() == [[1, 4], [2, 5], [0, 6]]
    assert found.understood.schema.channels == ("x", "y2")


def test_lists_as_tokens(tmp_path):
    content = table("seq,label", *[f"3 17 {at},{'ab'[at % 2]}" for at in range(4)])
    assert read(written(tmp_path, "a.csv", content), kind="tokens").cases[0].values.tolist() == ["3", "17", "0"]


def test_channels_in_numbered_columns(tmp_path):
    content = table(
        "acc_x_0,acc_x_1,gyr_0,gyr_1,label", *[f"1.{at},2.{at},3.{at},{at},{'ab'[at % 2]}" for at in range(4)]
    )
    found = read(written(tmp_path, "a.csv", content))
    assert found.understood.schema.channels == ("acc_x", "gyr")
    assert found.cases[0].values.tolist() == [[1, 3], [2, 0]]


def test_a_word_in_each_column(tmp_path):
    content = "\n".join(",".join([*random.choices("abc", k=5), "pe"[at % 2]]) for at in range(20))
    found = read(written(tmp_path, "a.data", content), target="last")
    assert found.understood.schema.kind == "tokens"
    assert found.lengths == [5] * 20


def test_a_text_and_a_number_is_regression(tmp_path):
    found = read(written(tmp_path, "a.csv", table("smiles,logS", *[f"{'C' * at}O,-{at}.5" for at in range(1, 7)])))
    assert found.understood.schema.targets == ("logS",)
    assert found.cases[0].target == ("-1.5",)


def test_targets_with_a_decimal_comma_are_spelt_with_a_point(tmp_path):
    content = table("v0;v1;y", *[f"{at},5;1,25;{at},75" for at in range(6)])
    assert read(written(tmp_path, "a.csv", content), target="y").cases[1].target == ("1.75",)


def test_a_split_column(tmp_path):
    lines = [f"0.{at},1.5,2.5,{['Train', 'val', 'TEST', ''][at % 4]},{'ab'[at % 2]}" for at in range(8)]
    found = read(written(tmp_path, "a.csv", table("v0,v1,v2,fold,label", *lines)), split="fold")
    assert [case.part for case in found.cases[:4]] == ["train", "validation", "test", None]
    bad = written(tmp_path, "b.csv", table("v0,v1,v2,split,label", *lines).replace("TEST", "later"))
    assert "column 'split' has 'later': write train, validation or test" in read(bad, split="split").unreadable[0]


@pytest.mark.parametrize(
    ("said", "columns"),
    [("2-4", ("v1", "v2", "v3")), ("v3,v0", ("v3", "v0")), ("1,last", ("v0", "v3")), ("V1", ("v1",))],
)
def test_columns_are_named_in_many_ways(tmp_path, said, columns):
    content = table("v0,v1,v2,label,v3", *[f"1,2,3,{'ab'[at % 2]},4" for at in range(4)]).replace("label,v3", "v9,v3")
    path = written(tmp_path, "a.csv", content.replace("v9", "label"))
    if said == "2-4":
        path = written(tmp_path, "a.csv", table("v0,v1,v2,v3,label", *[f"1,2,3,4,{'ab'[at % 2]}" for at in range(4)]))
    assert read(path, sequence=said).understood.schema.settings["columns"] == columns


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"target": "labl"}, "did you mean 'label'"),
        ({"target": "9"}, "has no such column"),
        ({"target": "v0", "sequence": "v0"}, "is in --target and in --sequence"),
        ({"id": "v0,v1"}, "--id v0,v1: give one column"),
        ({"sequence": "word,v0"}, "does not hold numbers"),
        ({"window": 0}, "--window is 0"),
        ({"hop": 2}, "--hop needs --window"),
        ({"labels": "/nowhere/labels.csv"}, "there is no such file"),
    ],
)
def test_options_that_cannot_be_followed(tmp_path, options, sentence):
    content = table("v0,v1,word,label", *[f"{at}.5,2,w{at % 2},{'ab'[at % 2]}" for at in range(4)])
    with pytest.raises(InputError, match=sentence):
        read(written(tmp_path, "a.csv", content), **options)


def test_dropped_columns(tmp_path):
    content = table("v0,v1,v2,label", *[f"{at}.5,2,3.{at},{'ab'[at % 2]}" for at in range(4)])
    found = read(written(tmp_path, "a.csv", content), drop="v1")
    assert found.lengths == [2] * 4
    assert "column 'v1' left out by --drop" in found.said


def test_one_long_recording_asks_for_windows(tmp_path):
    with pytest.raises(InputError, match=r"one long recording.*--window 100"):
        read(written(tmp_path, "a.csv", recording()), target="activity")


@pytest.mark.parametrize(
    ("window", "hop", "count", "over"), [(10, 10, 6, 0), (20, 5, 9, 0), (7, 20, 3, 13), (25, 25, 2, 10)]
)
def test_windows_of_a_recording(tmp_path, window, hop, count, over):
    path = written(tmp_path, "a.csv", recording())
    found = read(path, target="activity", window=window, hop=hop)
    assert found.lengths == [window] * count
    assert [case.beside["first row"] for case in found.cases] == [str(at * hop + 1) for at in range(count)]
    assert {case.beside["recording"] for case in found.cases} == {"a"}
    assert np.array_equal(found.cases[1].values[0], [hop % 7 + 0.5, hop % 5 + 0.25])
    assert (f"{over} rows at the end of recordings" in found.said) is bool(over)


def test_windows_are_the_same_for_shuffled_rows(tmp_path):
    header, *lines = recording(300).splitlines()
    whole = read(written(tmp_path, "a.csv", table(header, *lines)), target="activity", window=20, hop=7)
    random.shuffle(lines)
    shuffled = read(written(tmp_path, "a.csv", table(header, *lines)), target="activity", window=20, hop=7)
    assert len(whole.cases) == len(shuffled.cases) == 41
    assert all(np.array_equal(one.values, other.values) for one, other in zip(whole.cases, shuffled.cases, strict=True))
    assert [one.target for one in whole.cases] == [one.target for one in shuffled.cases]


def test_windows_of_several_recordings(tmp_path):
    lines = [f"{one},{at},{at}.5,{'ab'[one % 2]}" for one in range(3) for at in range(5 + 10 * one)]
    found = read(written(tmp_path, "a.csv", table("subject,t,x,label", *lines)), window=10)
    assert [case.beside["recording"] for case in found.cases] == ["1", "2", "2"]
    assert found.unreadable == ["a.csv, line 2 has 5 rows, fewer than --window 10: give a smaller one"]


@pytest.mark.parametrize("more", [{}, {"group": "machine"}, {"id": "machine"}, {"id": "machine", "group": "machine"}])
def test_no_window_has_rows_of_two_groups(tmp_path, more):
    lines = [f"{at},{one},{one}.{at},{'ab'[one % 2]}" for at in range(25) for one in (7, 8, 9)]
    path = written(tmp_path, "a.csv", table("t,machine,x,label", *lines))
    found = read(path, window=10, **more)
    assert [case.beside["recording"] for case in found.cases] == ["7", "7", "8", "8", "9", "9"]
    assert all(len({int(x) for x in case.values[:, 0]}) == 1 for case in found.cases)


def test_a_group_of_several_recordings_leaves_them_apart(tmp_path):
    lines = [f"{at},{one},{one // 2},{one}.{at},{'ab'[one % 2]}" for at in range(10) for one in (0, 1, 2, 3)]
    found = read(written(tmp_path, "a.csv", table("t,patient,hospital,x,label", *lines)), window=10, group="hospital")
    assert [case.beside["recording"] for case in found.cases] == ["0", "1", "2", "3"]


@pytest.mark.parametrize(
    ("choose", "answers"), [("any", ["0", "1", "1"]), ("majority", ["0", "0", "1"]), ("last", ["0", "1", "1"])]
)
def test_the_answer_of_a_window(tmp_path, choose, answers):
    lines = [f"2021-05-01 00:{at:02d}:00,{at}.5,{int(at >= 17)}" for at in range(30)]
    found = read(written(tmp_path, "a.csv", table("timestamp,value,is_anomaly", *lines)), window=10, choose=choose)
    assert [case.target[0] for case in found.cases] == answers


def test_a_choice_that_needs_numbers(tmp_path):
    with pytest.raises(InputError, match="--choose max cannot choose"):
        read(ODD / "long_label_changes.csv", choose="max")


def test_dates_with_the_day_first_put_rows_in_order(tmp_path):
    lines = [
        f"{one};{day}.{month}.2021;{month * 100 + day},5;{'ab'[one % 2]}"
        for one in range(3)
        for day, month in ((14, 1), (2, 3), (9, 2))
    ]
    found = read(written(tmp_path, "a.csv", table("Patient;Datum;HR;Klasse", *lines)), id="Patient")
    assert found.first() == [114.5, 209.5, 302.5]


def test_ids_far_apart_and_together_give_the_same_sequences(tmp_path):
    lines = [f"s{one},{at},{one}.{at},{'ab'[one % 2]}" for one in range(20) for at in range(6)]
    together = read(written(tmp_path, "a.csv", table("id,t,x,label", *lines)))
    random.shuffle(lines)
    apart = read(written(tmp_path, "a.csv", table("id,t,x,label", *lines)))
    assert {case.name: case.values.tolist() for case in together.cases} == {
        case.name: case.values.tolist() for case in apart.cases
    }


def test_answers_for_each_letter(tmp_path):
    path = written(tmp_path, "a.csv", table("seq,sst3", "MKV,HHE", "MKVA,HEEC", "MK,HHH"))
    found = read(path, per_position=True, target="sst3", sequence="seq")
    assert [case.target for case in found.cases] == [("H", "H", "E"), ("H", "E", "E", "C")]
    assert found.unreadable == ["a.csv, line 4 has 2 positions and 3 answers: give one for each position"]


def test_a_second_table_of_answers(tmp_path):
    data = written(tmp_path, "a.csv", table("id,v0,v1,v2", *[f"k{at},0.{at},1.5,2.5" for at in range(4)]))
    labels = written(tmp_path, "labels.tsv", "name\tclass\nk0\tNA\nk1\tb\nk2\ta\nk7\tb\n")
    found = read(data, labels=str(labels))
    assert [case.target for case in found.cases] == [("NA",), ("b",), ("a",), (None,)]
    assert "k7" in found.said
    double = written(tmp_path, "double.tsv", "name\tclass\nk0\ta\nk0\tb\n")
    with pytest.raises(InputError, match=r"double.tsv, row 2 \(line 3\): 'k0' stands there again"):
        read(data, labels=str(double))


def test_a_new_file_without_answers(tmp_path):
    content = table("v0,v1,v2,label", *[f"0.{at},1.5,2.5,{'ab'[at % 2]}" for at in range(6)])
    understood = read(written(tmp_path, "a.csv", content)).understood
    new = written(tmp_path, "new.csv", "v2;v1;v0\n3,5;2,5;1,5\n")
    cases, refused = read_with(new, understood.schema)
    assert cases == []
    assert "column 'v0' has '1,5', which is not a number" in refused[0]
    cases, _ = read_with(written(tmp_path, "new.csv", "v2;v1;v0\n3.5;2.5;1.5\n"), understood.schema)
    assert cases[0].values[:, 0].tolist() == [1.5, 2.5, 3.5]
    assert cases[0].target == ()
    with pytest.raises(InputError, match="lacks 1 of the columns that make the sequence \\(v2\\)"):
        read_with(written(tmp_path, "new.csv", "v0,v1\n1,2\n"), understood.schema)


def test_a_new_file_without_header_and_answers(tmp_path):
    understood = read(ODD / "ucr_old.txt").understood
    lines = [" ".join(["0.5"] * 15 + [f"{at}.5"]) for at in range(3)]
    cases, refused = read_with(written(tmp_path, "new.txt", "\n".join(lines)), understood.schema)
    assert refused == []
    assert [len(case.values) for case in cases] == [16] * 3
    assert [case.target for case in cases] == [()] * 3


def test_rows_that_cannot_be_read_are_told_in_their_place(tmp_path):
    content = table("v0,v1,v2,label", *[f"0.{at},1.5,2.5,{'ab'[at % 2]}" for at in range(6)])
    understood = read(written(tmp_path, "a.csv", content)).understood
    new = written(tmp_path, "new.csv", "v0,v1,v2\n1,2,3\n1,2\n1,x,3\n4,5,6\n")
    cases, refused = read_with(new, understood.schema)
    assert [case.name for case in cases] == ["1", "4"]
    assert "line 3 has 2 cells" in refused[0]
    assert "new.csv, line 4: column 'v1' has 'x'" in refused[1]


def test_a_word_that_training_did_not_have(tmp_path):
    understood = read(ODD / "categorical_channels.csv").understood
    content = "id,t,door,mode,power\n0,0,yes,idle,1\n0,1,no,off,1\n1,0,0,heat,\n"
    cases, refused = read_with(written(tmp_path, "new.csv", content), understood.schema)
    assert "column 'mode' has 'off', which is not one of cool, heat, idle" in refused[0]
    assert np.array_equal(cases[0].values, [[0, 0, 1, 0, np.nan]], equal_nan=True)


def test_a_schema_is_plain_values():
    for name in ("categorical_channels.csv", "excel_german.csv", "event_log.csv"):
        settings = read(ODD / name).understood.schema.settings
        assert json.loads(json.dumps(settings)) == json.loads(json.dumps(settings))
        assert format_of("table").cases(ODD / name, read(ODD / name).understood.schema)


def test_a_second_table_of_several_answers(tmp_path):
    data = written(tmp_path, "a.csv", table("id,v0,v1,v2,label", *[f"k{at},0.{at},1.5,2.5,{at}" for at in range(3)]))
    labels = written(tmp_path, "labels.csv", "id,A,B,note\nk0,1,0,x\nk1,,1,y\nk2,0,0,z\n")
    found = read(data, labels=str(labels), target="A,B")
    assert [case.target for case in found.cases] == [("1", "0"), (None, "1"), ("0", "0")]
    assert "column 'label' left out: the answers come from --labels" in found.said
    labels = written(tmp_path, "flags.csv", "id,A,B\nk0,1,0\nk1,,1\nk2,0,0\n")
    assert read(data, labels=str(labels)).understood.schema.targets == ("A", "B")
    cases, _ = read_with(data, found.schema)
    assert [case.target for case in cases] == [("1", "0"), (None, "1"), ("0", "0")]


def at_rates(rates: dict[str, list[float]]) -> str:
    """Rows of sequences whose times these are."""
    return table(
        "id,t,v,label", *[f"{name},{time},{at},x" for name, times in rates.items() for at, time in enumerate(times)]
    )


def test_recordings_of_different_rates_are_named(tmp_path):
    even = [at / 100 for at in range(9)]
    content = at_rates({"a": even, "b": even, "c": [2 * time for time in even], "d": [time + 5 for time in even]})
    found = read(written(tmp_path, "a.csv", content))
    assert "rows are 0.01 apart in time, but not in 'c' (0.02)" in found.said
    found = read(written(tmp_path, "b.csv", content), window=3)
    assert "rows are 0.01 apart in time, but not in 'c' (0.02)" in found.said


@pytest.mark.parametrize(
    "rates",
    [
        {"a": [0, 1, 2, 3], "b": [0, 1.01, 2, 3.02]},  # a little noise
        {"a": [0, 1, 2, 3], "b": [0, 5, 6, 20]},  # no rate: times are uneven
        {"a": [0, 1], "b": [0, 7]},  # too short
        {"a": [3, 3, 3, 3], "b": [0, 0, 0, 0]},
    ],
)
def test_of_times_without_a_rate_none_is_said(tmp_path, rates):
    assert "apart in time" not in read(written(tmp_path, "a.csv", at_rates(rates))).said
