"""`.ts` files: labels as spelt, missing values, time stamps, and headers that are little or lie."""

from collections import Counter

import numpy as np
import pytest

from frostformer.data.files.formats import recognise
from frostformer.errors import InputError
from reading_files import ODD, read, read_with

HEADER = "@problemName P\n@timeStamps false\n@univariate true\n@equalLength true\n@classLabel true a b\n@data\n"


@pytest.fixture
def ts(tmp_path):
    """A function: text -> a file with it, whose name says nothing."""

    def make(text: str, name: str = "series.txt"):
        path = tmp_path / name
        path.write_bytes(text.encode())
        return path

    return make


def test_labels_are_as_spelt_and_channels_stand_side_by_side():
    found = read(ODD / "equal_multichannel.ts")
    assert found.lengths == [10] * 9
    assert Counter(found.answers) == {"Standing": 3, "Running": 3, "'Walking'": 3}
    assert found.cases[0].values[:2].tolist() == [[0.0107, -0.0977], [0.6320, 0.5393]]
    assert found.cases[0].place.endswith("equal_multichannel.ts, line 13")
    assert not found.said


def test_sequences_of_different_lengths_and_no_line_end_at_the_end():
    found = read(ODD / "ragged_multichannel.ts")
    assert found.lengths == [7, 12, 9, 7, 26, 13]
    assert found.schema.channels == ("channel 1", "channel 2", "channel 3")


def test_missing_values_stay_where_they_are():
    found = read(ODD / "missing_question_mark.ts")
    missing = [
        (number, int(step))
        for number, case in enumerate(found.cases)
        for step in np.isnan(case.values[:, 0]).nonzero()[0]
    ]
    assert found.lengths == [12] * 6
    assert missing == [(1, 0), (1, 11), (4, 3), (4, 4), (4, 5)]


def test_time_stamps_are_left_out_or_become_a_channel():
    path = ODD / "timestamps.ts"
    found = read(path)
    assert found.lengths == [4] * 4
    assert found.cases[0].values[:, 0].tolist() == [240.12, 241.02, 239.96, 239.04]
    assert found.answers == ["1", "2", "1", "2"]
    assert "uneven (line 10, from 60 to 180 seconds)" in found.said
    with_time = read(path, keep="time")
    assert with_time.schema.channels == ("time", "channel 1")
    assert with_time.cases[0].values[:, 0].tolist() == [0, 60, 120, 300]


def test_a_label_in_brackets_is_no_time_stamp(ts):
    stamped = HEADER.replace("@timeStamps false", "@timeStamps true")
    path = ts(f"{stamped}(1,0.5),(2,0.25):Walking (slow)\n(1,0.5),(3,?):(up, fast)x\n")
    found = read(path)
    assert found.answers == ["Walking (slow)", "(up, fast)x"]
    assert found.cases[0].values[:, 0].tolist() == [0.5, 0.25]


def test_numbers_to_predict():
    found = read(ODD / "regression_target.ts")
    assert found.lengths == [8] * 10
    assert found.schema.targets == ("target",)
    assert found.schema.settings["scoring"] == "regression"
    assert [float(answer) for answer in found.answers] == pytest.approx(np.arange(-0.35, 0.6, 0.1).tolist())


def test_the_data_is_believed_and_not_the_header():
    found = read(ODD / "header_lies.ts")
    assert found.lengths == [24] * 5 + [19, 24, 24]
    assert "line 14 (19 values)" in found.understood.warnings[0]


@pytest.mark.parametrize(
    ("header", "line", "sentence"),
    [
        ("@dimensions 3\n@classLabel true a", "1,2:3,4:a", "the header says 3 channels and the data has 2"),
        ("@univariate true\n@classLabel true a", "1,2:3,4:a", "the header says 1 channels and the data has 2"),
        ("@missing false\n@classLabel true a", "1,?:a", "the header says that no value is missing"),
        ("@classLabel true a b", "1,2:c", "does not name the classes c"),
        ("@univariate false\n@classLabel true a", "1,2,3:1,2:a", "line 5 (3, 2 values)"),
    ],
)
def test_where_the_header_lies_there_is_a_sentence(ts, header, line, sentence):
    found = read(
        ts(
            f"@problemName P\n{header}\n@data\n\n{line}\n"
            if header.count("\n") == 0
            else f"@x P\n{header}\n@data\n{line}\n"
        )
    )
    assert len(found.cases) == 1
    assert sentence in found.said


def test_a_channel_that_ends_early_is_missing_there(ts):
    found = read(ts("@classLabel true a\n@data\n1,2,3:4:a\n"))
    np.testing.assert_array_equal(found.cases[0].values, [[1, 4], [2, np.nan], [3, np.nan]])


def test_a_header_that_says_nothing_of_answers(ts):
    assert read(ts("@problemName P\n@data\n1,2,3:up\n4,5,6:down\n")).answers == ["up", "down"]
    without = read(ts("@problemName P\n@data\n1,2,3:4,5,6\n"))
    assert without.schema.targets == ()
    assert len(without.schema.channels) == 2
    assert "has no answers" in without.said


def test_a_line_that_cannot_be_read_is_named_with_channel_and_value_and_the_next_are_read(ts):
    found = read(ts(f"{HEADER}1,2:a\n1,x2:a\n1,1_000:b\n1,2:3:4:b\n5,6:b\n"))
    assert [case.values[:, 0].tolist() for case in found.cases] == [[1, 2], [5, 6]]
    assert "line 8, channel 1, value 2: 'x2' is no number" in found.unreadable[0]
    assert "'1_000' is no number" in found.unreadable[1]
    assert "line 10: it has 3 channels and the file 1" in found.unreadable[2]


def test_a_file_to_predict_needs_no_answers(ts):
    schema = read(ts(f"{HEADER}1,2:a\n3,4:b\n")).schema
    without = ts("@classLabel false\n@data\n5,6\n7,8\n", "new.ts")
    cases, errors = read_with(without, schema)
    assert not errors
    assert [(case.values[:, 0].tolist(), case.target) for case in cases] == [([5, 6], ()), ([7, 8], ())]


def test_a_missing_answer_is_none(ts):
    assert read(ts(f"{HEADER}1,2:?\n3,4:b\n")).answers == [None, "b"]


def test_the_test_file_beside_is_offered(ts):
    ts(f"{HEADER}1,2:a\n", "Waves_TEST.ts")
    assert read(ts(f"{HEADER}1,2:a\n", "Waves_TRAIN.ts")).understood.test.name == "Waves_TEST.ts"


def test_line_ends_of_all_systems_and_letters_of_windows(ts, tmp_path):
    text = f"{HEADER}1,2:Übung\n3,4:b\n"
    for number, (end, encoding) in enumerate(
        [("\r", "utf-8"), ("\r\n", "cp1252"), ("\n", "utf-8-sig"), ("\n", "utf-16")]
    ):
        path = tmp_path / f"{number}.ts"
        path.write_bytes(text.replace("\n", end).encode(encoding))
        assert recognise(path) == "ts"
        assert read(path).answers == ["Übung", "b"], (end, encoding)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("@problemName P\n1,2:a\n", "line 2"), ("@problemName P\n@univariate true\n", "has no line '@data'")],
)
def test_a_damaged_header_is_one_sentence(ts, text, sentence):
    with pytest.raises(InputError, match=sentence):
        read(ts(text))
