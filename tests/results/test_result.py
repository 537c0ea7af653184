"""One JSON file per run: read back equal, never over 100 kB, and one sentence for what is not a result."""

import itertools
import json
import re
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frostformer.config import RunConfig
from frostformer.errors import InputError
from frostformer.provenance import environment
from frostformer.results.result import (
    FORMAT,
    MOST_CURVE_POINTS,
    MOST_RESULT_BYTES,
    Result,
    find_results,
    read_result,
    thin,
    write_result,
)
from frostformer.runs.attention import MOST_NUMBERS
from results.made import classes, labels, numbers

POINT = {
    "step": 999_950,
    "train_loss": 2.3025850929940455,
    "validation_loss": 2.3025850929940455,
    "validation_accuracy": 0.9666666666666667,
    "seconds": 99999.999,
}
RESULT = Result(
    config=asdict(RunConfig(task_options={"length": "7"})),
    task={"name": "bit-xor", "version": 1, "splits": {"train": None}, "trivial": {}, "note": "", "source": "é"},
    backbone={"name": "gpt2", "fingerprint": "f" * 64, "max_length": None, "causal": True},
    groups=[{"group": "input", "trained": True, "tensors": 2, "parameters": 9, "percent": 1 / 3}],
    metrics={"validation": {"loss": 0.1, "accuracy": 1.0}, "test": {"loss": 1e-9, "accuracy": 1.0}},
    chosen_step=50,
    steps=100,
    milestones={"0.5": 50},
    curve=[POINT],
    seconds=1.5,
    adapter_bytes=1000,
    attention=None,
    environment=environment("cpu", 1),
)


@pytest.mark.parametrize("result", [RESULT, replace(RESULT, attention=[[[1.0, 0.0], [0.5, 0.5]]], curve=[])])
def test_reads_back_equal(tmp_path, result):
    path = tmp_path / "new" / "result.json"
    write_result(path, result)
    assert read_result(path) == result
    assert [file.name for file in path.parent.iterdir()] == ["result.json"]


def test_a_diverged_loss_becomes_null(tmp_path):
    write_result(tmp_path / "result.json", replace(RESULT, curve=[POINT | {"train_loss": float("nan")}]))
    assert read_result(tmp_path / "result.json").curve == [POINT | {"train_loss": None}]


def test_format_1_reads_with_nothing_resolved(tmp_path):
    path = tmp_path / "result.json"
    write_result(path, RESULT)
    fields = json.loads(path.read_text())
    assert fields.pop("resolved") == {}
    assert fields.pop("attention_share") is None
    assert fields.pop("format") == FORMAT == 3
    path.write_text(json.dumps(fields | {"format": 1}))
    assert read_result(path) == replace(RESULT, format=1)


def test_a_share_that_rounding_has_made_larger_than_1_is_1(tmp_path):
    path = tmp_path / "result.json"
    test = RESULT.metrics["test"] | {"auc": 1.0000000000000002, "balanced_accuracy": -1e-17, "recall": [1 + 1e-7, None]}
    share = {"mean": 1.0000001, "blocks": [1.0000001], "uniform": 0.1, "sequences": 32}
    write_result(path, replace(RESULT, metrics=RESULT.metrics | {"test": test}, attention_share=share))
    found = read_result(path)
    assert [found.metrics["test"][name] for name in ("auc", "balanced_accuracy", "recall")] == [1.0, 0.0, [1.0, None]]
    assert (found.attention_share["mean"], found.attention_share["blocks"]) == (1.0, [1.0])


@pytest.mark.parametrize("change", [{"mean": 1.1}, {"blocks": [-0.1]}, {"blocks": None}, {"sequences": 1.5}])
def test_shares_of_attention_are_read_and_checked(tmp_path, change):
    share = {"mean": 0.25, "blocks": [0.2, 0.3], "uniform": 0.1, "sequences": 32}
    path = tmp_path / "result.json"
    write_result(path, replace(RESULT, attention_share=share))
    assert read_result(path).attention_share == share
    write_result(path, replace(RESULT, attention_share=share | change))
    with pytest.raises(InputError, match=f"attention_share.{next(iter(change))}"):
        read_result(path)


def test_the_split_train_may_be_there_and_is_checked(tmp_path):
    path = tmp_path / "result.json"
    with_train = replace(RESULT, metrics=RESULT.metrics | {"train": {"loss": 0.2, "accuracy": 0.5}})
    write_result(path, with_train)
    assert read_result(path) == with_train
    write_result(path, replace(RESULT, metrics=RESULT.metrics | {"train": {"accuracy": 1.5}}))
    with pytest.raises(InputError, match=r"metrics\.train\.accuracy"):
        read_result(path)


@pytest.mark.parametrize("made", [classes([[3, 1], [0, 0]]), labels(), numbers(), numbers(None)])
def test_every_kind_reads_back_equal(tmp_path, made):
    made = replace(made, resolved={"device": "cpu: no GPU here"})
    write_result(tmp_path / "result.json", made)
    assert read_result(tmp_path / "result.json") == made


def test_a_metric_that_is_not_finite_becomes_null(tmp_path):
    write_result(tmp_path / "result.json", numbers(float("nan"), float("inf")))
    read = read_result(tmp_path / "result.json")
    assert read.metrics["test"] == {"loss": None, "mae": None, "rmse": None, "r2": None}
    assert [point["validation_r2"] for point in read.curve] == [None] * 3


