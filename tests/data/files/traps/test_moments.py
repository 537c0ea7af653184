"""Rows that are moments of a recording are told from rows that are sequences of their own."""

from __future__ import annotations

import numpy as np
import pytest

from frostformer.data.files.options import FileOptions
from frostformer.tasks.own_data import look_at

HEADER = "ax,ay,az,activity"


def recording(*, blocks: str, rows: int = 30, drift: float = 0.1, names: str = HEADER) -> str:
    """A CSV file in which each letter stands for `rows` rows of one answer; its values drift as far in a row."""
    steps = np.random.default_rng(0).standard_normal((rows * len(blocks), 3)) * drift
    values = np.cumsum(steps, 0)
    lines = [",".join(f"{one:.4f}" for one in row) for row in values]
    answers = [letter for letter in blocks for _ in range(rows)]
    return "\n".join([*([names] if names else []), *(f"{line},{a}" for line, a in zip(lines, answers, strict=True))])


def warnings(tmp_path, text: str, **options: object) -> str:
    path = tmp_path / "file.csv"
    path.write_text(text)
    return "\n".join(look_at(path, FileOptions(**options)).warnings)


@pytest.mark.parametrize(
    "text",
    [
        recording(blocks="abcabacb"),
        recording(blocks="abc"),
        recording(blocks="abcabacb", names=""),
        "\n".join(",".join(line.split(",")[2:]) for line in recording(blocks="abab").splitlines()),
    ],
    ids=["classes come back", "each class once", "no header", "one channel"],
)
def test_a_labelled_recording_is_told_of_windows(tmp_path, text):
    assert "--window N" in warnings(tmp_path, text)


def test_a_labelled_recording_as_arrays_is_told_of_windows_and_axes(tmp_path):
    values = np.cumsum(np.random.default_rng(0).standard_normal((120, 3)), 0)
    np.savez(tmp_path / "file.npz", x=values, y=np.repeat([0, 1, 0, 1], 30))
    assert any("--axes time,channel --window N" in one for one in look_at(tmp_path / "file.npz").warnings)
    assert look_at(tmp_path / "file.npz", FileOptions(axes="time,channel", window=10)).refusals == []


def test_rows_that_are_sequences_are_not(tmp_path):
    generator = np.random.default_rng(0)
    alone = ["age,weight,height,kind", *(f"{a:.3f},{b:.3f},{c:.3f},{'ab'[i // 60]}" for i, (a, b, c) in
             enumerate(generator.standard_normal((120, 3))))]  # fmt: skip
    assert "--window" not in warnings(tmp_path, "\n".join(alone))  # sorted by the answer
    assert "--window" not in warnings(tmp_path, recording(blocks="abcabacb", names="v1,v2,v3,activity"))
    assert "--window" not in warnings(tmp_path, recording(blocks="abcabacb"), sequence="1-3")


def test_windows_have_the_answer_that_rows_would_have(tmp_path):
    path = tmp_path / "file.csv"
    path.write_text(recording(blocks="abcabacb"))
    look = look_at(path, FileOptions(window=10))
    assert look.schema.targets == look_at(path).schema.targets == ("activity",)
    assert look.schema.channels == ("ax", "ay", "az")
    assert look.refusals == []


def test_rows_of_an_id_with_several_answers_are_told_of_windows_and_groups(tmp_path):
    rows = [f"{who},{t},{t * 0.5},{'ab'[t // 3]}" for who in "pq" for t in range(6)]
    path = tmp_path / "file.csv"
    path.write_text("\n".join(["subject,t,value,label", *rows]))
    with pytest.raises(Exception, match="--window N, or --group subject without --id if each row is a sequence"):
        look_at(path)
    assert look_at(path, FileOptions(group="subject")).schema.targets == ("label",)


def test_the_time_of_rows_with_an_answer_each_divides_them(tmp_path):
    generator = np.random.default_rng(0)
    rows = [
        f"2023-01-{1 + at // 4:02d},{a:.2f},{b:.2f},{'no' if a < 0 else 'yes'}"
        for at, (a, b) in enumerate(generator.standard_normal((100, 2)))
    ]
    path = tmp_path / "file.csv"
    path.write_text("\n".join(["date,age,weight,state", *rows]))
    with pytest.raises(Exception, match="if each row is a sequence, give --time date"):
        look_at(path)
    look = look_at(path, FileOptions(time="date"))
    assert look.division is not None
    assert look.division.in_time
    assert len(look.cases) == 100


def test_drop_is_named_only_where_it_can_help(tmp_path):
    values = np.random.default_rng(0).random((60, 3)).round(4)
    labels = ["ab"[int(row[1] > 0.5)] for row in values]
    table = ["u,v,w,label", *(f"{a},{b},{c},{d}" for (a, b, c), d in zip(values, labels, strict=True))]
    lists = [f'{{"x": {row.tolist()}, "label": "{label}"}}' for row, label in zip(values, labels, strict=True)]
    found = []
    for name, lines in (("a.csv", table), ("b.jsonl", lists)):
        (tmp_path / name).write_text("\n".join(lines))
        found.append("\n".join(look_at(tmp_path / name).notes))
    assert all("alone gives the label" in one for one in found)
    assert ["--drop" in one for one in found] == [True, False]
    (tmp_path / "b.jsonl").write_text("\n".join([*lists, '{"x": "oops", "label": "a"}']))
    with pytest.raises(Exception, match="oops") as error:
        look_at(tmp_path / "b.jsonl")
    assert "--drop" not in str(error.value)


def test_a_sequence_that_is_no_row_is_not_called_one(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.random.default_rng(0).standard_normal((60, 7)), y=np.repeat([0, 1], 30))
    assert (
        "sequences are sorted by the label: drawn in another order for the division"
        in look_at(tmp_path / "a.npz").notes
    )


def test_rows_are_not_counted_in_each_window_that_has_them(tmp_path):
    lines = [f"{at % 7},1,{'ab'[at // 25 % 2]}" for at in range(300)]
    text = "\n".join(["x,still,state", *lines])
    said = warnings(tmp_path, text, window=50, hop=5, sequence="x,still", target="state")
    assert "channel 'still' is 1 in all 51 sequences" in said
