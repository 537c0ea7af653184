"""The batch iterator: order is a pure function of (seed, step), nothing is dropped or seen twice in an epoch."""

from dataclasses import replace
from itertools import islice

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from conftest import same_sequences
from frostformer.data import Sequences, Stream, evaluation_batches, training_batches

COUNTS = st.integers(1, 30)
BATCH_SIZES = st.integers(1, 40)
SEEDS = st.integers(0, 2**32)


def numbered(count: int) -> Sequences:
    """Sequence i holds the number i at each of its 1 + i % 5 real positions and -1 behind them."""
    lengths = 1 + np.arange(count) % 5
    inputs = np.where(np.arange(5) < lengths[:, None], np.arange(count)[:, None], -1)
    return Sequences(inputs, lengths, np.arange(count)[:, None, None])


def numbers(batch: Sequences) -> list[int]:
    return batch.targets[:, 0, 0].tolist()


@given(COUNTS, BATCH_SIZES, SEEDS, st.integers(0, 60))
def test_a_batch_is_a_function_of_seed_and_step(count, batch_size, seed, step):
    split = numbered(count)
    from_start = next(islice(training_batches(split, batch_size, seed), step, None))
    assert same_sequences(from_start, next(training_batches(split, batch_size, seed, first_step=step)))
    assert len(from_start) == batch_size


@given(COUNTS, BATCH_SIZES, SEEDS)
def test_every_epoch_covers_every_sequence_once(count, batch_size, seed):
    steps = -(-3 * count // batch_size)
    drawn = [i for batch in islice(training_batches(numbered(count), batch_size, seed), steps) for i in numbers(batch)]
    for epoch in range(3):
        assert sorted(drawn[epoch * count : (epoch + 1) * count]) == list(range(count))


def test_a_batch_spans_two_epochs():
    batches = [numbers(batch) for batch in islice(training_batches(numbered(5), 4, seed=0), 2)]
    first_epoch, second_epoch = batches[0] + batches[1][:1], batches[1][1:]
    assert sorted(first_epoch) == [0, 1, 2, 3, 4]
    assert len(set(second_epoch)) == 3


def test_order_depends_on_seed_and_epoch():
    def epochs(seed):
        return [numbers(batch) for batch in islice(training_batches(numbered(30), 30, seed), 2)]

    assert len({tuple(order) for seed in (0, 1) for order in epochs(seed)}) == 4


@given(COUNTS, BATCH_SIZES)
def test_evaluation_covers_everything_in_order(count, batch_size):
    batches = list(evaluation_batches(numbered(count), batch_size))
    assert [i for batch in batches for i in numbers(batch)] == list(range(count))
    assert all(len(batch) == batch_size for batch in batches[:-1])


def test_batches_carry_no_column_that_is_all_padding():
    split = numbered(30)
    for batch in [*evaluation_batches(split, 2), *islice(training_batches(split, 2, seed=3), 20)]:
        assert batch.inputs.shape[1] == batch.lengths.max()
        for row, length, number in zip(batch.inputs, batch.lengths, numbers(batch), strict=True):
            assert (row[:length] == number).all()
            assert (row[length:] == -1).all()


def test_a_stream_is_asked_with_a_generator_of_seed_and_step():
    def draw(generator, n):
        values = generator.integers(0, 1000, (n, 3))
        return Sequences(values, np.full(n, 3), values[:, :1, None])

    def batches(seed, first_step=0):
        return list(islice(training_batches(Stream(draw), 4, seed, first_step), 3))

    assert all(len(batch) == 4 for batch in batches(0))
    assert same_sequences(batches(0)[2], batches(0, first_step=2)[0])
    assert not same_sequences(batches(0)[0], batches(0)[1])
    assert not same_sequences(batches(0)[0], batches(1)[0])


def test_marks_and_transform_travel_with_their_sequences():
    def transform(inputs):
        return inputs

    marked = np.arange(6)[:, None, None] % 2 == 0
    split = replace(numbered(6), marked=marked, transform=transform)
    (batch,) = islice(training_batches(split, 4, seed=0), 1)
    assert (batch.marked[:, 0, 0] == (batch.targets[:, 0, 0] % 2 == 0)).all()
    assert batch.transform is transform
    assert batch.inputs.shape == (4, 5)  # raw values are not cut to lengths


def test_selection_keeps_the_asked_order():
    picked = numbered(6)[np.array([4, 0, 5])]
    assert numbers(picked) == [4, 0, 5]
    assert picked.lengths.tolist() == [5, 1, 1]
    assert len(picked) == 3
