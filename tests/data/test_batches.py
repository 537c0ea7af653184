"""The batch iterator: order is a pure function of (seed, step), nothing is dropped or seen twice in an epoch."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frostformer.data.batches import POOL, evaluation_batches, padding_share, training_batches
from frostformer.data.sequences import Sequences, Stream
from helpers import same_sequences

COUNTS = st.integers(1, 300)
BATCH_SIZES = st.integers(1, 40)
SEEDS = st.integers(0, 2**32)


def numbered(count: int) -> Sequences:
    """Sequence i holds the number i at each of its 1 + i % 5 real positions and -1 behind them."""
    lengths = 1 + np.arange(count) % 5
    inputs = np.where(np.arange(5) < lengths[:, None], np.arange(count)[:, None], -1)
    return Sequences(inputs, lengths, np.arange(count)[:, None, None])


def numbers(batch: Sequences) -> list[int]:
    return batch.targets[:, 0, 0].tolist()


def of_lengths(lengths: list[int] | np.ndarray) -> Sequences:
    """Sequences of ones of the given lengths, numbered by their targets."""
    lengths = np.array(lengths)
    inputs = (np.arange(lengths.max()) < lengths[:, None]).astype(np.int64)
    return Sequences(inputs, lengths, np.arange(len(lengths))[:, None, None])


def in_permuted_order(count: int, batch_size: int, seed: int, step: int) -> np.ndarray:
    """(batch_size,) indices of one step where nothing is sorted."""
    drawn = range(step * batch_size, (step + 1) * batch_size)
    orders = {e: np.random.default_rng([seed, e]).permutation(count) for e in {place // count for place in drawn}}
    return np.array([orders[place // count][place % count] for place in drawn])


def padding_unsorted(split: Sequences, batch_size: int, seed: int) -> float:
    steps = range(-(-len(split) // batch_size))
    lengths = np.stack([split.lengths[in_permuted_order(len(split), batch_size, seed, step)] for step in steps])
    return 1 - lengths.sum() / (lengths.max(1).sum() * batch_size)


@given(COUNTS, BATCH_SIZES, SEEDS, st.integers(0, 60))
def test_a_batch_is_a_function_of_seed_and_step(count, batch_size, seed, step):
    split = numbered(count)
    from_start = next(islice(training_batches(split, batch_size, seed), step, None))
    assert same_sequences(from_start, next(training_batches(split, batch_size, seed, first_step=step)))
    assert len(from_start) == batch_size


@pytest.mark.parametrize("first", [0, 1, POOL - 1, POOL, POOL + 5])
def test_an_order_that_goes_on_does_so_through_all_later_pools(first):
    split = numbered(50)
    whole = [numbers(batch) for batch in islice(training_batches(split, 3, seed=1), 4 * POOL)]
    later = islice(training_batches(split, 3, seed=1, first_step=first), 4 * POOL - first)
    assert [numbers(batch) for batch in later] == whole[first:]


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


@given(COUNTS, BATCH_SIZES, SEEDS, st.integers(0, 60), st.booleans())
def test_where_no_padding_can_be_saved_the_order_is_the_permutation(count, batch_size, seed, step, transformed):
    split = numbered(count)
    split = replace(split, transform=lambda x: x) if transformed else replace(split, lengths=np.full(count, 5))
    batch = next(training_batches(split, batch_size, seed, step))
    assert numbers(batch) == in_permuted_order(count, batch_size, seed, step).tolist()


def test_a_pool_is_sorted_into_batches_that_come_in_an_order_of_their_own():
    split = of_lengths(np.random.default_rng(0).permutation(np.arange(1, 4 * POOL * 8 + 1)))
    batches = list(islice(training_batches(split, 8, seed=0), 4 * POOL))  # one epoch of four pools
    visits = []
    for first in range(0, len(batches), POOL):
        pool = batches[first : first + POOL]
        shortest, longest = ([int(of(batch.lengths)) for batch in pool] for of in (np.min, np.max))
        assert all(end < start for end, start in zip(sorted(longest), sorted(shortest)[1:], strict=False))
        visits.append(tuple(np.argsort(longest)))
    assert len({*visits, tuple(range(POOL))}) == 5


def test_the_batches_of_a_pool_come_in_another_order_for_every_seed():
    split = of_lengths(np.arange(1, 8 * POOL + 1))  # one pool, so the batches are the same for every seed
    visits = {
        tuple(int(batch.lengths.max()) for batch in islice(training_batches(split, 8, seed), POOL)) for seed in range(5)
    }
    assert len(visits) == 5
    assert len({tuple(sorted(order)) for order in visits}) == 1


@given(st.data(), st.integers(1, 8), st.integers(1, 40), SEEDS)
def test_whole_batches_never_pad_more_than_unsorted_ones(data, batch_size, steps, seed):
    lengths = data.draw(st.lists(st.integers(1, 50), min_size=batch_size * steps, max_size=batch_size * steps))
    split = of_lengths(lengths)
    assert padding_share(split, batch_size, seed) <= padding_unsorted(split, batch_size, seed) + 1e-12


@given(st.integers(1, 16), st.integers(4, 40), st.integers(0, 15), SEEDS)
def test_batches_that_span_epochs_pad_less_on_average(batch_size, steps, more, seed):
    lengths = np.random.default_rng(seed).integers(1, 100, batch_size * steps + more % batch_size)
    split = of_lengths(lengths)
    shares = [(padding_share(split, batch_size, s), padding_unsorted(split, batch_size, s)) for s in range(10)]
    found, unsorted = np.mean(shares, axis=0)
    assert found < unsorted or batch_size == 1


def test_little_of_widely_differing_lengths_is_padding():
    split = of_lengths(np.random.default_rng(0).integers(10, 1001, 4000))
    assert padding_unsorted(split, 16, seed=0) > 0.45
    assert padding_share(split, 16, seed=0) < 0.06


@given(st.lists(st.integers(1, 50), min_size=1, max_size=200), BATCH_SIZES, SEEDS)
def test_the_share_of_padding_is_that_of_the_batches_of_an_epoch(lengths, batch_size, seed):
    split = of_lengths(lengths)
    batches = list(islice(training_batches(split, batch_size, seed), -(-len(lengths) // batch_size)))
    real, positions = (sum(int(of(batch.inputs)) for batch in batches) for of in (np.sum, np.size))
    assert padding_share(split, batch_size, seed) == pytest.approx(1 - real / positions)


def test_equal_lengths_and_raw_values_have_no_padding():
    assert padding_share(of_lengths([7] * 30), 4, seed=0) == 0.0
    assert padding_share(replace(numbered(30), transform=lambda x: x), 4, seed=0) == 0.0


@given(COUNTS, BATCH_SIZES)
def test_evaluation_covers_everything_the_longest_first(count, batch_size):
    split = numbered(count)
    batches = list(evaluation_batches(split, batch_size))
    order = [i for indices, _ in batches for i in indices.tolist()]
    assert order == sorted(range(count), key=lambda i: -split.lengths[i])  # stable, like Python's sort
    assert all(same_sequences(batch, split[indices].trimmed()) for indices, batch in batches)
    assert all(len(batch) == batch_size for _, batch in batches[:-1])


def test_equal_lengths_are_evaluated_in_the_order_of_the_split():
    batches = evaluation_batches(of_lengths([3] * 10), 4)
    assert [indices.tolist() for indices, _ in batches] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_batches_carry_no_column_that_is_all_padding():
    split = numbered(30)
    evaluated = [batch for _, batch in evaluation_batches(split, 2)]
    for batch in [*evaluated, *islice(training_batches(split, 2, seed=3), 20)]:
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
