"""ListOps expressions: their value against a second evaluator and 10,000 published ones; every damaged file refused."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frostformer.data.downloads import data_folder
from frostformer.data.readers.lra import WORDS, encode, evaluate, read_lra
from frostformer.errors import InputError

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


def lra_file(path, *rows, header="Source\tTarget", end="\r\n"):
    """A file like Long Range Arena's; Python's csv module, which wrote those, ends lines by both characters."""
    path.write_bytes("".join(line + end for line in (header, *rows)).encode())
    return path


def test_vocabulary_is_fixed():
    assert " ".join(WORDS) == "<pad> 0 1 2 3 4 5 6 7 8 9 [MIN [MAX [MED [SM ]"
    assert encode(" ".join(WORDS[1:])) == bytes(range(1, 16))


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
        ("1 ]", "without an operator"),
        ("[MIN ]", "without arguments"),
        ("[MIN 1 2 ] ]", "without an operator"),
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
    with pytest.raises(InputError, match=f"{token} is no token id"):
        evaluate(bytes([11, 1, token, 15]))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_reads_a_file_in_order(tmp_path, end):
    trees = [("[MED", ["3", ("[SM", ["7", "5"]), "8"]), ("[MIN", ["4", "2"]), ("[MAX", ["4", "2"])]
    path = lra_file(tmp_path / "rows.tsv", *(f"{bracketed(tree)}\t{value_of(plain(tree))}" for tree in trees), end=end)
    assert list(read_lra(path).items()) == [
        (encode(plain(trees[0])), 3),
        (encode("[MIN 4 2 ]"), 2),
        (encode("[MAX 4 2 ]"), 4),
    ]


ROW = "( ( ( [MAX 4 ) 2 ) ] )\t4"


@pytest.mark.parametrize(
    ("rows", "header", "message"),
    [
        ([], "Source\tTarget", "holds no expressions"),
        ([ROW], "source\ttarget", "begins with 'source.*wanted the header"),
        ([], ROW, "begins with .*wanted the header"),
        ([ROW, "( ( ( [MAX 4 ) 2 ) ] )"], "Source\tTarget", "line 3 has 1 fields"),
        ([ROW, ""], "Source\tTarget", "line 3 has 1 fields"),
        ([ROW + "\t"], "Source\tTarget", "line 2 has 3 fields"),
        ([ROW[:-1] + "x"], "Source\tTarget", "line 2 has the label 'x'"),
        ([ROW[:-1] + "10"], "Source\tTarget", "line 2 has the label '10'"),
        ([ROW[:-1]], "Source\tTarget", "line 2 has the label ''"),
        ([ROW[:-1] + "3"], "Source\tTarget", "line 2 has the label 3, but its expression is worth 4"),
        ([ROW.replace("MAX", "MIX")], "Source\tTarget", "line 2 is not an expression: unknown word"),
        ([ROW.replace("]", "2")], "Source\tTarget", "line 2 is not an expression: closing brackets missing"),
        ([ROW.replace("( [", "[")], "Source\tTarget", "line 2 has 2 opening and 3 closing parentheses"),
    ],
)
def test_refuses_a_damaged_file(tmp_path, rows, header, message):
    path = lra_file(tmp_path / "rows.tsv", *rows, header=header)
    with pytest.raises(InputError, match=rf"rows\.tsv {message}|rows\.tsv.*{message}") as caught:
        read_lra(path)
    assert "\n" not in str(caught.value)


def test_refuses_a_file_that_is_not_there_or_empty_or_not_text(tmp_path):
    path = tmp_path / "rows.tsv"
    with pytest.raises(InputError, match=r"no file .*rows\.tsv"):
        read_lra(path)
    path.write_bytes(b"")
    with pytest.raises(InputError, match=r"rows\.tsv begins with ''"):
        read_lra(path)
    path.write_bytes(b"Source\tTarget\n\xff\xfe\n")
    with pytest.raises(InputError, match=r"rows\.tsv is not a text file"):
        read_lra(path)
