"""Data frames of pandas and polars, and of any library that looks like them."""

from __future__ import annotations

import numpy as np
import pytest

from frostformer import FrozenTransformerClassifier, Task, predict, run
from frostformer.deploy.frames import no_numbers, sequences_in_cells
from frostformer.errors import InputError


class Frame(dict):
    """What pandas and polars have in common."""

    columns = property(list)


class Series(list):
    """A column alone."""

    to_list = list.copy


class Lazy(Frame):
    """One whose rows are not computed yet."""

    collect = collect_schema = dict.copy


class Odd:
    """Only looks like a table."""

    columns = ("a", "b")


LISTS = [[1.0, 2.0, 3.0], [4.0, 5.0]]


def test_lists_in_cells_are_sequences():
    assert sequences_in_cells(Frame(x=LISTS)) == LISTS
    assert sequences_in_cells(Series(LISTS)) == LISTS
    both = sequences_in_cells(Frame(x=LISTS, y=LISTS))
    assert [one.shape for one in both] == [(3, 2), (2, 2)]
    for other in (Frame(x=[1.0], y=[2.0]), Series([1.0]), Frame(x=["long text"]), np.zeros((2, 2)), LISTS):
        assert sequences_in_cells(other) is None


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (Frame(x=LISTS, y=[1.0, 2.0]), "lists in 'x' and none in 'y'"),
        (Frame(x=LISTS, y=LISTS[::-1]), r"sequence 1 \(counted from 1\) has lists of different lengths"),
        (Lazy(x=LISTS), "is a Lazy, which has no rows yet"),
    ],
)
def test_what_cannot_be_sequences_is_one_sentence(frame, sentence):
    with pytest.raises(InputError, match=sentence):
        sequences_in_cells(frame)


def test_columns_that_are_no_numbers_are_named():
    frame = Frame(a=[1, None], b=["x", "y"], c=np.array(["2020-01-01"] * 2, "datetime64[D]"), d=["1", "2"])
    assert "columns 'b', 'c' of the frame" in str(no_numbers(frame))
    assert no_numbers(Frame(a=[1, 2])) is None
    assert no_numbers(np.array([["x"]])) is None


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_of_both_libraries(library, folders):
    library = pytest.importorskip(library)
    values = np.random.default_rng(0).standard_normal((20, 4))
    answers = np.where(values[:, 0] > 0, "yes", "no")
    model = FrozenTransformerClassifier(backbone=str(folders["gpt2"]), steps=2, evaluate_every=1)
    columns = dict(zip("abcd", values.T, strict=True))
    table = library.DataFrame(columns)
    wanted = model.fit(values, answers).predict_proba(values)
    assert np.array_equal(model.fit(table, library.Series(answers)).predict_proba(table), wanted)
    lists = [row[: 2 + at % 3].tolist() for at, row in enumerate(values)]
    wanted = model.fit(lists, answers).predict_proba(lists)
    frame = library.DataFrame({"x": lists})
    assert np.array_equal(model.fit(frame, answers).predict_proba(frame), wanted)
    with pytest.raises(InputError, match="column 'e' of the frame"):
        model.fit(library.DataFrame({**columns, "e": ["q"] * 20}), answers)


def test_channels_in_another_order_are_refused(folders, tmp_path):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({name: [[at % 3, at % 2] for at in range(20)] for name in ("x", "y")})
    model = FrozenTransformerClassifier(backbone=str(folders["gpt2"]), steps=2, evaluate_every=1)
    model.fit(frame, ["a", "b"] * 10).predict(frame)
    with pytest.raises(InputError, match="X has the columns 'y' and 'x', and the estimator was fitted on 'x' and 'y'"):
        model.predict(frame[["y", "x"]])
    model.save(tmp_path / "model.safetensors")
    with pytest.raises(InputError, match="X has the columns 'y' and 'x', and the estimator was fitted on 'x' and 'y'"):
        FrozenTransformerClassifier.load(tmp_path / "model.safetensors").predict(frame[["y", "x"]])
    model.fit(np.zeros((20, 2, 2)), ["a", "b"] * 10).predict(frame)


def columns_of(count):
    """A table of two channels and an answer."""
    rows = range(count)
    return {"x": [at % 7 for at in rows], "y": [at % 5 for at in rows], "label": ["ab"[at % 2] for at in rows]}


@pytest.mark.parametrize("library", ["pyarrow", "pandas", "polars"])
def test_a_frame_in_the_place_of_a_file(library, tmp_path, tiny_config):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    make = pyarrow.table if library == "pyarrow" else pytest.importorskip(library).DataFrame
    parquet.write_table(pyarrow.table(columns_of(40)), tmp_path / "a.parquet")
    task = Task.from_file(make(columns_of(40)), name="a", target="label")
    assert task.fingerprint == Task.from_file(tmp_path / "a.parquet", name="a", target="label").fingerprint
    run(tiny_config(steps=1, evaluate_every=1), tmp_path / "run", task=task)
    answers = predict(tmp_path / "run", make(columns_of(9)))
    assert np.array_equal(answers, predict(tmp_path / "run", make({"x": columns_of(9)["x"], "y": columns_of(9)["y"]})))
    if library != "pyarrow":
        rows = [[x, y] for x, y in zip(*list(columns_of(9).values())[:2], strict=True)]
        series = pytest.importorskip(library).Series(rows)
        assert np.array_equal(answers, predict(tmp_path / "run", series))
    with pytest.raises(InputError, match="the data frame lacks 1 of the columns"):
        predict(tmp_path / "run", make({"x": [1, 2]}))


def test_the_numbers_of_the_rows_of_pandas_are_no_input():
    pyarrow = pytest.importorskip("pyarrow")
    numbers = np.random.default_rng(0).permutation(40).tolist()
    task = Task.from_file(pyarrow.table(columns_of(40) | {"__index_level_0__": numbers}), target="label")
    assert (task.shape.channels, task.shape.length) == (1, 2)


def test_what_is_no_frame_and_no_run_is_one_sentence(tmp_path, tiny_config):
    pytest.importorskip("pyarrow")
    with pytest.raises(InputError, match="Odd is no data frame that pyarrow takes"):
        Task.from_file(Odd(), target="a")
    with pytest.raises(InputError, match="int is no path of a file and no data frame"):
        Task.from_file(3)
    np.savez(tmp_path / "a.npz", x=np.random.default_rng(0).standard_normal((40, 3)), y=[0, 1] * 20)
    run(tiny_config(steps=1, evaluate_every=1), tmp_path / "all" / "run", task=Task.from_file(tmp_path / "a.npz"))
    with pytest.raises(InputError, match="trained on a file of the kind 'arrays', and the data frame is a table"):
        predict(tmp_path / "all" / "run", Frame(a=[1.0], b=[2.0]))
    with pytest.raises(InputError, match="is no run and holds 1 run: give one, such as"):
        predict(tmp_path / "all", tmp_path / "a.npz")
    (tmp_path / "a.txt").write_text("1,2")
    with pytest.raises(InputError, match=r"wanted is a run's folder, or the adapter\.safetensors in it"):
        predict(tmp_path / "a.txt", tmp_path / "all" / "run")
