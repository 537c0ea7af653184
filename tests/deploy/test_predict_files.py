"""Predictions for new files of the kind that a run was trained on: as rows, in order, whole or not at all."""

from __future__ import annotations

import csv
import importlib.util
import json
import sys
import weakref
import zipfile
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
import torch

import frostformer as ff
from frostformer.cli.verbs.evaluate import evaluate
from frostformer.cli.verbs.predict import predict
from frostformer.data.files.case import Case
from frostformer.data.files.options import DataFile
from frostformer.deploy import file_inputs
from frostformer.deploy.file_answers import BATCH_SIZE
from frostformer.deploy.file_inputs import FileInputs
from frostformer.deploy.predict import Predictor
from frostformer.deploy.remarks import Remarks
from frostformer.errors import InputError
from frostformer.runs.adapters import read_adapter
from frostformer.tasks.task import Task

STEPS = [f"v{step}" for step in range(6)]
VALUES = np.random.default_rng(0).standard_normal((200, 6)).round(3)


def table(path, header, rows):
    """Write a CSV file."""
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    return path


def wide(answers, names):
    """Rows of `id`, six steps and answers."""
    return ["id", *STEPS, *names], [[f"p{row}", *VALUES[row], *answers(row)] for row in range(40)]


def positions(per_id=5):
    """Rows of one step each, every one with an answer."""
    rows = [[f"r{row // per_id}", *VALUES[row, :2], "up" if VALUES[row, 0] > 0 else "down"] for row in range(200)]
    return ["id", "a", "b", "label"], rows


