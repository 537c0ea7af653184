"""Each trap is found and said in one true sentence with numbers and places; nothing is said of harmless data."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import numpy as np
import pytest

from frostformer.data.files.traps.look import find_traps
from frostformer.data.files.traps.noise import look_at_noise
from frostformer.errors import InputError
from own_files import CASES, cases_of, evidence, read, said, schema_of, waves

TRAPS = CASES / "traps"
AB = ["a", "b"]


def halves(count):
    return [AB[row % 2] for row in range(count)]


def drawn(count, seed=3):
    return [AB[one] for one in np.random.default_rng(seed).integers(0, 2, count)]


@pytest.mark.parametrize(
    ("name", "trap", "sentences"),
    [
        (
            "duplicate_rows",
            "twins",
            ["3 sequences stand twice (first: duplicate_rows.csv, line 5 and duplicate_rows.csv, line 27)"],
        ),
        ("duplicate_rows", "contradiction", ["1 sequence stands twice", "line 7", "line 29", "no model", "96.7 %"]),
        ("groups", "group", ["'patient' has 6 values and gives the label in 36 of 36 rows: it is a group"]),
        ("imbalance", "imbalance", ["always 'neg' scores 96.7 %", "balanced accuracy"]),
        ("label_copy", "leak", ["column 'code' alone gives the label in 24 of 24 rows: left out", "--keep code"]),
        ("label_copy", "counter", ["'row' counts the rows"]),
        ("constant_channel", "constant", ["'flag' is 0 in all 24 rows"]),
        ("time_order", "time", ["labels come in blocks along 'date'"]),
    ],
)
def test_the_planted_traps(name, trap, sentences):
    text = said(read(TRAPS / f"{name}.csv"), trap)
    for one in sentences:
        assert one in text


def test_nothing_is_said_of_harmless_data():
    harmless = cases_of(
        waves(60),
        drawn(60),
        beside={
            "age": [20 + row * 7 % 41 for row in range(60)],
            "mode": [("x", "y", "z")[row % 3] for row in range(60)],
        },
    )
    assert said(evidence(harmless)) == ""


def test_coordinates_that_move_by_little_are_no_copies():
    assert "stand twice" not in said(evidence(cases_of(5e6 + 0.05 * waves(20), halves(20))))
    assert "is 5e+06 in all" not in said(evidence(cases_of(5e6 + 0.05 * waves(20), halves(20))))


def test_copies_are_equal_in_what_a_model_sees():
    values = waves(20)
    values[1] = values[0] + 1e-12
    values[3, 2], values[4] = 0.0, values[3]
    values[4, 2] = -0.0
    values[6, 5] = values[7, 5] = np.nan
    values[7] = values[6]
    assert "3 sequences stand twice" in said(evidence(cases_of(values, halves(20))))
    texts = ["ACGT", "ACGA", "ACGT", "AC"] + [f"ACG{one}" for one in "CGTTTTT"]
    assert "6 sequences repeat earlier ones" in said(evidence(cases_of(texts, ["a", "b"] * 5 + ["a"])))


def test_copies_across_given_parts():
    values = waves(30)
    values[25], values[26], values[21] = values[3], values[4], values[5]
    parts = ["train"] * 20 + ["validation"] * 4 + ["test"] * 6
    text = said(evidence(cases_of(values, halves(30), parts=parts)))
    assert "2 of 6 test sequences are also in train (first pair: row 26 and row 4)" in text
    assert "1 of 4 validation sequences is also in train (first pair: row 22 and row 6)" in text
    assert "stand twice (first" not in text
    parts[:20] = [None] * 20  # what has no part trains
    assert "2 of 6 test sequences are also in train" in said(evidence(cases_of(values, halves(30), parts=parts)))


@pytest.mark.parametrize("hop", [1, 3, 6])
def test_overlapping_windows(hop):
    signal = np.random.default_rng(1).standard_normal(400).round(3)
    values = np.stack([signal[start : start + 12] for start in range(0, 40 * hop, hop)])
    found = find_traps(evidence(cases_of(values, drawn(40))))
    (finding,) = [one for one in found.findings if one.trap == "overlap"]
    assert (
        f"39 of 39 sequences repeat {12 - hop} of the 12 values of the one before: windows of 1 rec" in finding.sentence
    )
    assert found.order.gap * hop >= 12
    assert found.order.recordings.tolist() == [0] * 40


def test_windows_of_several_recordings_and_channels():
    signals = np.random.default_rng(1).standard_normal((4, 60, 2))
    values = np.concatenate([np.stack([one[start : start + 10] for start in range(0, 50, 5)]) for one in signals])
    found = find_traps(evidence(cases_of(values, drawn(40))))
    assert found.order.recordings.tolist() == np.arange(4).repeat(10).tolist()


def test_no_overlap_in_silence_or_by_chance():
    assert said(evidence(cases_of(np.zeros((20, 12)) + np.arange(20)[:, None] // 2, halves(20))), "overlap") == ""
    tokens = ["".join(np.random.default_rng(row).choice(list("ACGT"), 30)) for row in range(60)]
    assert said(evidence(cases_of(tokens, drawn(60))), "overlap") == ""


@pytest.mark.parametrize("name", ["patient", "SubjectID", "speaker", "Patient_No", "device", "participants", "user.id"])
def test_groups_by_name_even_where_labels_vary(name):
    groups = [f"x{row % 8}" for row in range(60)]
    found = find_traps(evidence(cases_of(waves(60), drawn(60), beside={name: groups})))
    assert found.order.group_name == name
    assert found.order.groups.tolist() == groups


def test_groups_whose_label_is_constant_whatever_their_name():
    groups = [f"q{row // 5}" for row in range(60)]
    labels = [AB[row // 5 % 2] for row in range(60)]
    found = find_traps(evidence(cases_of(waves(60), labels, beside={"wearer": groups})))
    assert "'wearer' has 12 values and gives the label in 60 of 60 rows: it is a group" in found.findings[0].sentence
    assert not [one for one in found.findings if one.trap == "leak"]


def test_the_person_is_the_group_and_others_are_said():
    beside = {"device": [f"d{row % 4}" for row in range(60)], "patient": [f"p{row % 12}" for row in range(60)]}
    found = find_traps(evidence(cases_of(waves(60), drawn(60), beside=beside)))
    assert found.order.group_name == "patient"
    assert "'device' may be a group, too: choose with --group" in said(
        evidence(cases_of(waves(60), drawn(60), beside=beside))
    )
    chosen = find_traps(evidence(cases_of(waves(60), drawn(60), beside=beside), group="device"))
    assert chosen.order.group_name == "device"


def test_a_row_without_a_group_is_its_own():
    groups = [None if row < 5 else f"p{row % 8}" for row in range(60)]
    found = find_traps(evidence(cases_of(waves(60), drawn(60), beside={"patient": groups})))
    assert len(set(found.order.groups.tolist())) == 13


def test_one_group_for_each_class_cannot_tell():
    cases = cases_of(waves(40), halves(40), beside={"machine": [f"m{row % 2}" for row in range(40)]})
    (finding,) = [one for one in find_traps(evidence(cases)).findings if one.trap == "group"]
    assert finding.cannot_tell
    assert "a class has only one of them" in finding.sentence


@pytest.mark.parametrize(
    "column",
    [
        ["10" if row % 2 else "11" for row in range(60)],
        [f"{row % 2 * 5 + row / 100:.2f}" for row in range(60)],  # a score with a threshold
        ["ill" if row % 2 else None for row in range(60)],
        ["ill" if row % 2 == (row != 7) else "well" for row in range(60)],  # 59 of 60
    ],
)
def test_a_column_that_gives_the_label(column):
    text = said(evidence(cases_of(waves(60), halves(60), beside={"outcome": column})), "leak")
    assert text.startswith("column 'outcome' alone gives the label in ")
    assert "left out" in text
    kept = evidence(cases_of(waves(60), halves(60), beside={"outcome": column}), keep="outcome")
    assert said(kept, "leak") == ""


def test_a_column_that_gives_the_number():
    y = np.random.default_rng(0).standard_normal(50)
    text = said(evidence(cases_of(waves(50), y.round(4), beside={"twice": (2 * y + 1).round(6)})), "leak")
    assert "column 'twice' alone gives the order of the answers" in text


@pytest.mark.parametrize("name", ["site", "Hospital", "scanner_id", "session"])
def test_sites_that_cannot_be_told_from_classes(name):
    cases = cases_of(waves(40), halves(40), beside={name: [f"s{row % 2}" for row in range(40)]})
    findings = find_traps(evidence(cases)).findings
    assert any(one.cannot_tell for one in findings)
    assert not [one for one in findings if one.trap == "leak"]


def test_a_month_that_gives_the_label():
    dates = [f"2021-{3 + row % 2:02d}-{1 + row // 2:02d}" for row in range(40)]
    text = said(evidence(cases_of(waves(40), halves(40), beside={"date": dates})), "confounded")
    assert text.startswith("the month of 'date' gives the label in 40 of 40 rows: class and recording cannot be told")


DATES = {
    "iso": "2021-01-{day:02d} 10:00",
    "zoned": "2021-01-{day:02d}T10:00:00+01:00",
    "german": "{day:02d}.01.2021",
    "american": "01/{day:02d}/2021",
}


@pytest.mark.parametrize("form", DATES.values(), ids=DATES)
def test_blocks_along_a_date(form):
    days = np.random.default_rng(0).permutation(28)
    labels = [AB[day // 7 % 2] for day in days]
    cases = cases_of(waves(28), labels, beside={"date": [form.format(day=day + 1) for day in days]})
    found = find_traps(evidence(cases))
    assert "labels come in blocks along 'date'" in "".join(one.sentence for one in found.findings)
    assert np.argsort(found.order.times).tolist() == np.argsort(days).tolist()


def test_a_date_without_blocks_is_a_note():
    dates = [f"2021-01-{1 + row:02d}" for row in range(28)]
    found = find_traps(evidence(cases_of(waves(28), drawn(28), beside={"date": dates})))
    assert found.order.times is None
    assert [one.weight for one in found.findings if one.trap == "time"] == ["note"]
    chosen = find_traps(evidence(cases_of(waves(28), drawn(28), beside={"date": dates}), time="date"))
    assert chosen.order.time_name == "date"


def test_a_time_that_the_user_names_comes_before_a_guessed_group():
    beside = {"patient": [f"p{row % 6}" for row in range(30)], "tick": [str(row * 5 % 31) for row in range(30)]}
    found = find_traps(evidence(cases_of(waves(30), drawn(30), beside=beside), time="tick"))
    assert found.order.groups is None
    assert "divided by 'tick' as --time says" in "".join(one.sentence for one in found.findings)


def test_columns_that_are_not_there():
    cases = cases_of(waves(30), drawn(30), beside={"mode": [f"m{row % 3}" for row in range(30)]})
    with pytest.raises(InputError, match=r"--group names a column 'subject' that is not beside.*'mode'"):
        find_traps(evidence(cases, group="subject"))
    with pytest.raises(InputError, match="--time names 'mode', which holds neither dates nor numbers"):
        find_traps(evidence(cases, time="mode"))


def test_names_that_give_the_label():
    names = [f"{('neg', 'pos')[row % 2]}_{row:03d}.wav" for row in range(30)]
    assert "'neg', 'pos'" in said(evidence(cases_of(waves(30), halves(30), names=names)), "name").replace(" and ", ", ")
    text = said(evidence(cases_of(waves(30), halves(30), beside={"filename": names})), "name")
    assert "of 'filename' tell the label" in text
    scores = {"score": [f"{row % 2}.{row:02d}" for row in range(30)]}
    assert said(evidence(cases_of(waves(30), halves(30), beside=scores)), "name") == ""
    plain = [f"rec_{row:03d}.wav" for row in range(30)]
    assert said(evidence(cases_of(waves(30), halves(30), names=plain)), "name") == ""


def test_a_name_may_hold_its_own_class():
    names = [f"prot{row}|fold_{'ab'[row % 2]}" for row in range(40)]
    assert said(evidence(cases_of(waves(40), halves(40), names=names)), "name") == ""
    numbers = [f"{row:03d}.png" for row in range(40)]
    digits = ["01"[row % 2] for row in range(40)]
    assert said(evidence(cases_of(waves(40), digits, names=numbers)), "name") == ""


def test_a_part_of_a_name_that_gives_one_of_three_classes():
    labels = ["abc"[row % 3] for row in range(45)]
    names = [f"{'ctl' if label == 'a' else 'x'}-{row}" for row, label in enumerate(labels)]
    assert "'ctl'" in said(evidence(cases_of(waves(45), labels, names=names)), "name")


def test_lengths_that_give_the_label():
    values = ["A" * 0 + "".join(np.random.default_rng(row).choice(list("ACGT"), 20 + row % 2 * 5)) for row in range(40)]
    text = said(evidence(cases_of(values, halves(40))), "length")
    assert text.startswith("the length alone gives the label in 40 of 40 sequences (20: a, 25: b)")


@pytest.mark.parametrize("channels", [1, 2])
def test_what_is_missing_gives_the_label(channels):
    values = np.random.default_rng(0).standard_normal((40, 12, channels))
    values[1::2, 3, -1] = np.nan
    text = said(evidence(cases_of(values, halves(40))), "missing")
    step = "step 4" if channels == 1 else "step 4 of 'c1'"
    assert text.startswith(f"whether {step} is missing gives the label in 40 of 40 sequences")
    values[::2, 3, -1] = np.nan
    assert said(evidence(cases_of(values, halves(40))), "missing") == ""


def test_a_column_that_is_filled_in_for_one_class():
    column = [f"{row * 37 % 101}.5" if row % 2 else None for row in range(40)]
    assert "whether 'dose' is filled in gives" in said(
        evidence(cases_of(waves(40), halves(40), beside={"dose": column}))
    )


def test_a_step_that_gives_the_label_is_a_note():
    values = waves(40)
    values[1::2, 4] += 50
    (finding,) = [one for one in find_traps(evidence(cases_of(values, halves(40)))).findings if one.trap == "step"]
    assert finding.weight == "note"
    assert "step 5 alone gives the label in 40 of 40 sequences" in finding.sentence


def test_a_step_that_is_always_the_same_gives_no_label_also_in_a_sorted_file():
    values = np.zeros((40, 3, 1))
    values[:, 1] = np.random.default_rng(0).integers(0, 2, (40, 1))
    values[:, 2] = np.random.default_rng(1).standard_normal((40, 1))
    assert said(evidence(cases_of(values, sorted(halves(40)))), "step") == ""


def test_channels_that_carry_nothing():
    values = np.random.default_rng(0).standard_normal((20, 8, 4))
    values[:, :, 1], values[:, :, 2], values[:, 3, 3] = 7.0, np.arange(8), np.nan
    cases = cases_of(values, halves(20))
    found = find_traps(evidence(cases))
    assert found.left_out == (1, 2)
    text = "\n".join(one.sentence for one in found.findings)
    assert "channel 'c1' is 7 in all 160 rows: left out; keep it with --keep c1" in text
    assert "channel 'c2' counts the rows of each sequence: left out" in text
    assert find_traps(evidence(cases, keep="c1, c2")).left_out == ()


def test_steps_that_carry_nothing():
    values = waves(20)
    values[:, 0], values[:, 5] = np.arange(20), 3.0
    text = said(evidence(cases_of(values, drawn(20))))
    assert "step 6 is 3 in all 20 sequences" in text
    assert "step 1 counts the sequences" in text


def test_numbers_that_are_names():
    column = ["0012", "012", "9007199254740993", "7", "55"] * 6
    assert "'code' holds 0012: its numbers are names" in said(
        evidence(cases_of(waves(30), drawn(30), beside={"code": column}))
    )


def test_rows_sorted_by_class_are_a_note():
    (finding,) = find_traps(evidence(cases_of(waves(40), ["a"] * 20 + ["b"] * 20))).findings
    assert (finding.trap, finding.weight) == ("sorted", "note")


def test_columns_that_are_dropped_are_not_looked_at():
    cases = cases_of(waves(30), halves(30), beside={"code": [str(row % 2) for row in range(30)]})
    assert said(evidence(cases, drop="code")) == ""


def test_without_answers_only_the_sequences_are_looked_at():
    values = waves(30)
    values[7] = values[2]
    text = said(evidence(cases_of(values, beside={"code": [str(row % 2) for row in range(30)]})))
    assert text.startswith("1 sequence stands twice (first: row 3 and row 8): copies are kept on one side of the")


def test_a_sentence_about_copies_is_true_of_three():
    values = waves(20)
    values[4] = values[9] = values[1]
    labels = ["b" if row < 8 else "a" for row in range(20)]
    text = said(evidence(cases_of(values, labels)), "contradiction")
    assert text.startswith("1 sequence stands several times with different labels (first: b and a at row 2 and row 10)")
    assert "at most 95.0 % can be right" in text


def test_a_format_may_have_settled_a_column_by_its_number():
    cases = cases_of(waves(30), drawn(30), beside={"mode": [f"m{row % 5}" for row in range(30)]})
    schema = replace(schema_of(cases), settings={"group": "mode"})
    assert find_traps(evidence(cases, schema=schema, group="3")).order.group_name == "mode"


def test_the_time_of_rows_does_not_divide_sequences():
    beside = {"time": ["0"] * 30, "split": ["train", "test"] * 15}
    found = find_traps(evidence(cases_of(waves(30), halves(30), beside=beside), time="time", id="who", split="split"))
    assert found.order.times is None
    assert found.findings == ()


def test_sequences_may_start_at_a_date():
    beside = {"when": [f"2021-01-{1 + row:02d}" for row in range(28)]}
    labels = [AB[row // 7 % 2] for row in range(28)]
    found = find_traps(evidence(cases_of(waves(28), labels, beside=beside), time="when", id="who"))
    assert found.order.time_name == "when"


def test_a_folder_of_each_class_is_no_trap():
    names = [f"{('cat', 'dog')[row % 2]}/{row}.png" for row in range(30)]
    labels = [("cat", "dog")[row % 2] for row in range(30)]
    assert find_traps(evidence(cases_of(waves(30), labels, names=names))).findings == ()


def test_steps_are_called_as_in_the_file():
    values = waves(30)
    values[:, 2] = 1
    cases = cases_of(values, drawn(30))
    names = [f"x{step}" for step in range(11)] + ["flag"]
    settings = {"form": "wide", "columns": (*names[:2], "flag", *names[2:11])}
    assert "step 3 ('flag') is 1 in all 30" in said(
        evidence(cases, schema=replace(schema_of(cases), settings=settings))
    )


def test_a_column_called_recording_is_a_group_and_no_window():
    found = find_traps(
        evidence(cases_of(waves(30), drawn(30), beside={"recording": [f"r{row % 6}" for row in range(30)]}))
    )
    assert found.order.recordings is None
    assert found.order.group_name == "recording"


def two_kinds(count, form):
    """Two kinds of sequences that lie apart, with their labels: numbers of one length or of several, or letters."""
    rng, labels = np.random.default_rng(5), halves(count)
    steps = [12] * count if form == "one length" else rng.integers(8, 15, count)
    made = [np.cumsum(rng.normal(3 * (one == "a"), 1, size)) for one, size in zip(labels, steps, strict=True)]
    if form == "letters":
        shares = {"a": (0.4, 0.4, 0.1, 0.1), "b": (0.1, 0.1, 0.4, 0.4)}
        made = ["".join(rng.choice(list("ACGT"), 20, p=shares[one])) for one in labels]
    return made, labels


@pytest.mark.parametrize("form", ["one length", "several lengths", "letters"])
def test_noise_in_the_labels(form):
    values, labels = two_kinds(400, form)
    assert said(evidence(cases_of(values, labels)), "noise") == ""
    wrong = [AB[label == "a"] if row % 7 == 0 else label for row, label in enumerate(labels)]
    text = said(evidence(cases_of(values, wrong)), "noise")
    share = float(re.search(r"\(([0-9.]+) %\) have another label", text)[1])
    assert 10 < share < 19  # of 14 planted


@pytest.mark.parametrize("count", [20, 3000])
def test_neighbours_that_know_nothing_say_nothing_and_take_no_time(count):
    start = time.process_time()
    found = evidence(cases_of(waves(count, 300), drawn(count)))
    assert list(look_at_noise(found)) == []
    assert time.process_time() - start < 5
