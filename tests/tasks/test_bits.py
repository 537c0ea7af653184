"""Bit XOR and bit memory against slow definitions; disjoint splits; streams depend on the generator alone."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frostformer.data.sequences import Sequences
from frostformer.errors import InputError
from frostformer.tasks import bits
from frostformer.tasks.bits import bit_memory, bit_xor
from helpers import same_sequences

SEEDS = st.integers(0, 2**32)
MEMORIES = st.sampled_from([(1, 8, 8), (2, 12, 3), (5, 40, 10), (3, 8, 1)])


def draw(task, seed: int, count: int) -> Sequences:
    return task.train.draw(np.random.default_rng(seed), count)


def rows_of(split: Sequences) -> set[bytes]:
    return {row.tobytes() for row in split.inputs}


@given(st.integers(3, 40), SEEDS)
def test_xor_is_right(length, seed):
    task = bit_xor(length)
    for split in (draw(task, seed, 16), task.validation[:16], task.test[:16]):
        for inputs, targets in zip(split.inputs[:, :, 0], split.targets[:, :, 0], strict=True):
            wanted = [int(a) ^ int(b) for a, b in zip(inputs[:length], inputs[length:], strict=True)]
            assert targets.tolist() == wanted


def test_xor_splits_share_no_input_and_cover_all_of_them():
    task = bit_xor(5)
    train, validation, test = rows_of(draw(task, 0, 20_000)), rows_of(task.validation), rows_of(task.test)
    everything = {np.array(row, np.float32)[:, None].tobytes() for row in itertools.product((0, 1), repeat=10)}
    assert not train & validation
    assert not train & test
    assert not validation & test
    assert train | validation | test == everything
    assert min(len(validation), len(test)) > 100


@pytest.mark.parametrize("length", range(3, 13))
def test_every_xor_length_has_held_out_inputs(length):
    task = bit_xor(length)
    for split in (task.validation, task.test):
        assert len(rows_of(split)) == len(split) >= 4


def test_held_out_xor_inputs_are_drawn_evenly():
    task = bit_xor(20)
    for split in (task.validation, task.test):
        assert len(split) == 1000
        assert np.abs(split.inputs.mean(axis=0) - 0.5).max() < 0.08  # five standard errors
        assert np.abs(split.targets.mean(axis=0) - 0.5).max() < 0.08


@given(MEMORIES, SEEDS)
def test_memory_asks_for_one_of_its_strings_with_some_bits_hidden(sizes, seed):
    strings, length, patch = sizes
    task = bit_memory(*sizes)
    patches = length // patch
    batch = draw(task, seed, 16)
    assert batch.inputs.shape == (16, (strings + 1) * patches, patch)
    flat = batch.inputs.reshape(16, strings + 1, length)
    wanted = batch.targets.reshape(16, length) * 2 - 1  # as -1 and +1
    memory, query = flat[:, :-1], flat[:, -1]
    assert set(np.unique(memory)) <= {-1.0, 1.0}
    assert (memory == wanted[:, None]).all(axis=2).any(axis=1).all()  # the target is one of the strings
    assert ((query == wanted) | (query == 0)).all()  # what is visible is right
    assert ((query == 0) == batch.marked.reshape(16, length)).all()  # the hidden bits are scored apart


def test_memory_hides_about_half_and_asks_for_every_string():
    batch = draw(bit_memory(), 0, 200)
    assert batch.inputs.shape == (200, 120, 50)
    assert batch.targets.shape == (200, 20, 50)
    flat = batch.inputs.reshape(200, 6, 1000)
    assert abs((flat[:, -1] == 0).mean() - 0.5) < 0.01
    asked = (flat[:, :-1] == batch.targets.reshape(200, 1, 1000) * 2 - 1).all(axis=2)
    assert asked.any(axis=0).all()


@given(st.integers(3, 40), SEEDS)
def test_xor_combines_the_two_bits_of_a_place(length, seed):
    task = bit_xor(length)
    batch = draw(task, seed, 3)
    combined = task.combines(batch)
    assert combined.shape == (3, length, 2 * length)
    for inputs, targets, rows in zip(batch.inputs[:, :, 0], batch.targets[:, :, 0], combined, strict=True):
        for place, row in enumerate(rows):
            assert row.nonzero()[0].tolist() == [place, length + place]
            assert inputs[row].sum() % 2 == targets[place]  # the answer is made of these alone


@given(MEMORIES, SEEDS)
def test_memory_combines_the_patch_that_holds_the_answer(sizes, seed):
    strings, length, patch = sizes
    task, patches = bit_memory(*sizes), length // patch
    batch = draw(task, seed, 16)
    combined = task.combines(batch)
    assert combined.shape == (16, patches, (strings + 1) * patches)
    for inputs, targets, rows in zip(batch.inputs, batch.targets, combined, strict=True):
        whole = [inputs[number * patches : (number + 1) * patches] for number in range(strings)]
        holders = [number for number, string in enumerate(whole) if ((string > 0) == targets).all()]
        assert holders
        for place, row in enumerate(rows):
            assert row.nonzero()[0].tolist() == [number * patches + place for number in holders]


def test_memory_asks_for_different_strings_in_different_sequences():
    task = bit_memory()
    combined = task.combines(task.validation[:50])
    assert (combined.sum(-1) == 1).all()
    assert len({row.tobytes() for row in combined}) == 5


def test_trivial_levels_are_those_of_the_test_split():
    task = bit_memory(2, 8, 4)
    right = total = 0
    for inputs, targets in zip(task.test.inputs, task.test.targets, strict=True):
        for shown, wanted in zip(inputs[-2:].ravel(), targets.ravel(), strict=True):
            right += wanted == (1 if shown == 1 else 0)
            total += 1
    assert task.trivial == pytest.approx({"guessing": 0.5, "copy the visible half": right / total})
    assert task.trivial["copy the visible half"] == pytest.approx(0.75, abs=0.02)
    assert bit_xor(20).trivial == {"guessing": 0.5}


def test_memory_splits_share_no_sequence():
    task = bit_memory(2, 8, 4)
    train, validation, test = rows_of(draw(task, 0, 5000)), rows_of(task.validation), rows_of(task.test)
    assert len(validation) > 900
    assert len(test) > 900
    assert not train & validation
    assert not train & test
    assert not validation & test


@given(st.sampled_from([lambda: bit_xor(5), lambda: bit_memory(2, 12, 3)]), SEEDS, st.integers(1, 40))
def test_a_stream_is_a_function_of_the_generator(make, seed, count):
    one, other = draw(make(), seed, count), draw(make(), seed, count)
    assert len(one) == count
    assert same_sequences(one, other)
    assert not same_sequences(draw(make(), seed, 40), draw(make(), seed + 1, 40))


@pytest.mark.parametrize("make", [bit_xor, lambda: bit_memory(2, 8, 4)])
def test_held_out_splits_are_always_the_same(make):
    for split in ("validation", "test"):
        assert same_sequences(getattr(make(), split), getattr(make(), split))


def test_buckets_are_about_equal():
    rows = np.random.default_rng(0).integers(-1, 2, (40_000, 30), dtype=np.int8)
    counts = np.bincount(bits._bucket(rows), minlength=8)
    assert len(counts) == 8
    assert np.abs(counts / 5000 - 1).max() < 0.07  # five standard errors


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: bit_xor(2), "length"),
        (lambda: bit_xor(257), "length"),
        (lambda: bit_memory(strings=0), "strings"),
        (lambda: bit_memory(bits=7), "bits"),
        (lambda: bit_memory(patch=0), "patch"),
        (lambda: bit_memory(patch=1001), "patch"),
        (lambda: bit_memory(bits=1000, patch=30), "do not divide"),
    ],
)
def test_refuses_sizes(make, named):
    with pytest.raises(InputError, match=named):
        make()
