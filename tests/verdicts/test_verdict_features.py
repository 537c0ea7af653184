"""What stands in the columns, and that padding changes none of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from frostformer.tasks.readings import Patches
from frostformer.tasks.recorded import Recorded
from frostformer.tasks.shape import TaskShape
from frostformer.tasks.task import Task
from frostformer.verdicts import features
from frostformer.verdicts.features import FEATURES, MOST_COLUMNS, Columns, gap_channels, in_words

RNG = np.random.default_rng(0)


def ragged(count=40, channels=2, shortest=3, longest=9):
    return [RNG.normal(size=(length, channels)) for length in RNG.integers(shortest, longest + 1, count)]


def of_two(x, **how):
    return Task.from_arrays(x, np.arange(len(x)) % 2, name="two", **how)


def of_tokens(vocabulary=5, count=40, longest=9):
    rows = [RNG.integers(0, vocabulary, length) for length in RNG.integers(2, longest + 1, count)]
    rows[0][0] = vocabulary - 1
    return of_two(rows, kind="tokens")


def rows(task, name, split=None):
    return Columns.of(task, task.train).rows(name, split or task.test)


def per_position(x, channels=1):
    return Task.from_arrays(x, [row[:, 0] > 0 for row in x], name="each", per_position=True, scoring="classification")


def test_a_summary_of_a_channel():
    task = of_two(ragged())
    one = replace(task.test[:1], lengths=np.array([4]))
    values = one.inputs[0, :4].astype(np.float64)
    found = rows(task, "summary", one)[0]
    slope = np.polyfit(np.arange(4), values, 1)[0]
    parts = [values.mean(0), values.std(0), values.min(0), values.max(0), values[0], values[-1], slope, [4]]
    assert found == pytest.approx(np.concatenate(parts), abs=1e-5)


def test_a_summary_of_tokens():
    task = of_tokens(vocabulary=3)
    one = replace(task.test[:1], inputs=np.array([[2, 0, 0, 1, 1, 1, 1, 1, 1]]), lengths=np.array([4]))
    counts, ends = [2, 1, 1], [0, 0, 1, 0, 1, 0]
    pairs = np.zeros(9)
    pairs[[2 * 3 + 0, 0, 0 * 3 + 1]] = 1
    assert rows(task, "summary", one)[0] == pytest.approx([*counts, 0.5, 0.25, 0.25, *ends, *pairs, 4])


def test_flattened_tokens_are_one_hot():
    task = of_tokens(vocabulary=3)
    found = rows(task, "flattened").reshape(len(task.test), task.shape.length, 3)
    assert (found.sum((1, 2)) == task.test.lengths).all()
    assert in_words("flattened", task.shape) == "flattened tokens"


@pytest.mark.parametrize("name", ["flattened", "summary", "length"])
@pytest.mark.parametrize("make", [lambda: of_two(ragged()), of_tokens, lambda: of_tokens(1000)])
def test_padding_changes_nothing(name, make):
    task = make()
    junk = task.test.inputs.copy()
    beyond = np.arange(junk.shape[1]) >= task.test.lengths[:, None]
    junk[beyond] = 1
    alone = np.concatenate([rows(task, name, task.test[row : row + 1].trimmed()) for row in range(len(task.test))])
    assert (rows(task, name) == alone).all()
    assert (rows(task, name) == rows(task, name, replace(task.test, inputs=junk))).all()


def test_too_many_values_become_means_of_neighbours(monkeypatch):
    monkeypatch.setattr(features, "MOST_COLUMNS", 8)
    task = of_two(ragged(channels=3, shortest=2, longest=9))
    assert in_words("flattened", task.shape) == "means of 5 neighbouring positions"
    one = replace(task.test[:1], lengths=np.array([7]))
    values = one.inputs[0].astype(np.float64)
    assert rows(task, "flattened", one)[0] == pytest.approx([*values[:5].mean(0), *values[5:7].mean(0)], abs=1e-6)


@pytest.mark.parametrize(("length", "channels"), [(7, 1500), (65, 100), (3, 2000), (4096, 1), (5000, 1), (2, 5000)])
def test_never_too_many_columns(length, channels):
    shape = TaskShape("vectors", channels, length, classes=2)
    joined = features._joined(shape, channels)
    assert -(-length // joined) * channels <= max(MOST_COLUMNS, channels)


def test_of_a_large_vocabulary_the_common_tokens_are_counted(monkeypatch):
    monkeypatch.setattr(features, "MOST_COLUMNS", 4)
    x = np.tile([7, 7, 7, 3, 3, 1, 0, 5], (20, 1))
    x[:, -1] = np.arange(20) % 6
    task = of_two(x, kind="tokens")
    assert in_words("flattened", task.shape) == "token counts"
    assert set(Columns.of(task, task.train).common[:2]) == {7, 3}
    found = rows(task, "flattened")
    assert found.shape == (len(task.test), 4)
    assert (found[:, -1] == 3).all()  # the columns are in the order of the tokens' numbers


def test_the_inputs_around_a_position():
    task = per_position(ragged(channels=1))
    one = replace(task.test[:1], lengths=np.array([5]))
    values = np.pad(one.inputs[0, :5, 0], (3, 7))
    found = rows(task, "around", one)[0]
    assert found.shape == (task.shape.read_positions, 8)
    for place in range(5):  # the last read position is the last real one
        row = found[task.shape.read_positions - 5 + place]
        assert (row[:7] == values[place : place + 7]).all()
        assert row[7] == place


def test_vectors_of_many_channels_have_fewer_neighbours():
    assert in_words("around", TaskShape("vectors", 300, 8, 2, 8, per_position=True)) == "the inputs within 1 position"
    assert in_words("around", TaskShape("vectors", 5000, 8, 2, 8, per_position=True)) == "the inputs within 0 positions"


def test_where_values_are_missing():
    recording = Recorded(mean=(0.0, 0.0, 0.0), deviation=(1.0, 1.0, 1.0), used=(0, 2), missing=(2,), patch=2)
    assert gap_channels(recording) == (2, 5)
    values = np.ones((4, 3))
    values[[0, 3], 2] = np.nan
    sequence = recording.sequence(values)
    assert sequence[:, [2, 5]].tolist() == [[1, 0], [0, 1]]
    task = of_two(np.stack([sequence] * 20))
    columns = replace(Columns.of(task, task.train), gaps=gap_channels(recording))
    plain = replace(task.test, inputs=np.stack([sequence] * len(task.test)))
    assert columns.rows("missing", plain)[0].tolist() == [0.5, 0.5, 1, 0, 0, 1]


def test_images_are_cut_without_augmentation():
    cut = Patches(patch=2, size=(4, 4), augmented=True)
    images, targets = RNG.integers(0, 256, (30, 4, 4, 1), dtype=np.uint8), (np.arange(30) % 2).reshape(30, 1, 1)
    train, still = cut.sequences(images, targets), cut.still().sequences(images, targets)
    task = Task("images", 1, TaskShape("vectors", 4, 4, classes=2), train, still, still)
    assert (rows(task, "flattened", train) == rows(task, "flattened", still)).all()
    first = images[0, :2, :2, 0].ravel() / 255  # the patch in the upper left corner
    assert rows(task, "flattened")[0, :4] == pytest.approx(first)


def test_large_values_stay_finite():
    task = of_two(ragged())
    huge = replace(task.test, inputs=np.full_like(task.test.inputs, 1e30))
    for name in ("summary", "flattened"):
        assert np.isfinite(rows(task, name, huge)).all()


def test_blocks_change_nothing(monkeypatch):
    task = of_two(ragged())
    whole = {name: rows(task, name) for name in FEATURES if name not in ("missing", "around")}
    monkeypatch.setattr(features, "_BLOCK", 20)
    for name, found in whole.items():
        assert (rows(task, name) == found).all()
