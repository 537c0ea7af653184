"""Random ListOps trees with Long Range Arena's published parameters (Tay et al. 2021, section 2.1.1).

A tree is an expression of ListOps (see `listops_language`). Its root is an operator at depth 1. Every argument of an
operator is an operator itself with probability 1/4 and otherwise a digit; at depth 10 it is always a digit. Operators
are MIN, MAX, MED (the whole part of the median) and SM (the sum modulo 10), and have 2 to 10 arguments; each operator
and each number of arguments is equally likely. A tree is kept if it has more than 500 and fewer than 2,000 tokens. An
operator counts as two tokens, itself and its closing bracket; a digit counts as one.

Many trees are generated together, one level of all of them at a time. First come the shapes, because a shape already
gives the length. Then, only for the trees that are kept, digits, operators and values are filled in from the leaves
up, and the place of every token is computed from the root down.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import islice, pairwise

import numpy as np

from frostformer.tasks.listops_language import CLOSE, FIRST_DIGIT, FIRST_OPERATOR, Expressions

GENERATOR_VERSION = 1
"""Must be raised whenever the same arguments give different trees."""

SHORTEST, LONGEST = 500, 2000
"""Long Range Arena's limits: a tree has more than the first and fewer than the second number of tokens."""

_SEED = 2021
_DEEPEST = 10
_MOST_ARGUMENTS = 10
_BLOCK_SIZE = 2048  # trees that are generated together; they take a few MB


def generate_trees(count: int, shortest: int = SHORTEST, longest: int = LONGEST) -> Expressions:
    """`count` different trees with more than `shortest` and at most `longest` tokens, and fewer than 2,000.

    The same limits and version of the generator always give the same trees; a larger `count` adds trees at the end.
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
    """All operators of one depth, n of them, in the order in which they are arguments in the level above.

    tree: (n,) the number of the tree that the operator belongs to.
    arguments: (n,) how many arguments the operator has.
    exists: (n, 10) which of ten possible arguments it has: the first so many.
    inner: (n, 10) which of its arguments are operators; these make up the next level.
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
    """The levels of N trees and their lengths (N,).

    A tree that is already longer than `longest` does not grow further, since it will not be kept.
    """
    lengths = np.zeros(_BLOCK_SIZE, np.int64)
    levels = []
    tree = np.arange(_BLOCK_SIZE)  # every root is an operator, since a tree of one digit would be too short
    for depth in range(1, _DEEPEST):
        arguments = 2 + _draw(bits, _MOST_ARGUMENTS - 1, tree.shape)
        exists = np.arange(_MOST_ARGUMENTS) < arguments[:, None]
        inner = exists & (_draw(bits, 4, exists.shape) == 0) & (depth + 1 < _DEEPEST)
        levels.append(_Level(tree, arguments, exists, inner))
        operators = inner.sum(axis=1)
        np.add.at(lengths, tree, 2 + arguments - operators)  # operator and bracket, and its digits
        tree = np.repeat(tree, operators)
        tree = tree[lengths[tree] <= longest]
    return levels, lengths


def _fill(bits: np.random.PCG64, levels: list[_Level], lengths: np.ndarray) -> tuple[bytes, list[int]]:
    """Draw digits and operators. Returns the token ids of all trees, one tree after another, and the trees' values."""
    values, sizes = np.zeros(0, np.uint8), np.zeros(0, np.int64)
    filled = []
    for level in reversed(levels):
        operators = _draw(bits, 4, level.tree.shape)
        grid = _draw(bits, 10, level.inner.shape)  # (n, 10) the value of each argument
        grid[level.inner] = values
        spans = level.exists.astype(np.int64)  # (n, 10) the number of tokens of each argument
        spans[level.inner] = sizes
        filled.append((operators, grid, spans))
        values, sizes = _combine(operators, grid, level), 2 + spans.sum(axis=1)

    tokens = np.zeros(lengths.sum(), np.uint8)
    starts = np.cumsum(lengths) - lengths  # (n,) the place of each operator's token
    for level, (operators, grid, spans) in zip(levels, reversed(filled), strict=True):
        ends = starts[:, None] + 1 + spans.cumsum(axis=1)  # (n, 10) the place after each argument
        places = ends - spans
        digits = level.exists & ~level.inner
        tokens[starts] = FIRST_OPERATOR + operators
        tokens[places[digits]] = FIRST_DIGIT + grid[digits]
        tokens[ends[:, -1]] = CLOSE
        starts = places[level.inner]
    return tokens.tobytes(), values.tolist()


def _combine(operators: np.ndarray, grid: np.ndarray, level: _Level) -> np.ndarray:
    """(n,) the value of each operator; 0 is MIN, 1 MAX, 2 MED, 3 SM. `grid` (n, 10) has its arguments' values."""
    rows, last = np.arange(len(grid)), level.arguments - 1
    ordered = np.sort(np.where(level.exists, grid, 10), axis=1)
    median = (ordered[rows, last // 2] + ordered[rows, (last + 1) // 2]) // 2
    total = np.where(level.exists, grid, 0).sum(axis=1) % 10
    results: np.ndarray = np.stack([ordered[:, 0], ordered[rows, last], median, total])[operators, rows]
    return results.astype(np.uint8)


def _draw(bits: np.random.PCG64, below: int, shape: tuple[int, ...]) -> np.ndarray:
    """Whole numbers from 0 to `below` - 1, equally likely, as uint8.

    They are computed from the generator's raw output, because NumPy promises that this never changes between versions.
    """
    count = math.prod(shape)
    words = bits.random_raw((count + 1) // 2).astype("<u8", copy=False).view("<u4")[:count]
    numbers: np.ndarray = words * np.uint64(below) >> np.uint64(32)
    return numbers.astype(np.uint8).reshape(shape)
