"""Tables that would be read wrongly without a word, and sentences that say what is the matter."""

from __future__ import annotations

import json

import numpy as np
import pytest

from frostformer.data.files.options import FileOptions
from frostformer.errors import InputError
from frostformer.tasks.own_data import Look, look_at
from reading_files import written


def rows(header: str, row, count: int = 24, between: str = ",") -> str:
    """A table with two classes; `row` makes the cells of a row."""
    lines = [between.join([*map(str, row(at)), "ab"[at % 2]]) for at in range(count)]
    return "\n".join([header, *lines]) + "\n"


def looked(tmp_path, name: str, text: str, **options) -> Look:
    return look_at(written(tmp_path, name, text), FileOptions(**options))


def said(look: Look) -> str:
    return "\n".join([*look.refusals, *look.warnings, *look.left_out, *look.notes])


READ = {
    "a comma before three digits of a fraction": (
        "a.tsv",
        rows("t0\tt1\tlabel", lambda at: (f"0,{100 + at}", f"-1,{303 + at}"), between="\t"),
        [0.1, -1.303],
        "decimal comma",
    ),
    "points that may part thousands": (
        "a.csv",
        rows("t0;t1;label", lambda at: (f"1.{200 + at}", f"2.{300 + at}"), between=";"),
        [1.2, 2.3],
        "numbers such as 1.200 are read as 1.2: if points part thousands",
    ),
    "numbers below 0 in brackets": (
        "a.csv",
        rows("t0,t1,label", lambda at: (f"({at % 5}.5)", at * 7 % 11)),
        [-0.5, 0.0],
        "numbers in brackets are below 0",
    ),
    "titles above the table": (
        "a.csv",
        "Study of waves\n\nsecond try\n" + rows("t0,t1,label", lambda at: (at * 7 % 11, at * 5 % 13)),
        [0.0, 0.0],
        "left out 3 lines that stand before the table",
    ),
    "a column in which all is missing": (
        "a.csv",
        rows("t0,t1,t2,label", lambda at: (("NA", "-", "?", "none")[at % 4], at * 7 % 11, at * 5 % 13)),
        [0.0, 0.0],
        "column 't0' left out: empty",
    ),
    "a column of parts with another word": (
        "a.csv",
        rows("split,t0,t1,label", lambda at: (("train", "foo", "test")[at % 3], at * 7 % 11, at * 5 % 13)),
        [0.0, 0.0],
        "column 'split' has 'foo' beside 'train' and 'test', so it does not divide",
    ),
    "names that a program has sorted": (
        "a.csv",
        rows("t1,t10,t2,t3,label", lambda at: (1 + at % 2, 10, 2, 3)),
        [1.0, 2.0, 3.0, 10.0],
        "one in each column, in the order of their numbers",
    ),
    "dates that do not say what is the day": (
        "a.csv",
        rows("date,t1,t2,t3,label", lambda at: (f"{1 + at % 9}/2/2021", at * 7 % 11, at * 5 % 13, at * 3 % 7)),
        [0.0, 0.0, 0.0],
        "dates such as 1/2/2021 in column 'date' are read with the month first",
    ),
    "one row alone": ("a.csv", "a,b,c,label\n1,2,3,x\n", [1.0, 2.0, 3.0], "class 'x' has 1 example"),
}


@pytest.mark.parametrize("name", READ)
def test_what_is_read(tmp_path, name):
    file, text, first, sentence = READ[name]
    look = looked(tmp_path, file, text)
    assert look.cases[0].values[:, 0].tolist() == first
    assert sentence in said(look)


NUMBERS = rows("t0,t1,label", lambda at: (at * 7 % 11, at * 5 % 13))
REFUSED = {
    "a list that is none": (
        "a.csv",
        rows("x,label", lambda at: (f'"[{at}, 2, {"zz" if at == 5 else 1}]"',)),
        r"column 'x' has '\[5, 2, zz\]' in row 6 \(line 7\), where 23 other cells are lists of numbers",
    ),
    "a list among numbers": (
        "a.csv",
        rows("t0,t1,label", lambda at: ("3 4" if at == 5 else at % 7, at * 5 % 13)),
        "column 't0' has '3 4' in row 6",
    ),
    "a list of JSON among numbers": (
        "a.jsonl",
        "".join(json.dumps({"a": at % 5, "b": [1, 2] if at == 4 else at % 3, "y": at % 2}) + "\n" for at in range(12)),
        "column 'b' has lists in some rows, where 11 other rows have numbers",
    ),
    "a header alone": ("a.csv", "a,b,label\n", "no row below its header"),
    "one column alone": ("a.csv", "x\n1\n2\n3\n", "has one column, 'x', and no answers"),
    "nothing that changes": ("a.csv", "a,b,label\n" + "1,2,x\n1,2,y\n" * 9, "the same in all 18 rows"),
    "ids as answers": (
        "a.csv",
        rows("t0,t1,zip,x", lambda at: (at * 7 % 11, at * 5 % 13, ("007", "07")[at % 2]))
        .replace(",a\n", ",\n")
        .replace(",b\n", ",\n"),
        "cannot be guessed.*column 'zip' left out: such numbers",
    ),
    "broken JSON": ("a.jsonl", '{"x":[1],"y":"a"}\n{"x":[1\n', r"line 2 is not whole JSON \(.* at letter 8\)"),
    "a test that is not there": ("a.csv", NUMBERS, "--test none.csv: there is no such file"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_one_true_sentence(tmp_path, name):
    file, text, sentence = REFUSED[name]
    options = {"test": "none.csv"} if "--test" in sentence else {}
    with pytest.raises(InputError, match=sentence):
        looked(tmp_path, file, text, **options)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"axes": "case,time"}, "--axes says nothing of a file of this kind"),
        ({"label_field": 2}, "--label-field says nothing"),
    ],
)
def test_an_option_without_a_meaning_is_refused(tmp_path, options, sentence):
    look = looked(tmp_path, "a.csv", NUMBERS, **options)
    assert look.refusals[0].startswith(sentence)


