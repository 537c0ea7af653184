"""The seeded batch iterator: the only owner of batch size and order.

Shapes: N sequences, B batch, T positions.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import count

import numpy as np

from frostformer.data.sequences import Sequences, Stream

POOL = 16  # batches: enough to find sequences of like length, few enough that an epoch's order stays mostly random


def training_batches(
    split: Sequences | Stream, batch_size: int, seed: int, first_step: int = 0, like: Sequences | None = None
) -> Iterator[Sequences]:
    """Batches without end, from `first_step` on, in the order of `like` if given: the same sequences in another form.

    Batch number s is a pure function of (split, batch_size, seed, s), so a resumed run sees what it would have seen.
    Sequences in memory are visited in a new order each epoch; a batch may span two epochs, so none is ever short. Where
    lengths differ, the sequences of POOL batches are sorted by length into these batches, so that padding costs little.
    """
    if isinstance(split, Stream):
        for step in count(first_step):
            yield split.draw(np.random.default_rng([seed, step]), batch_size)
    else:
        ragged = split.ragged
        split = split.trimmed()
        first_pool, place = divmod(first_step, POOL)
        for pool in count(first_pool):
            order = _pool_orders(like or split, batch_size, seed, pool)[place:].ravel()
            gathered = split[order]  # (POOL * B, ...) at once: small batches in two thirds of the time
            for start in range(0, len(gathered), batch_size):
                batch = gathered[start : start + batch_size]
                yield batch.trimmed() if ragged else batch
            place = 0


def evaluation_batches(split: Sequences, batch_size: int) -> Iterator[tuple[np.ndarray, Sequences]]:
    """The whole split as (indices, batch), the last batch as short as it comes; nothing dropped.

    The longest sequences come first, so that a batch too large for the memory is met at once; equal lengths keep the
    split's order.
    """
    order = np.argsort(-split.lengths, kind="stable")
    for start in range(0, len(split), batch_size):
        indices = order[start : start + batch_size]
        yield indices, split[indices].trimmed()


def padding_share(split: Sequences, batch_size: int, seed: int) -> float:
    """Share of padding among the positions of the first epoch's training batches, 0 to 1; reads the lengths alone."""
    if not split.ragged:
        return 0.0
    steps = -(-len(split) // batch_size)
    pools = [_pool_orders(split, batch_size, seed, pool) for pool in range(-(-steps // POOL))]
    orders = np.concatenate(pools)[:steps]
    lengths = split.lengths[orders]  # (steps, B)
    return 1 - float(lengths.sum() / (lengths.max(1).sum() * batch_size))


def epoch_order(num_sequences: int, batch_size: int, seed: int, step: int) -> np.ndarray:
    """(batch_size,) indices of one step: each epoch visits every sequence once, in an order of its own."""
    start, stop = step * batch_size, (step + 1) * batch_size  # counted over all epochs
    epochs = range(start // num_sequences, (stop - 1) // num_sequences + 1)
    orders = {epoch * num_sequences: _permutation(num_sequences, seed, epoch) for epoch in epochs}
    return np.concatenate([order[max(0, start - first) : stop - first] for first, order in orders.items()])


def _pool_orders(split: Sequences, batch_size: int, seed: int, pool: int) -> np.ndarray:
    """(POOL, B) indices of the pool's steps: those of `epoch_order`, where lengths differ sorted by length.

    They are sorted into batches of random ranks. Each epoch is sorted for itself and keeps its places, so a pool that
    spans epochs mixes none of them.
    """
    size, lengths = POOL * batch_size, split.lengths
    indices = epoch_order(len(lengths), size, seed, pool)  # (POOL * B,)
    if not split.ragged:
        return indices.reshape(POOL, batch_size)
    epochs = np.arange(pool * size, (pool + 1) * size) // len(lengths)
    ranks = np.random.default_rng([seed, pool, POOL]).permutation(POOL).repeat(batch_size)  # of each place's batch
    order = np.empty_like(indices)
    order[np.lexsort((ranks, epochs))] = indices[np.lexsort((lengths[indices], epochs))]
    return order.reshape(POOL, batch_size)


@lru_cache(maxsize=64)  # one order serves every step of its epoch, and a cohort has one for each seed
def _permutation(num_sequences: int, seed: int, epoch: int) -> np.ndarray:
    return np.random.default_rng([seed, epoch]).permutation(num_sequences)