def test_the_largest_result_has_at_most_100_kb(tmp_path):
    side = int((MOST_NUMBERS / 6) ** 0.5)
    attention = [[[0.027] * side] * side] * 6
    point = POINT | {"validation_balanced_accuracy": POINT["validation_accuracy"]}
    del point["validation_accuracy"]
    curve = thin([point] * 10 * MOST_CURVE_POINTS)
    metrics = classes([[1234] * 32] * 32).metrics
    metrics["train"] = {name: 1 / 3 for name, value in metrics["test"].items() if isinstance(value, float)}
    write_result(tmp_path / "result.json", replace(RESULT, curve=curve, attention=attention, metrics=metrics))
    assert (tmp_path / "result.json").stat().st_size <= 100_000


def test_a_point_of_the_curve_is_a_line(tmp_path):
    write_result(tmp_path / "result.json", replace(RESULT, curve=[POINT, POINT]))
    lines = (tmp_path / "result.json").read_text().splitlines()
    assert sum("train_loss" in line for line in lines) == 2
    assert sum("milestones" in line for line in lines) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not a result file"),
        (b"[]", "is not a result file"),
        (b"{}", "is not a result file"),
        (b'{"format": 1}', "is not a result file"),
        (b'{"format": "one"}', "is not a result file"),
        (b"\xff\xfe\x00", "is not a result file"),
        (b'{"format": 99}', f"newer version.*reads up to {FORMAT}.*upgrade"),
    ],
)
def test_refuses_what_is_not_a_result(tmp_path, content, words):
    path = tmp_path / "result.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=re.escape(str(path)) + ".*" + words):
        read_result(path)


def test_a_field_that_is_not_known_is_passed_over_and_an_unknown_option_is_newer(tmp_path):
    path = tmp_path / "result.json"
    write_result(path, RESULT)
    fields = json.loads(path.read_text())
    path.write_text(json.dumps(fields | {"new_field": 1}))
    assert read_result(path) == RESULT
    path.write_text(json.dumps(fields | {"config": {"new_option": 1}}))
    with pytest.raises(InputError, match="'new_option' is of a newer version"):
        read_result(path)


def test_half_a_result_and_too_large_a_file_are_refused(tmp_path):
    path = tmp_path / "result.json"
    write_result(path, RESULT)
    whole = path.read_text()
    for content, words in ((whole[:-20], "is not a result file"), (whole + " " * MOST_RESULT_BYTES, "has more than")):
        path.write_text(content)
        with pytest.raises(InputError, match=words):
            read_result(path)


def test_finds_every_result_under_the_folders_in_path_order(tmp_path):
    for i, name in enumerate(("b/x", "a/y", "a/x")):
        write_result(tmp_path / name / "result.json", replace(RESULT, steps=i))
    (tmp_path / "a" / "x" / "other.json").write_text("{}")
    for folders in ([tmp_path], [tmp_path / "b", tmp_path / "a", tmp_path / "a"]):
        results, left_out = find_results(folders)
        assert [result.steps for result in results] == [2, 1, 0]
        assert left_out == []


def test_one_bad_result_among_many_is_left_out_and_named(tmp_path):
    write_result(tmp_path / "a" / "result.json", RESULT)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "result.json").write_text("{")
    results, (sentence,) = find_results([tmp_path])
    assert results == [RESULT]
    assert sentence.startswith(f"{tmp_path / 'b' / 'result.json'} is not a result file")
    with pytest.raises(InputError, match="is not a result file"):
        find_results([tmp_path / "b"])


def test_every_committed_result_is_read():
    results, left_out = find_results([Path(__file__).parents[2] / "results"])
    assert left_out == []
    assert {result.format for result in results} == {1, 3}


def test_refuses_a_missing_file_and_a_missing_or_empty_folder(tmp_path):
    with pytest.raises(InputError, match="no result at"):
        read_result(tmp_path / "result.json")
    with pytest.raises(InputError, match="no folder at"):
        find_results([tmp_path, tmp_path / "absent"])
    with pytest.raises(InputError, match=r"no result\.json under"):
        find_results([tmp_path])


@given(st.integers(0, 500), st.integers(2, 50))
def test_thinning_keeps_ends_order_and_even_steps(count, most):
    points = list(range(count))
    kept = thin(points, most)
    assert len(kept) == min(count, most)
    assert kept == sorted(set(kept))
    if count:
        assert (kept[0], kept[-1]) == (0, count - 1)
    gaps = [b - a for a, b in itertools.pairwise(kept)]
    assert not gaps or max(gaps) - min(gaps) <= 1


def test_the_environment_names_what_a_number_depends_on():
    found = environment("cuda", 2)
    assert (found["device"], found["processes"]) == ("cuda", 2)
    assert found["versions"]["torch"]
    assert found["versions"]["transformers"]
    assert all(found[name] for name in ("python", "platform", "processor", "cores"))
    json.dumps(found)


def test_the_seconds_of_older_cohorts_are_those_of_all_runs():
    together = replace(RESULT, seconds=30.0, together=3)
    assert together.own_seconds == 30.0
    assert replace(together, format=2).own_seconds == 10.0