def test_what_the_user_says_of_the_test_comes_first(tmp_path):
    for name in ("TEST", "OTHER"):
        written(tmp_path, f"a_{name}.csv", "\n".join(NUMBERS.splitlines()[: 9 if name == "TEST" else 13]))
    given = looked(tmp_path, "a_TRAIN.csv", NUMBERS, test=str(tmp_path / "a_OTHER.csv"))
    assert sum(case.part == "test" for case in given.cases) == 12
    assert sum(case.part == "test" for case in looked(tmp_path, "a_TRAIN.csv", NUMBERS).cases) == 8


def test_numbers_of_tokens_are_symbols(tmp_path):
    text = rows("tokens,label", lambda at: (f'"{at % 5} {at % 3} 12"',))
    assert looked(tmp_path, "a.csv", text).cases[0].values.tolist() == ["0", "0", "12"]
    assert looked(tmp_path, "a.csv", text, kind="vectors").cases[0].values[:, 0].tolist() == [0.0, 0.0, 12.0]


def test_a_name_with_a_blank_is_shown_as_it_is_typed(tmp_path):
    look = looked(tmp_path, "a.csv", rows("the code,v0,v1,v2,label", lambda at: (at % 2, at % 7, at * 5 % 13, at % 3)))
    assert "--keep 'the code'" in said(look)


