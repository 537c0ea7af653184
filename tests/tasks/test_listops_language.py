"""ListOps expressions: their value against a second evaluator and 10,000 published ones; what is none is refused."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frostformer.data.downloads import data_folder
from frostformer.errors import InputError
from frostformer.tasks.listops_language import CLOSE, FIRST_DIGIT, FIRST_OPERATOR, PAD, WORDS, encode, evaluate

TREES = st.recursive(
    st.sampled_from("0123456789"),
    lambda arguments: st.tuples(
        st.sampled_from(["[MIN", "[MAX", "[MED", "[SM"]), st.lists(arguments, min_size=1, max_size=12)
    ),
    max_leaves=60,
)
INNERMOST = re.compile(r"\[(MIN|MAX|MED|SM)((?: \d)+) \]")
MEANINGS = {"MIN": np.min, "MAX": np.max, "MED": np.median, "SM": lambda numbers: numbers.sum() % 10}


def plain(tree) -> str:
    return tree if isinstance(tree, str) else " ".join([tree[0], *map(plain, tree[1]), "]"])


def bracketed(tree) -> str:
    """As Long Range Arena writes it: one pair of parentheses per argument, and one for the closing bracket."""
    if isinstance(tree, str):
        return tree
    text = tree[0]
    for argument in [*tree[1], "]"]:
        text = f"( {text} {bracketed(argument)} )"
    return text


def value_of(text: str) -> int:
    """A second evaluator: replaces innermost operations in the text by their values until one digit is left."""

    def reduce(match: re.Match) -> str:
        return str(int(MEANINGS[match[1]](np.array(match[2].split(), int))))

    while "[" in text:
        text = INNERMOST.sub(reduce, text)
    return int(text)


def test_vocabulary_is_fixed():
    assert " ".join(WORDS) == "<pad> 0 1 2 3 4 5 6 7 8 9 [MIN [MAX [MED [SM ]"
    assert encode(" ".join(WORDS[1:])) == bytes(range(1, 16))
    assert [WORDS[token] for token in (PAD, FIRST_DIGIT, FIRST_OPERATOR, CLOSE)] == ["<pad>", "0", "[MIN", "]"]


@given(TREES)
def test_value_is_that_of_a_second_evaluator_with_and_without_parentheses(tree):
    expression = encode(plain(tree))
    assert encode(bracketed(tree)) == expression
    assert evaluate(expression) == value_of(plain(tree))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7),
        ("[MED 1 2 ]", 1),
        ("[MED 9 0 4 ]", 4),
        ("[SM 9 9 5 ]", 3),
        ("[MIN [MAX 2 8 ] 9 ]", 8),
        ("[MAX 4 [SM 7 5 ] 0 ]", 4),
        ("( ( ( ( [MAX 4 ) ( ( ( [SM 7 ) 5 ) ] ) ) 0 ) ] )", 4),
    ],
)
def test_values_by_hand(text, value):
    assert evaluate(encode(text)) == value


def test_the_original_test_set():
    path = data_folder() / "listops" / "test_d20s.tsv"
    if not path.is_file():
        pytest.skip("no listops/test_d20s.tsv in the data folder: set FROSTFORMER_DATA")
    rows = [line.split("\t") for line in path.read_text().splitlines()]
    assert len(rows) == 10_000
    assert [evaluate(encode(text)) for _, text in rows] == [int(label) for label, _ in rows]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "0 expressions"),
        ("1 2", "2 expressions"),
        ("[MIN 1 2", "closing brackets missing: 1"),
        ("[MIN 1 [SM 2 3 ]", "closing brackets missing: 1"),
        ("1 ]", "closing bracket has no operator"),
        ("[MIN ]", "operator has no arguments"),
        ("[MIN 1 2 ] ]", "closing bracket has no operator"),
        ("[AVG 1 2 ]", r"unknown word '\[AVG'"),
        ("[MIN 1 10 ]", "unknown word '10'"),
        ("<pad>", "unknown word '<pad>'"),
    ],
)
def test_refuses_what_is_no_expression(text, message):
    with pytest.raises(InputError, match=message):
        evaluate(encode(text))


@pytest.mark.parametrize("token", [0, 16, 200])
def test_refuses_what_is_no_token(token):
    with pytest.raises(InputError, match=f"^{token} is not the token id"):
        evaluate(bytes([11, 1, token, 15]))
