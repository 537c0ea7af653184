"""Random ListOps trees with Long Range Arena's published parameters (Tay et al. 2021, section 2.1.1).

A root is at depth 1. A node above depth 10 is an operator with probability 1/4, else a digit; at depth 10 it is a
digit. An operator is MIN, MAX, MED (whole part of the median) or SM (sum modulo 10) and has 2 to 10 arguments, all
evenly. A tree is kept if 500 < its length < 2000, where an operator counts 2 (itself and its bracket) and a digit 1.

Many trees are grown side by side, one level of all of them at a time: shapes first, since a length is known before any
digit is drawn; then, for the kept ones alone, digits, operators and values from the leaves up, and places from the root
down.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import islice, pairwise

import numpy as np

from frostformer.data.readers.lra import CLOSE, FIRST_DIGIT, FIRST_OPERATOR, Expressions

GENERATOR_VERSION = 1
"""Rises when the same arguments make other trees."""

SHORTEST, LONGEST = 500, 2000
"""Long Range Arena's bounds; a length lies strictly between them."""

_SEED = 2021
_DEEPEST = 10
_MOST_ARGUMENTS = 10
_SIDE_BY_SIDE = 2048  # trees; a few MB at a time


def generate_trees(count: int, shortest: int = SHORTEST, longest: int = LONGEST) -> Expressions:
    """`count` different trees with `shortest` < length <= `longest`, and length < 2000.

    They are a function of (shortest, longest) and the generator's version; a larger `count` only adds to them.
    """
    from tqdm import tqdm

    trees: Expressions = {}
    block = 0
    with tqdm(total=count, desc="ListOps trees", unit=" trees", delay=1) as bar:
        while len(trees) < count:
            for tree, value in _grow_block(block, shortest, longest):
                trees.setdefault(tree, value)
            block += 1
            bar.update(min(count, len(trees)) - bar.n)
    return dict(islice(trees.items(), count))


@dataclass(frozen=True)
class _Level:
    """The operators of one depth; n of them, in the order of the arguments of the level above.

    tree: (n,) the tree each belongs to.
    arguments: (n,) how many each has.
    exists: (n, 10) which of ten arguments there are.
    inner: (n, 10) which of them are operators themselves: the next level.
    """

    tree: np.ndarray
    arguments: np.ndarray
    exists: np.ndarray
    inner: np.ndarray

    def __getitem__(self, rows: np.ndarray) -> _Level:
        return _Level(self.tree[rows], self.arguments[rows], self.exists[rows], self.inner[rows])


def _grow_block(number: int, shortest: int, longest: int) -> list[tuple[bytes, int]]:
    bits = np.random.PCG64([_SEED, GENERATOR_VERSION, shortest, longest, number])
    levels, lengths = _grow_shapes(bits, longest)
    kept = (lengths > shortest) & (lengths <= longest) & (lengths < LONGEST)
    tokens, values = _fill(bits, [level[kept[level.tree]] for level in levels], lengths[kept])
    ends = [0, *np.cumsum(lengths[kept]).tolist()]
    return [(tokens[begin:end], value) for (begin, end), value in zip(pairwise(ends), values, strict=True)]


def _grow_shapes(bits: np.random.PCG64, longest: int) -> tuple[list[_Level], np.ndarray]:
    """Levels, and the length (N,) of every tree; one that is longer than `longest` may be left unfinished."""
    lengths = np.zeros(_SIDE_BY_SIDE, np.int64)
    levels = []
    tree = np.arange(_SIDE_BY_SIDE)  # every root is an operator: a digit alone would be too short
    for depth in range(1, _DEEPEST):
        arguments = 2 + _draw(bits, _MOST_ARGUMENTS - 1, tree.shape)
        exists = np.arange(_MOST_ARGUMENTS) < arguments[:, None]
        inner = exists & (_draw(bits, 4, exists.shape) == 0) & (depth + 1 < _DEEPEST)
        levels.append(_Level(tree, arguments, exists, inner))
        operators = inner.sum(axis=1)
        np.add.at(lengths, tree, 2 + arguments - operators)  # an operator, its bracket, its digits
        tree = np.repeat(tree, operators)
        tree = tree[lengths[tree] <= longest]
    return levels, lengths


def _fill(bits: np.random.PCG64, levels: list[_Level], lengths: np.ndarray) -> tuple[bytes, list[int]]:
    """Draw digits and operators; the token ids of one tree after the other, and their values."""
    values, sizes = np.zeros(0, np.uint8), np.zeros(0, np.int64)
    filled = []
    for level in reversed(levels):
        operators = _draw(bits, 4, level.tree.shape)
        grid = _draw(bits, 10, level.inner.shape)  # (n, 10) the value of each argument
        grid[level.inner] = values
        spans = level.exists.astype(np.int64)  # (n, 10) the tokens of each argument
        spans[level.inner] = sizes
        filled.append((operators, grid, spans))
        values, sizes = _combine(operators, grid, level), 2 + spans.sum(axis=1)

    tokens = np.zeros(lengths.sum(), np.uint8)
    starts = np.cumsum(lengths) - lengths  # (n,) the place of each operator
    for level, (operators, grid, spans) in zip(levels, reversed(filled), strict=True):
        ends = starts[:, None] + 1 + spans.cumsum(axis=1)  # (n, 10) the place behind each argument
        places = ends - spans
        digits = level.exists & ~level.inner
        tokens[starts] = FIRST_OPERATOR + operators
        tokens[places[digits]] = FIRST_DIGIT + grid[digits]
        tokens[ends[:, -1]] = CLOSE
        starts = places[level.inner]
    return tokens.tobytes(), values.tolist()


def _combine(operators: np.ndarray, grid: np.ndarray, level: _Level) -> np.ndarray:
    """(n,) the value of each operator, 0 MIN, 1 MAX, 2 MED, 3 SM, of its arguments in `grid` (n, 10)."""
    rows, last = np.arange(len(grid)), level.arguments - 1
    ordered = np.sort(np.where(level.exists, grid, 10), axis=1)
    median = (ordered[rows, last // 2] + ordered[rows, (last + 1) // 2]) // 2
    total = np.where(level.exists, grid, 0).sum(axis=1) % 10
    results: np.ndarray = np.stack([ordered[:, 0], ordered[rows, last], median, total])[operators, rows]
    return results.astype(np.uint8)


def _draw(bits: np.random.PCG64, below: int, shape: tuple[int, ...]) -> np.ndarray:
    """Even whole numbers 0 to `below` - 1, as uint8; of raw words, since NumPy promises their stream for ever."""
    count = math.prod(shape)
    words = bits.random_raw((count + 1) // 2).astype("<u8", copy=False).view("<u4")[:count]
    numbers: np.ndarray = words * np.uint64(below) >> np.uint64(32)
    return numbers.astype(np.uint8).reshape(shape)
