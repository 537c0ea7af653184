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


def test_a_frame_in_the_place_of_a_file_is_one_sentence(folders, tmp_path, tiny_config):
    frame = Frame(a=[1.0], b=[2.0])
    with pytest.raises(InputError, match="a Frame is no path of a file: write a data frame to a file"):
        Task.from_file(frame, target="a")
    rows = [f"{at % 7},{at % 5},{'ab'[at % 2]}" for at in range(40)]
    (tmp_path / "a.csv").write_text("\n".join(["x,y,label", *rows]))
    run(tiny_config(steps=1, evaluate_every=1), tmp_path / "all" / "run", task=Task.from_file(tmp_path / "a.csv"))
    with pytest.raises(InputError, match="was trained on a file, and is given a Frame: write it to a file"):
        predict(tmp_path / "all" / "run", frame)
    with pytest.raises(InputError, match="is no run and holds 1 run: give one, such as"):
        predict(tmp_path / "all", tmp_path / "a.csv")
    with pytest.raises(InputError, match=r"wanted is a run's folder, or the adapter\.safetensors in it"):
        predict(tmp_path / "a.csv", tmp_path / "all" / "run")
