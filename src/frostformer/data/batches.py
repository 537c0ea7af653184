"""Cuts sequences into batches, in a seeded order; no other file decides on either.

Shapes: N sequences, B batch, T positions.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import count

import numpy as np

from frostformer.data.sequences import Sequences, Stream

POOL = 16  # batches; enough to put sequences of similar length together, and few enough to keep the order mostly random


def training_batches(split: Sequences | Stream, batch_size: int, seed: int, first_step: int = 0) -> Iterator[Sequences]:
    """Batches without end, from the step `first_step` on.

    Batch number s is a pure function of (split, batch_size, seed, s), so a resumed run sees what it would have seen.
    Sequences in memory are visited in a new order each epoch. A batch may span two epochs, so all are full.
    Where lengths differ, sequences of similar length share a batch, so that little of it is padding.

    Args:
        split: what to draw from.
        batch_size: sequences in a batch.
        seed: seed of the order.
        first_step: number of the first batch.
    """
    if isinstance(split, Stream):
        for step in count(first_step):
            yield split.draw(np.random.default_rng([seed, step]), batch_size)
    else:
        for order in training_orders(split, batch_size, seed, first_step):
            for indices in order:
                yield split[indices].trimmed()


def training_orders(split: Sequences, batch_size: int, seed: int, first_step: int = 0) -> Iterator[np.ndarray]:
    """(batches, B) indices of the batches from the step `first_step` on, up to POOL of them at a time."""
    first_pool, place = divmod(first_step, POOL)
    for pool in count(first_pool):
        yield _pool_orders(split, batch_size, seed, pool)[place:]
        place = 0


def evaluation_batches(split: Sequences, batch_size: int) -> Iterator[tuple[np.ndarray, Sequences]]:
    """The whole split as (indices, batch); nothing is dropped, so the last batch may be short.

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
    """(POOL, B) indices of POOL consecutive batches.

    The pool holds the sequences that `epoch_order` gives. Where lengths differ, they are sorted by length, cut into
    batches, and the batches are visited in random order. Sequences of different epochs are never mixed.
    """
    size, lengths = POOL * batch_size, split.lengths
    indices = epoch_order(len(lengths), size, seed, pool)  # (POOL * B,)
    if not split.ragged:
        return indices.reshape(POOL, batch_size)
    epochs = np.arange(pool * size, (pool + 1) * size) // len(lengths)
    ranks = np.random.default_rng([seed, pool, POOL]).permutation(POOL).repeat(batch_size)  # of each one's batch
    order = np.empty_like(indices)
    order[np.lexsort((ranks, epochs))] = indices[np.lexsort((lengths[indices], epochs))]
    return order.reshape(POOL, batch_size)


@lru_cache(maxsize=64)  # one order serves every step of its epoch, and a cohort has one for each seed
def _permutation(num_sequences: int, seed: int, epoch: int) -> np.ndarray:
    return np.random.default_rng([seed, epoch]).permutation(num_sequences)