@pytest.fixture
def arrays(tmp_path):
    values = np.random.default_rng(0).standard_normal((200, 3))
    np.savez(tmp_path / "a.npz", x=values, y=np.arange(200) // 20 % 2)
    return tmp_path / "a.npz", values


def test_an_array_may_be_one_long_recording(arrays):
    path, values = arrays
    look = look_at(path, FileOptions(axes="time,channel", window=20))
    np.testing.assert_array_equal(look.cases[1].values, values[20:40])
    assert [case.target[0] for case in look.cases] == ["0", "1"] * 5
    assert "time within a recording" in said(look)


@pytest.mark.parametrize(
    ("drop", "refused", "left"), [("channel 2", False, (1,)), ("channel 9", True, ())], ids=["there", "not there"]
)
def test_channels_of_arrays_are_dropped_by_name(tmp_path, drop, refused, left):
    np.savez(tmp_path / "a.npz", x=np.random.default_rng(0).standard_normal((30, 9, 2)), y=np.arange(30) % 2)
    look = look_at(tmp_path / "a.npz", FileOptions(drop=drop))
    assert bool(look.refusals) == refused
    assert look.traps.left_out == left


def test_noise_is_not_said_to_give_the_label(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.random.default_rng(0).standard_normal((8, 500)), y=np.arange(8) % 2)
    assert "alone gives the label" not in said(look_at(tmp_path / "a.npz"))


def test_names_of_files_in_folders_of_classes_say_nothing(tmp_path):
    for at in range(24):
        folder = tmp_path / ("cat", "dog")[at % 2]
        folder.mkdir(exist_ok=True)
        lines = "".join(f"{(at * step) % 7},{step % 3}\n" for step in range(5))
        (folder / f"{folder.name}_{at}.csv").write_text("x,y\n" + lines)
    assert "tell the label" not in said(look_at(tmp_path))


def long_rows(header: str, row, between: str = ",") -> str:
    """Eight sequences of six rows; `row` makes the cells of a position of a sequence."""
    lines = [between.join([f"s{one}", *map(str, row(one, at)), "ab"[one % 2]]) for one in range(8) for at in range(6)]
    return "\n".join([between.join(["id", *header.split(), "label"]), *lines]) + "\n"


ORDERS = {
    "an hour that begins again": ("hour x", lambda one, at: ((21 + at) % 24, one + at), False),
    "a clock without its day": ("time x", lambda one, at: (f"{(21 + at) % 24:02d}:00", one + at), False),
    "a clock over midnight": ("time x", lambda one, at: (f"{(22 + at // 2) % 24:02d}:{at % 2}0", one + at), False),
    "twice a day": ("hour x", lambda one, at: (at % 2 * 12, one + at), False),
    "a number that comes again": ("step x", lambda one, at: (at % 3, one + at), False),
    "steps in another order": ("step x", lambda one, at: (5 - at, one + at), True),
    "a clock from the last on": ("time x", lambda one, at: (f"12:{50 - at}", one + at), True),
    "the newest first, with a tie": ("timestamp x", lambda one, at: (1_700_000_000 - max(at, 1), one + at), None),
    "dates in another order": ("date x", lambda one, at: (f"2024-01-{9 - at:02d}", one + at), True),
    "steps that rise": ("step x", lambda one, at: (at, one + at), None),
}


@pytest.mark.parametrize("name", ORDERS)
def test_a_guessed_time_orders_rows_only_where_it_is_an_order(tmp_path, name):
    header, row, is_sorted = ORDERS[name]
    look = looked(tmp_path, "a.csv", long_rows(header, row))
    first = look.cases[0].values[:, -1].tolist()
    if is_sorted is not None:
        assert first == ([5, 4, 3, 2, 1, 0] if is_sorted else [0, 1, 2, 3, 4, 5])
    column = header.split()[0]
    told = f"column '{column}' begins again, so rows stay in the order of the file: --time {column} sorts by it"
    assert (told in said(look)) == (is_sorted is False)
    assert (f"in the order of '{column}'" in said(look)) == (is_sorted is not False)
    if is_sorted is False:
        asked = looked(tmp_path, "a.csv", long_rows(header, row), time=column)
        assert asked.cases[0].values[:, -1].tolist() != first


def test_times_are_spelt_as_the_other_numbers(tmp_path):
    table = long_rows("t x", lambda one, at: (f"{at},{100 * (at % 3)}", f"{one},5"), between=";")
    look = looked(tmp_path, "a.csv", table.replace(",0;", ",000;"))
    assert look.cases[0].values[:, 0].tolist() == [0.5] * 6
    assert not any("no time" in one for one in look.refusals)
    shuffled = long_rows("t x", lambda one, at: (f"{(at * 5) % 6},250", f"{one + at},5"), between=";")
    assert looked(tmp_path, "b.csv", shuffled, time="t").cases[0].values[:, 0].tolist() == [
        0.5,
        5.5,
        4.5,
        3.5,
        2.5,
        1.5,
    ]


def test_a_time_that_begins_again_is_no_group(tmp_path):
    """Its first value in a window is one of few, and says nothing of what belongs together."""
    lines = [f"{at % 24},{at % 7 + at % 24},{('day', 'night')[at % 24 < 12]}" for at in range(960)]
    look = looked(tmp_path, "a.csv", "\n".join(["hour,x,label", *lines]) + "\n", window=6)
    assert "'hour' (" not in said(look)
    assert look.division.in_time


def test_numbered_columns_keep_their_order_unless_a_program_sorted_their_names(tmp_path):
    def first(header):
        look = looked(tmp_path, "a.csv", rows(f"{header},label", lambda at: (1 + at % 2, 2, 3, 4)))
        return look.cases[0].values[:, 0]

    assert first("t[10],t[1],t[2],t[3]").tolist() == [2, 3, 4, 1]
    for header in ("w400,w300,w200,w100", "w100,w20,w4,w3", "t1,t_1,t2,t3", "t3,t1,t2,t4"):
        assert first(header).tolist() == [1, 2, 3, 4]


LISTS = {
    "numpy's numbers": (lambda at: f"[np.float64({at % 7}.5), np.float64(2.5)]", [2.5]),
    "words for numbers": (lambda at: f"[[true, false], [{str(at % 3 > 0).lower()}, true]]", [0.0, 1.0]),
    "numpy's arrays": (lambda at: f"array([{at % 7}., 2.5])", [2.5]),
    "numpy's arrays by their name": (lambda at: f"np.array([{at % 7}., 2.5])", [2.5]),
    "rows with other marks": (lambda at: f"[[{at % 7};1],[2.5;4]]", [1.0, 4.0]),
    "rows of numpy": (lambda at: f"[[{at % 7}. 1.]\n [2.5 4.]]", [1.0, 4.0]),
}


@pytest.mark.parametrize("name", LISTS)
def test_lists_as_programs_print_them(tmp_path, name):
    cell, last = LISTS[name]
    look = looked(tmp_path, "a.csv", rows("x,label", lambda at: (f'"{cell(at)}"',)))
    assert look.cases[0].values[:, -1].tolist()[-len(last) :] == last


def test_lists_that_were_cut_short_are_no_letters(tmp_path):
    sentence = r"has '\[0.5 1. ... 9.\]' in row 1 .*no whole list of numbers .*cut short where “...” stands"
    with pytest.raises(InputError, match=sentence):
        looked(tmp_path, "a.csv", rows("x,label", lambda at: (f"[{at}.5 1. ... 9.]",)))
    for cell in ("[13C]CC(=O)O", "[2H]OC", "(2S)-2-amino acid", "[1] some words", "(555) 123-45", "(1999) good film"):
        look = looked(tmp_path, "a.csv", rows("x,label", lambda at, cell=cell: (f"{cell}{'CN'[at % 2] * (at + 1)}",)))
        assert look.schema.kind == "tokens"