KINDS = {  # kind of answer -> (header, rows), and how the file is read
    "classes": (wide(lambda row: ["no" if row % 3 else "yes"], ["label"]), {"target": "label", "id": "id"}),
    "labels": (
        wide(lambda row: [row % 2, row // 2 % 2], ["red", "big"]),
        {"target": "red,big", "id": "id", "scoring": "multilabel"},
    ),
    "numbers": (wide(lambda row: [VALUES[row, 0] * 3], ["dose"]), {"target": "dose", "id": "id"}),
    "positions": (positions(), {"target": "label", "id": "id", "per_position": True}),
    "windows": (positions(40), {"target": "label", "id": "id", "window": 4, "hop": 4, "sequence": "a,b"}),
    "recordings": (
        (
            ["id", "a", "b", "label", "part"],
            [
                [
                    f"r{row // 5}",
                    *VALUES[row, :2],
                    ["no", "yes"][row // 5 % 2],
                    ["train", "validation", "test"][row // 5 % 3],
                ]
                for row in range(200)
            ],
        ),
        {"target": "label", "id": "id", "split": "part"},
    ),
    "letters": (
        (["id", "text", "label"], [[f"s{row}", "ACGT" * 2 + "CG" * (row % 3), "xy"[row % 2]] for row in range(40)]),
        {"target": "label", "id": "id", "sequence": "text"},
    ),
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory, tiny_config):
    """A function: kind of answer -> (folder of a run, the file that it was trained on)."""
    made = {}

    def make(kind):
        if kind not in made:
            folder = tmp_path_factory.mktemp(kind)
            (header, rows), options = KINDS[kind]
            path = table(folder / "train.csv", header, rows)
            ff.run(tiny_config(steps=1, evaluate_every=1), folder / "run", task=Task.from_file(path, **options))
            made[kind] = folder / "run", path
        return made[kind]

    return make


@pytest.fixture
def new(tmp_path):
    """A function: columns in the place of those of the first kind -> a new file without answers."""

    def make(rows=None, header=("id", *STEPS), name="new.csv"):
        rows = [[f"q{row}", *VALUES[row]] for row in range(100)] if rows is None else rows
        return table(tmp_path / name, header, rows)

    return make


def read_rows(path):
    """The rows of a file of answers as dictionaries, in which texts are as they are."""
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            return list(csv.DictReader(file))
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text().splitlines()]
    parquet = pytest.importorskip("pyarrow.parquet")
    return parquet.read_table(path).to_pylist()


EXPECTED = {  # kind of answer -> columns, rows for the training file, and the first keys of its JSON objects
    "classes": (["id", "class", "probability of no", "probability of yes"], 40),
    "labels": (["id", "label red", "label big", "probability of red", "probability of big"], 40),
    "numbers": (["id", "value of dose"], 40),
    "positions": (["id", "position", "class", "probability of down", "probability of up"], 200),
    "windows": (["id", "first row", "class", "probability of down", "probability of up"], 50),
    "letters": (["id", "class", "probability of x", "probability of y"], 40),
}


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
@pytest.mark.parametrize("kind", EXPECTED)
def test_every_kind_of_answer_in_every_kind_of_file(trained, tmp_path, kind, ending):
    if ending == ".parquet":
        pytest.importorskip("pyarrow")
    run, path = trained(kind)
    out = tmp_path / f"answers{ending}"
    predict(run, path, out=out)
    assert [one.name for one in tmp_path.iterdir()] == [out.name]
    columns, count = EXPECTED[kind]
    rows = read_rows(out)
    assert len(rows) == count
    keys = [one.partition(" of ")[0] for one in columns]
    if ending == ".jsonl":
        keys = {one.replace("probability", "probabilities").replace("value", "values").split(" red")[0] for one in keys}
        keys = {"labels" if one.startswith("label") else one for one in keys}
        assert set(rows[0]) == keys
    else:
        assert list(rows[0]) == columns
        floats = [float(rows[0][name]) for name in columns if " of " in name]
        assert kind in ("numbers", "labels") or sum(floats) == pytest.approx(1)


def test_answers_are_the_models_and_in_order(trained, new, tmp_path):
    run, _ = trained("classes")
    predictor = Predictor(run)
    path = new()  # more than one batch
    predict(run, path, out=tmp_path / "a.csv")
    rows = read_rows(tmp_path / "a.csv")
    assert [row["id"] for row in rows] == [f"q{row}" for row in range(100)]
    _, logits = predictor.logits(list(VALUES[:100, :, None]))
    expected = torch.softmax(logits[:, 0, 0].double(), -1).numpy()
    told = np.array([[float(row["probability of no"]), float(row["probability of yes"])] for row in rows])
    np.testing.assert_allclose(told, expected, atol=2e-6)
    names = np.array(["no", "yes"])[expected.argmax(1)]
    assert [row["class"] for row in rows] == names.tolist()
    assert ff.predict(run, path).tolist() == names.tolist() == ff.predict(run, VALUES[:100]).tolist()


def test_positions_are_those_of_the_sequence(trained, tmp_path):
    run, path = trained("positions")
    predict(run, path, out=tmp_path / "a.jsonl")
    rows = read_rows(tmp_path / "a.jsonl")
    assert [(row["id"], row["position"]) for row in rows[4:7]] == [("r0", 5), ("r1", 1), ("r1", 2)]
    each = ff.predict(run, path)
    assert [row["class"] for row in rows] == np.concatenate(each).tolist()


def test_windows_have_the_name_of_their_recording_and_where_they_start(trained, new, tmp_path):
    run, _ = trained("windows")
    path = new([["x", *VALUES[row, :2]] for row in range(10)], ["id", "a", "b"])
    predict(run, path, out=tmp_path / "a.jsonl")
    assert [(row["id"], row["first row"]) for row in read_rows(tmp_path / "a.jsonl")] == [("x", 1), ("x", 5)]


@pytest.mark.parametrize("kind", ["windows", "recordings"])
def test_test_scores_call_sequences_as_predictions_do(trained, tmp_path, kind):
    run, path = trained(kind)
    predict(run, path, out=tmp_path / "a.jsonl")
    scores = np.load(run / "test_scores.npz")
    told = [(row["id"], row.get("first row")) for row in read_rows(tmp_path / "a.jsonl")]
    starts = scores["test first row"].tolist() if kind == "windows" else [None] * len(scores["test"])
    assert {*zip(scores["test"].tolist(), starts, strict=True)} <= {*told}
    answers = {key: row["class"] for key, row in zip(told, read_rows(tmp_path / "a.jsonl"), strict=True)}
    assert [answers[key] for key in zip(scores["test"].tolist(), starts, strict=True)] == scores["answer"].tolist()


HEADER = [*STEPS, "label"]
ROWS = [[*row, "no" if row[0] < 0 else "yes"] for row in VALUES[:40].tolist()]


@pytest.mark.parametrize("answers", [True, False])
def test_a_header_that_only_one_of_two_files_has(tmp_path, tiny_config, capsys, answers):
    headed, bare = table(tmp_path / "headed.csv", HEADER, ROWS), table(tmp_path / "bare.csv", *ROWS[:1], ROWS[1:])
    for name, path, target in (("h", headed, "label"), ("b", bare, "last")):
        ff.run(tiny_config(steps=1, evaluate_every=1), tmp_path / name, task=Task.from_file(path, target=target))
    rows = ROWS[:5] if answers else [row[:-1] for row in ROWS[:5]]
    with pytest.raises(InputError, match=r"no header, and the run was trained on a table with one: .* v0"):
        predict(tmp_path / "h", table(tmp_path / "new.csv", rows[0], rows[1:]))
    predict(tmp_path / "b", table(tmp_path / "bare.csv", rows[0], rows[1:]), out=tmp_path / "a.jsonl")
    named = table(tmp_path / "new.csv", HEADER if answers else STEPS, rows)
    predict(tmp_path / "b", named, out=tmp_path / "c.jsonl")
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "c.jsonl").read_bytes()
    assert "the first line of new.csv names columns" in capsys.readouterr().err
    with pytest.raises(InputError, match="it has q0, q1"):
        predict(tmp_path / "h", table(tmp_path / "new.csv", [f"q{at}" for at in range(6)], [row[:6] for row in rows]))


def test_answers_go_to_the_screen_as_json(trained, new, capsys):
    predict(trained("classes")[0], new())
    shown = capsys.readouterr()
    assert len(shown.out.splitlines()) == 100
    first = json.loads(shown.out.splitlines()[0])
    assert first["id"] == "q0"
    assert set(first["probabilities"]) == {"no", "yes"}
    assert shown.err == "predicted in fp32 on cpu\n"


BAD = [["q1", *VALUES[1]], *[[f"bad{row}", "oops", *VALUES[row, 1:]] for row in range(12)], ["q2", *VALUES[2]]]


@pytest.mark.parametrize("ending", [None, ".csv", ".jsonl", ".parquet"])
def test_a_row_that_cannot_be_read_stops_everything(trained, new, tmp_path, capsys, ending):
    if ending == ".parquet":
        pytest.importorskip("pyarrow")
    good = [[f"g{row}", *VALUES[row]] for row in range(3 * BATCH_SIZE)]  # answers before it are not kept, either
    path, out = new([*good, *BAD]), ending and tmp_path / "out" / f"a{ending}"
    with pytest.raises(InputError, match=r"new\.csv, line 195: column 'v0' has 'oops'.*--skip-bad"):
        predict(trained("classes")[0], path, out=out)
    assert capsys.readouterr().out == ""
    assert [one.name for one in tmp_path.iterdir()] == ["new.csv"]


def test_bad_rows_are_left_out_where_that_is_asked(trained, new, tmp_path, capsys):
    predict(trained("classes")[0], new(BAD), out=tmp_path / "a.csv", skip_bad=True)
    assert [row["id"] for row in read_rows(tmp_path / "a.csv")] == ["q1", "q2"]
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "12 sequences cannot be read and are left out:"
    assert "new.csv, line 3: " in said[1]
    assert [said[11], len(said)] == ["  and 2 more", 13]
    with pytest.raises(InputError, match=r"no sequence that can be read: .*line 2"):
        predict(trained("classes")[0], new(BAD[1:3]), out=tmp_path / "b.csv", skip_bad=True)
    assert not (tmp_path / "b.csv").exists()


def test_a_sequence_with_a_row_that_cannot_be_read_is_left_out_whole(trained, tmp_path, capsys):
    rows = [["q1", 1, 2, "up"], ["q2", 1, 2, "up"], ["q2", 3], ["q2", 3, 4, "up"], ["q3", 1, 2, "up"]]
    path = table(tmp_path / "new.csv", ["id", "a", "b", "label"], rows)
    predict(trained("positions")[0], path, out=tmp_path / "a.csv", skip_bad=True)
    assert [row["id"] for row in read_rows(tmp_path / "a.csv")] == ["q1", "q3"]
    assert "new.csv, line 4 has 2 cells" in capsys.readouterr().err


def test_a_missing_column_of_times_is_named(tmp_path, tiny_config):
    rows = [[f"r{row // 5}", row, *VALUES[row, :2], "ab"[row // 5 % 2]] for row in range(200)]
    path = table(tmp_path / "train.csv", ["id", "time", "a", "b", "label"], rows)
    task = Task.from_file(path, id="id", time="time", target="label")
    ff.run(tiny_config(steps=1, evaluate_every=1), tmp_path / "run", task=task)
    new = table(tmp_path / "new.csv", ["id", "a", "b"], [["q", 1, 2]])
    with pytest.raises(InputError, match=r"lacks 1 of the columns that make the sequence \('?time'?\)"):
        predict(tmp_path / "run", new)


def test_an_old_file_stays_where_an_error_comes(trained, new, tmp_path):
    out = tmp_path / "a.csv"
    out.write_text("old")
    with pytest.raises(InputError):
        predict(trained("classes")[0], new(BAD), out=out)
    assert out.read_text() == "old"


def test_an_unsure_answer_is_left_empty(trained, new, tmp_path, capsys):
    run, _ = trained("classes")
    predict(run, new(), out=tmp_path / "a.csv")
    sure = sorted(
        max(float(row["probability of no"]), float(row["probability of yes"])) for row in read_rows(tmp_path / "a.csv")
    )
    predict(run, new(), out=tmp_path / "b.csv", abstain_below=sure[30])
    rows = read_rows(tmp_path / "b.csv")
    empty = [row for row in rows if not row["class"]]
    assert [max(float(row["probability of no"]), float(row["probability of yes"])) < sure[30] for row in rows] == [
        not row["class"] for row in rows
    ]
    assert f"{len(empty)} of 100 answers ({len(empty)}.0 %) are less probable than " in capsys.readouterr().err
    predict(run, new(), out=tmp_path / "c.jsonl", abstain_below=1.0)
    assert read_rows(tmp_path / "c.jsonl")[0]["class"] is None


def test_of_a_label_not_being_there_is_an_answer_too(trained, tmp_path):
    run, path = trained("labels")
    predict(run, path, out=tmp_path / "a.jsonl", abstain_below=0.6)
    rows = read_rows(tmp_path / "a.jsonl")
    found = [(row["labels"][name], row["probabilities"][name]) for row in rows for name in ("red", "big")]
    for label, chance in found:
        assert label == (None if max(chance, 1 - chance) < 0.6 else int(chance > 0.5))
    assert len({label for label, _ in found}) > 1


@pytest.mark.parametrize("below", [0.0, -1.0, 1.5, float("nan")])
def test_only_a_probability_can_be_too_small(trained, new, below):
    with pytest.raises(InputError, match="give a probability above 0"):
        predict(trained("classes")[0], new(), abstain_below=below)


def test_numbers_have_no_probability(trained):
    run, path = trained("numbers")
    with pytest.raises(InputError, match="needs probabilities"):
        predict(run, path, abstain_below=0.5)


ROW = ["q", *VALUES[0]]
WRONG = {  # what is wrong -> kind of run, header, rows, and part of the sentence
    "a column is missing": (
        "classes",
        ["id", *STEPS[1:]],
        [ROW[:-1]],
        "lacks 1 of the columns that make the sequence (v0)",
    ),
    "more steps": ("classes", ["id", *STEPS, "v6"], [[*ROW, 1]], "has more steps than the run was trained on (v6)"),
    "no rows": ("classes", ["id", *STEPS], [], "no sequence"),
    "too large": ("classes", ["id", *STEPS], [["q", "1e300", *VALUES[0, 1:]]], "line 2 has numbers that are too large"),
    "too long": ("letters", ["id", "text"], [["q", "A" * 13]], "line 2 has 13 steps, and the model reads 12 at most"),
    "empty": ("letters", ["id", "text"], [["p", "ACG"], ["q", ""]], "line 3 is empty"),
    "too short for a window": (
        "windows",
        ["id", "a", "b"],
        [["q", 1, 2]],
        "line 2 has fewer rows than a window of the run",
    ),
    "a column of windows is missing": ("windows", ["id", "a"], [["q", 1]], "lacks 1 of the columns"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_does_not_fit_is_one_sentence(trained, new, tmp_path, what):
    kind, header, rows, sentence = WRONG[what]
    with pytest.raises(InputError) as error:
        predict(trained(kind)[0], new(rows, header), out=tmp_path / "a.csv")
    assert sentence in str(error.value)
    assert "new.csv" in str(error.value)
    assert not (tmp_path / "a.csv").exists()


def test_another_kind_of_file_is_named(trained, tmp_path):
    np.save(tmp_path / "x.npy", VALUES)
    with pytest.raises(InputError, match="seems to be of the kind 'arrays', and the run was trained on 'table'"):
        predict(trained("classes")[0], tmp_path / "x.npy")
    (tmp_path / "x.jsonl").write_text('{"id": "q", "v0": 1}\n{"id": "p", "v0": 2}\n')
    with pytest.raises(
        InputError, match=r"^[^ ]*x.jsonl seems to be of the kind 'json', and the run was trained on 't"
    ):
        predict(trained("classes")[0], tmp_path / "x.jsonl")
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("x.csv", "id,v0\nq,1\n")
    with pytest.raises(InputError, match=r"x.zip is a zip archive, and is not read: unpack it"):
        predict(trained("classes")[0], tmp_path / "x.zip")
    with pytest.raises(InputError, match="there is no file at"):
        predict(trained("classes")[0], tmp_path / "none.csv")


def test_symbols_that_training_did_not_have_are_counted(trained, new, capsys):
    predict(trained("letters")[0], new([["a", "ACGN"], ["b", "XXGT"]], ["id", "text"]))
    said = capsys.readouterr().err
    assert "3 of 8 symbols were not in training, such as 'N' and 'X'" in said
    assert "mean nothing" not in said
    predict(trained("letters")[0], new([["a", "ACGT"], ["b", "XXXX"]], ["id", "text"]))
    assert "1 sequence has no symbol that training had: the answers to them mean nothing" in capsys.readouterr().err


def test_gaps_and_new_columns_are_said(trained, new, capsys):
    predict(trained("classes")[0], new([["q", "", *VALUES[0, 1:], "x"]], ["id", *STEPS, "ward"]))
    said = capsys.readouterr().err
    assert "column 'ward' of new.csv not read" in said
    assert "1 value is missing in channels where training had all" in said


@pytest.mark.parametrize("named", [True, False])
def test_what_json_has_more_is_told_as_of_a_table(tmp_path, tiny_config, capsys, named):
    def lines(name, width, **others):
        rows = [[*row[:width], "ab"[row[0] > 0]][: width + (name == "train")] for row in VALUES[:40].tolist()]
        steps = [*STEPS[:width], *(["label"] if name == "train" else [])]
        made = [{**others, **dict(zip(steps, row, strict=True))} if named else row for row in rows]
        path = tmp_path / f"{name}.jsonl"
        path.write_text("\n".join(map(json.dumps, made)))
        return path

    task = Task.from_file(lines("train", 4), target="label" if named else "last")
    ff.run(tiny_config(steps=1, evaluate_every=1), tmp_path / "run", task=task)
    predict(tmp_path / "run", lines("new", 4, place="x"))
    assert ("column 'place' of new.jsonl not read: the run has none such" in capsys.readouterr().err) == named
    with pytest.raises(InputError, match="has more steps than the run was trained on"):
        predict(tmp_path / "run", lines("longer", 6))


@pytest.mark.parametrize("kind", ["positions", "windows", "recordings"])
def test_answers_in_a_new_file_are_neither_needed_nor_checked(trained, new, kind):
    run, _ = trained(kind)
    (_, rows), _ = KINDS[kind]
    header = ["id", "a", "b"]
    bare = ff.predict(run, new([row[:3] for row in rows], header))
    odd_rows = [[*row[:3], f"{at}?", f"ward {at}"] for at, row in enumerate(rows)]
    odd = ff.predict(run, new(odd_rows, [*header, "label", "part"], "b.csv"))
    assert all(np.all(one == other) for one, other in zip(bare, odd, strict=True))
    assert len(bare) == len(odd) > 0


def test_the_place_of_the_answers_is_checked_first(trained, new, tmp_path, monkeypatch):
    run, path = trained("classes")[0], new()
    for out, sentence in ((tmp_path / "a.txt", "ends in .csv, .parquet, .jsonl"), (path, "is, or is in, what is read")):
        with pytest.raises(InputError, match=sentence):
            predict(run, path, out=out)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"frostformer\[parquet\]"):
        predict(run, path, out=tmp_path / "a.parquet")
    assert [one.name for one in tmp_path.iterdir()] == ["new.csv"]


@pytest.mark.skipif(importlib.util.find_spec("pyarrow") is None, reason="needs pyarrow")
def test_parquet_has_types(trained, new, tmp_path):
    import pyarrow.parquet

    predict(trained("windows")[0], trained("windows")[1], out=tmp_path / "a.parquet", abstain_below=1.0)
    found = pyarrow.parquet.read_table(tmp_path / "a.parquet")
    assert [str(one) for one in found.schema.types] == ["string", "int64", "string", "double", "double"]
    assert found["class"].null_count == len(found)


def test_names_are_kept_whatever_they_are(trained, new, tmp_path):
    names = ["007", 'with "quotes", and commas', "Größe", "=1+1", " blank "]
    rows = [[name, *VALUES[row]] for row, name in enumerate(names)]
    predict(trained("classes")[0], new(rows), out=tmp_path / "a.csv")
    predict(trained("classes")[0], new(rows), out=tmp_path / "a.jsonl")
    told = [[row["id"] for row in read_rows(tmp_path / name)] for name in ("a.csv", "a.jsonl")]
    assert [one.strip() for one in told[0]] == [one.strip() for one in names]
    assert told[0] == told[1]


def test_at_most_two_batches_of_sequences_are_alive(trained, new, monkeypatch):
    alive, most = set(), 0

    def many(path, schema, changed, format_):
        nonlocal most
        for row in range(10 * BATCH_SIZE):
            values = VALUES[row % 200, :, None].copy()
            alive.add(row)
            weakref.finalize(values, alive.discard, row)
            case = Case(values, str(row), f"row {row}")
            del values
            most = max(most, len(alive))
            yield case

    monkeypatch.setattr(file_inputs, "stream", many)
    found = Predictor(trained("classes")[0]).file(new())
    assert sum(len(block.rows) for block in found.blocks()) == 10 * BATCH_SIZE
    assert most <= 2 * BATCH_SIZE


def test_numbers_that_are_not_finite_belong_to_their_sequence(trained, new, capsys, monkeypatch):
    run, _ = trained("classes")
    real = torch.nn.Linear.forward

    def wrong(self, given):
        found = real(self, given)
        return found.index_fill(0, torch.tensor([1]), float("nan")) if found.shape[-1] == 2 else found

    path = new([[f"q{row}", *VALUES[row]] for row in range(3)])
    monkeypatch.setattr(torch.nn.Linear, "forward", wrong)
    with pytest.raises(InputError, match=r"no finite numbers for new\.csv, line 3"):
        predict(run, path)
    predict(run, path, skip_bad=True)
    assert [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()] == ["q0", "q2"]


def test_other_runs_take_no_options_of_files(tmp_path, tiny_config):
    ff.run(tiny_config(steps=1, evaluate_every=1), tmp_path / "run")
    with pytest.raises(InputError, match="not trained on a file of yours"):
        predict(tmp_path / "run", tmp_path / "x.npy", skip_bad=True)
    with pytest.raises(InputError, match="on no file: leave --data out"):
        evaluate(tmp_path / "run", data=tmp_path)


def test_a_run_is_scored_on_its_file_wherever_that_is_now(tmp_path, tiny_config, capsys):
    (header, rows), options = KINDS["classes"]
    path = table(tmp_path / "train.csv", header, rows)
    config = tiny_config(steps=1, evaluate_every=1, calibrate=True, class_weights="balanced")
    config = replace(config, task="own", data=DataFile(path=str(path), **options))
    result = ff.run(config, tmp_path / "run")
    evaluate(tmp_path / "run")
    first = capsys.readouterr().out
    path.rename(tmp_path / "moved.csv")
    with pytest.raises(InputError, match="say with --data where it is now"):
        evaluate(tmp_path / "run")
    evaluate(tmp_path / "run", data=tmp_path / "moved.csv")
    assert capsys.readouterr().out == first
    assert ff.evaluate(tmp_path / "run", data=tmp_path / "moved.csv")["loss"] == pytest.approx(
        result.metrics["test"]["loss"], rel=1e-5
    )
    table(tmp_path / "moved.csv", header, rows[1:])
    with pytest.raises(InputError, match="other data"):
        evaluate(tmp_path / "run", data=tmp_path / "moved.csv")
    table(tmp_path / "moved.csv", header, [[*row[:-1], row[1] * 3] for row in rows])
    with pytest.raises(InputError, match="other data"):  # also where it has numbers in the place of classes
        evaluate(tmp_path / "run", data=tmp_path / "moved.csv")


@pytest.mark.parametrize("kind", ["classes", "windows", "letters"])
def test_an_edited_schema_reads_or_is_refused(trained, kind):
    run, path = trained(kind)
    _, _, adapter = read_adapter(run)
    for name in adapter.schema.settings:
        for value in (None, {}, -1, "x", ...):
            settings = {**adapter.schema.settings, name: value}
            if value is ...:
                del settings[name]
            schema = replace(adapter.schema, settings=settings)
            found = FileInputs(path, schema, adapter.reading, adapter.shape, Remarks(), skip_bad=True)
            with suppress(InputError):
                sum(len(batch) for batch in found.batches(8))
