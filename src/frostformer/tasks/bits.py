"""Bit XOR and bit memory (Lu et al. 2021, section 2.1): endless random bits; a hash sets the held-out inputs apart.

Bit XOR: two strings of `length` bits, one bit per position; the last `length` positions predict the XOR, bit by bit.
Bit memory: `strings` strings of `bits` bits in patches of `patch`, then one of them again with about half of its bits
hidden; the last positions predict the whole string. In bit memory bits are -1 and +1, hidden ones 0.

The paper draws train and test from one generator, so for 5-bit XOR they share all 1,024 inputs. Here a hash of the
input itself says to which split it belongs: the splits are disjoint for every length, and training is still endless.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from frostformer.data.sequences import Sequences, Stream
from frostformer.errors import InputError, check_range
from frostformer.tasks.shape import TaskShape
from frostformer.tasks.task import Task

_HELD_OUT_SEED = 2021  # of the hash and of the held-out draws; it is fixed, so that all runs have the same splits
_HASH_BUCKETS = 8  # bucket 0 is the test split, bucket 1 (another one in another division) validation, the others train

Draw = Callable[[np.random.Generator, int], np.ndarray]


def bit_xor(length: int = 5) -> Task:
    """Bitwise XOR of two strings of `length` bits (3 to 256; the paper: 5)."""
    check_range("length", length, 3, 256)  # shorter ones have too few inputs to hold any out

    def draw(generator: np.random.Generator, n: int) -> np.ndarray:
        return generator.integers(0, 2, (n, 2 * length), dtype=np.int8)

    def sequences(bits: np.ndarray) -> Sequences:
        xor = bits[:, :length] ^ bits[:, length:]  # (N, R)
        return _sequences(bits[:, :, None].astype(np.float32), xor[:, :, None])

    def combines(sequences: Sequences) -> np.ndarray:
        """(N, R, T): bit i of the answer is made of bit i of both strings."""
        both = np.tile(np.eye(length, dtype=bool), 2)  # (R, T)
        return np.broadcast_to(both, (len(sequences), *both.shape))

    shape = TaskShape("vectors", channels=1, length=2 * length, classes=2, read_positions=length)
    note = f"answer i is 1 where bit i and bit {length} + i differ, which is their XOR"
    return replace(_bit_task("bit-xor", shape, draw, sequences), note=note, combines=combines)


def bit_memory(strings: int = 5, bits: int = 1000, patch: int = 50) -> Task:
    """Recall the hidden bits of one of `strings` strings (the paper: 5 strings of 1,000 bits in patches of 50)."""
    check_range("strings", strings, 1, 100)
    check_range("bits", bits, 8, 10_000)
    check_range("patch", patch, 1, bits)
    if bits % patch:
        raise InputError(f"bit-memory: {bits} bits do not divide into patches of {patch}: give another patch")
    patches = bits // patch

    def draw(generator: np.random.Generator, n: int) -> np.ndarray:
        """(N, strings + 2, bits): the strings, the visible part of one of them, its hidden part."""
        memory = generator.integers(0, 2, (n, strings, bits), dtype=np.int8) * 2 - 1
        asked = memory[np.arange(n), generator.integers(0, strings, n)]  # (N, bits)
        visible = asked * generator.integers(0, 2, (n, bits), dtype=np.int8)  # hidden bits become 0
        hidden = asked - visible  # not part of the input; needed for the target
        return np.concatenate([memory, visible[:, None], hidden[:, None]], axis=1)

    def sequences(rows: np.ndarray) -> Sequences:
        hidden = rows[:, -1].reshape(len(rows), patches, patch) != 0
        inputs = rows[:, :-1].reshape(len(rows), (strings + 1) * patches, patch).astype(np.float32)
        whole = (rows[:, -2] + rows[:, -1]) > 0  # (N, bits)
        return _sequences(inputs, whole.reshape(len(rows), patches, patch), hidden)

    def combines(sequences: Sequences) -> np.ndarray:
        """(N, R, T): patch i of the answer is patch i of the string that is asked for; of all, where some are equal."""
        memory = sequences.inputs[:, :-patches].reshape(-1, strings, 1, bits) > 0
        asked = (memory == sequences.targets.reshape(-1, 1, 1, bits)).all(axis=3)  # (N, strings, 1)
        in_memory = asked[:, None] & np.eye(patches, dtype=bool)[:, None]  # (N, R, strings, patches)
        flat = in_memory.reshape(len(sequences), patches, strings * patches)
        return np.pad(flat, ((0, 0), (0, 0), (0, patches)))  # nothing is copied from the question

    shape = TaskShape(
        "vectors", channels=patch, length=(strings + 1) * patches, classes=2, read_positions=patches, predictions=patch
    )
    task = _bit_task("bit-memory", shape, draw, sequences)
    visible = task.test.inputs[:, -patches:]  # (N, R, G); hidden bits are 0 and answered as 0
    copying = float(((visible > 0) == task.test.targets).mean())
    trivial = task.trivial | {"copy the visible half": copying}
    note = f"the last {patches} positions are one of the strings with half of its bits hidden; the answer is all of it"
    return replace(task, trivial=trivial, note=note, marked="hidden bits", combines=combines)


def _bit_task(name: str, shape: TaskShape, draw: Draw, sequences: Callable[[np.ndarray], Sequences]) -> Task:
    def held_out(bucket: int) -> Sequences:
        rows = _draw_bucket(draw, np.random.default_rng([_HELD_OUT_SEED, bucket]), 1000, [bucket])
        return sequences(np.unique(rows, axis=0))  # a small task has fewer than 1,000 different inputs

    def around(validation: int) -> tuple[Stream, Sequences]:
        """Sequences of bucket `validation`, and before them training from all buckets but this one and the test's."""
        others = [bucket for bucket in range(1, _HASH_BUCKETS) if bucket != validation]

        def train(generator: np.random.Generator, n: int) -> Sequences:
            return sequences(_draw_bucket(draw, generator, n, others))

        return Stream(train), held_out(validation)

    train, validation = around(validation=1)
    return Task(
        name=name,
        version=1,
        shape=shape,
        train=train,
        validation=validation,
        test=held_out(0),
        trivial={"guessing": 0.5},
        redraw=lambda seed: around(int(np.random.default_rng(seed).integers(1, _HASH_BUCKETS))),
    )


def _draw_bucket(draw: Draw, generator: np.random.Generator, n: int, buckets: Sequence[int]) -> np.ndarray:
    """`n` rows whose hash falls into `buckets`, by drawing until there are enough."""
    found: list[np.ndarray] = []
    missing = n
    while missing > 0:
        rows = draw(generator, 2 * missing + 8)
        kept = rows[np.isin(_bucket(rows), buckets)][:missing]
        found.append(kept)
        missing -= len(kept)
    return np.concatenate(found)


def _bucket(rows: np.ndarray) -> np.ndarray:
    """(N,) bucket 0 to 7 of each row: the top bits of a random odd combination of its values, modulo 2^64."""
    flat = rows.reshape(len(rows), -1).astype(np.uint64)
    factors = np.random.default_rng(_HELD_OUT_SEED).integers(0, 2**63, flat.shape[1], dtype=np.uint64) * 2 + 1
    return (flat @ factors >> np.uint64(61)).astype(np.int64)


def _sequences(inputs: np.ndarray, targets: np.ndarray, marked: np.ndarray | None = None) -> Sequences:
    lengths = np.full(len(inputs), inputs.shape[1])
    return Sequences(inputs, lengths, targets.astype(np.int64), marked)
