"""Random ListOps trees: right values, Long Range Arena's distribution, same on every machine, and none occurs twice."""

import hashlib
import random

import numpy as np
import pytest

from frostformer.tasks import listops_trees
from frostformer.tasks.listops_language import CLOSE, FIRST_DIGIT, FIRST_OPERATOR, evaluate
from frostformer.tasks.listops_trees import generate_trees

COUNT = 3000


@pytest.fixture(scope="module")
def trees():
    return generate_trees(COUNT)


def operators_of(tree: bytes) -> list[tuple[int, int, int]]:
    """(depth, number of arguments, operators among them) of each operator, found by reading the tokens in order."""
    found = []
    opened = [[0, 0]]  # [arguments, operators among them]: first outside the tree, then of each open operator
    for token in tree:
        if token == CLOSE:
            arguments, inner = opened.pop()
            found.append((len(opened), arguments, inner))
        else:
            opened[-1][0] += 1
            if token >= FIRST_OPERATOR:
                opened[-1][1] += 1
                opened.append([0, 0])
    assert opened == [[1, 1]]
    return found


def slow_tree(generator: random.Random, depth: int = 1) -> bytes:
    """A tree generated node by node, exactly as the definition says."""
    if depth == 10 or generator.random() > 0.25:
        return bytes([FIRST_DIGIT + generator.randrange(10)])
    arguments = b"".join(slow_tree(generator, depth + 1) for _ in range(generator.randint(2, 10)))
    return bytes([FIRST_OPERATOR + generator.randrange(4)]) + arguments + bytes([CLOSE])


def test_values_are_those_of_the_evaluator(trees):
    assert list(trees.values()) == [evaluate(tree) for tree in trees]


def test_bounds(trees):
    assert len(trees) == COUNT
    lengths = [len(tree) for tree in trees]
    assert 500 < min(lengths) < 520
    assert 1900 < max(lengths) < 2000
    operators = [operator for tree in trees for operator in operators_of(tree)]
    assert {depth for depth, _, _ in operators} == set(range(1, 10))  # at depth 10 all are digits
    assert {arguments for _, arguments, _ in operators} == set(range(2, 11))


def test_no_tree_has_2000_tokens():
    assert {len(tree) for tree in generate_trees(100, 1980, 2000)} == set(range(1981, 2000))


def test_operators_and_digits_are_even(trees):
    counts = np.bincount(np.frombuffer(b"".join(trees), np.uint8), minlength=16)
    assert counts[0] == 0
    assert np.abs(counts[1:11] / counts[1:11].mean() - 1).max() < 0.01  # 230,000 of each: five standard errors
    assert np.abs(counts[11:15] / counts[11:15].mean() - 1).max() < 0.02  # 95,000 of each: six
    assert counts[15] == counts[11:15].sum()


def test_trees_are_distributed_as_by_definition(trees):
    generator = random.Random(1)
    slow = []
    while len(slow) < 700:
        if 500 < len(tree := slow_tree(generator)) < 2000:
            slow.append(tree)
    fast_lengths, slow_lengths = (np.sort([len(tree) for tree in some]) for some in (trees, slow))
    places = np.concatenate([fast_lengths, slow_lengths])
    shares = [np.searchsorted(some, places, side="right") / len(some) for some in (fast_lengths, slow_lengths)]
    assert np.abs(shares[0] - shares[1]).max() < 1.63 * (1 / 700 + 1 / COUNT) ** 0.5  # Kolmogorov-Smirnov, 1 %
    for measure in (
        lambda tree: sum(token >= FIRST_OPERATOR and token != CLOSE for token in tree) / len(tree),
        lambda tree: sum(depth == 9 for depth, _, _ in operators_of(tree)) / len(tree),
        lambda tree: tree[0],
        evaluate,
    ):
        fast_values, slow_values = (np.array([measure(tree) for tree in some]) for some in (trees, slow))
        error = (fast_values.var() / COUNT + slow_values.var() / 700) ** 0.5
        assert abs(fast_values.mean() - slow_values.mean()) < 3.3 * error


def test_shapes_before_any_rejection_are_as_published():
    levels, lengths = listops_trees._grow_shapes(np.random.PCG64(1), longest=10**9)
    for depth, level in enumerate(levels, start=1):
        assert np.abs(np.bincount(level.arguments, minlength=11)[2:] * 9 / len(level.tree) - 1).max() < 0.35
        share = level.inner.sum() / level.exists.sum()
        assert abs(share - (0.25 if depth < 9 else 0)) < 0.02
    arguments = np.concatenate([level.arguments for level in levels])
    assert abs(arguments.mean() - 6) < 0.04
    wanted = sum(1.5 ** (depth - 1) * (2 + (4.5 if depth < 9 else 6)) for depth in range(1, 10))
    assert abs(lengths.mean() - wanted) < 4 * lengths.std() / len(lengths) ** 0.5


def test_rejecting_early_changes_nothing():
    """Only trees that are already too long stop growing; all others are complete."""
    levels, lengths = listops_trees._grow_shapes(np.random.PCG64(1), longest=300)
    grown = np.zeros_like(lengths)
    for level in levels:
        np.add.at(grown, level.tree, 2 + (level.exists & ~level.inner).sum(axis=1))
    assert (grown == lengths).all()
    for depth in range(len(levels) - 1):
        inner = np.zeros_like(lengths)
        np.add.at(inner, levels[depth].tree, levels[depth].inner.sum(axis=1))
        below = np.bincount(levels[depth + 1].tree, minlength=len(lengths))
        assert (below[lengths <= 300] == inner[lengths <= 300]).all()
    assert 0 < (lengths <= 300).mean() < 1


def test_trees_are_a_function_of_their_bounds(trees):
    again = generate_trees(COUNT)
    assert list(again.items()) == list(trees.items())
    fewer = generate_trees(10)
    assert list(fewer.items()) == list(trees.items())[:10]  # a larger count only adds trees at the end
    short = generate_trees(500, 10, 30)
    assert {len(tree) for tree in short} == set(range(11, 31))
    assert list(generate_trees(500, 10, 31)) != list(short)


def test_trees_are_the_same_on_every_machine():
    content = b"".join(tree + bytes([value]) for tree, value in generate_trees(300).items())
    assert hashlib.sha256(content).hexdigest() == "07797522f96430704c5fe5660aa470aa293a538cce2d3b06cdfcf5484f6cbf8a"


def test_no_tree_comes_twice(monkeypatch):
    blocks = [[(b"a", 1), (b"b", 2), (b"a", 1)], [(b"b", 2), (b"c", 3)], [(b"d", 4), (b"e", 5)]]
    monkeypatch.setattr(listops_trees, "_grow_block", lambda number, shortest, longest: blocks[number])
    assert list(generate_trees(4).items()) == [(b"a", 1), (b"b", 2), (b"c", 3), (b"d", 4)]


@pytest.mark.parametrize("below", [4, 9, 10])
def test_draws_are_even(below):
    counts = np.bincount(listops_trees._draw(np.random.PCG64(0), below, (1001, 99)).ravel(), minlength=below)
    assert len(counts) == below
    assert np.abs(counts / counts.mean() - 1).max() < 0.05
