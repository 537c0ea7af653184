"""ListOps as Long Range Arena writes it (Tay et al. 2021, section 2.1.1): its words, its meaning, its files.

An expression is `[MAX 4 [SM 7 5 ] 0 ]`; files also hold parentheses, one pair per argument, which say nothing more:
`( ( ( ( [MAX 4 ) ( ( ( [SM 7 ) 5 ) ] ) ) 0 ) ] )`. Here an expression is a `bytes` object, one byte per token id.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from pathlib import Path

from frostformer.errors import InputError

WORDS = ("<pad>", *"0123456789", "[MIN", "[MAX", "[MED", "[SM", "]")
"""The vocabulary: a token id is a place in this tuple. Lu et al. 2021 have the first 15: they lost the brackets."""

PAD, FIRST_DIGIT, FIRST_OPERATOR, CLOSE = 0, 1, 11, 15

Expressions = dict[bytes, int]
"""Expression to its value, 0 to 9, in an order that matters; a dictionary holds none twice."""

_IDS = {word: number for number, word in enumerate(WORDS) if number != PAD}
_HEADER = "Source\tTarget"
_MEANINGS: dict[int, Callable[[list[int]], int]] = {
    _IDS["[MIN"]: min,
    _IDS["[MAX"]: max,
    _IDS["[MED"]: lambda values: int(statistics.median(values)),
    _IDS["[SM"]: lambda values: sum(values) % 10,
}


def encode(text: str) -> bytes:
    """The token ids of an expression; parentheses and spaces are passed over.

    Raises:
        InputError: a word that is not of ListOps.
    """
    words = text.replace("(", " ").replace(")", " ").split()
    try:
        return bytes([_IDS[word] for word in words])
    except KeyError as error:
        raise InputError(f"unknown word {error}; known: {' '.join(_IDS)}") from None


def evaluate(expression: Iterable[int]) -> int:
    """The value, 0 to 9, of an expression of token ids with its closing brackets.

    Raises:
        InputError: not exactly one whole expression.
    """
    values: list[int] = []  # of the innermost open operator
    opened: list[tuple[int, list[int]]] = []  # each open operator, and the values that stood before it
    for token in expression:
        if FIRST_DIGIT <= token < FIRST_OPERATOR:
            values.append(token - FIRST_DIGIT)
        elif token in _MEANINGS:
            opened.append((token, values))
            values = []
        elif token != CLOSE:
            raise InputError(f"{token} is no token id of ListOps")
        elif not opened or not values:
            raise InputError("a closing bracket without " + ("arguments before it" if opened else "an operator"))
        else:
            operator, before = opened.pop()
            before.append(_MEANINGS[operator](values))
            values = before
    if opened:
        raise InputError(f"closing brackets missing: {len(opened)}")
    if len(values) != 1:
        raise InputError(f"{len(values)} expressions where one is wanted")
    return values[0]


def read_lra(path: Path) -> Expressions:
    """The expressions of one of Long Range Arena's files, each checked against its label.

    Raises:
        InputError: missing, empty, not such a file, or a damaged row, named by its line.
    """
    from tqdm import tqdm

    if not path.is_file():
        raise InputError(f"there is no file {path}: give the folder of Long Range Arena's basic_train.tsv and its like")
    expressions: Expressions = {}
    try:
        with path.open(encoding="utf-8") as file:
            if (header := file.readline().rstrip("\n")) != _HEADER:
                raise InputError(f"{path} begins with {header[:40]!r}, wanted the header {_HEADER!r}")
            for number, line in enumerate(tqdm(file, path.name, unit=" rows", delay=1), start=2):
                expression, value = _read_row(line.rstrip("\n"), f"{path} line {number}")
                expressions[expression] = value
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not a text file ({error}): get it again") from error
    if not expressions:
        raise InputError(f"{path} holds no expressions behind its header: get it again")
    return expressions


def _read_row(line: str, where: str) -> tuple[bytes, int]:
    fields = line.split("\t")
    if len(fields) != 2:
        raise InputError(f"{where} has {len(fields)} fields between tabs, wanted an expression and its value")
    text, label = fields
    if len(label) != 1 or label not in "0123456789":
        raise InputError(f"{where} has the label {label[:20]!r}, wanted 0 to 9")
    if text.count("(") != text.count(")"):
        raise InputError(f"{where} has {text.count('(')} opening and {text.count(')')} closing parentheses: cut short?")
    try:
        expression = encode(text)
        value = evaluate(expression)
    except InputError as error:
        raise InputError(f"{where} is not an expression: {error}") from None
    if value != int(label):
        raise InputError(f"{where} has the label {label}, but its expression is worth {value}: get the file again")
    return expression, value
