"""The language of ListOps: its words, and the value of an expression (Tay et al. 2021, section 2.1.1).

`[MAX 4 [SM 7 5 ] 0 ]` is an expression: the largest of 4, the sum of 7 and 5 modulo 10, and 0, so its value is 4. Such
an expression is also called a tree: its operators are the inner nodes, its digits the leaves.

In memory an expression is a `bytes` object with one byte for each word. The byte is the word's token id.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable

from frostformer.errors import InputError

WORDS = ("<pad>", *"0123456789", "[MIN", "[MAX", "[MED", "[SM", "]")
"""The vocabulary. The token id of a word is its place in this tuple.

The closing bracket stands last so that the first 15 words are the vocabulary of Lu et al. 2021, who lost the brackets.
"""

PAD, FIRST_DIGIT, FIRST_OPERATOR, CLOSE = 0, 1, 11, 15
"""Token ids: padding, the digit 0, the operator MIN, the closing bracket."""

Expressions = dict[bytes, int]
"""Maps each expression to its value, 0 to 9. The order of the entries is part of the data."""

_IDS = {word: number for number, word in enumerate(WORDS) if number != PAD}
_MEANINGS: dict[int, Callable[[list[int]], int]] = {
    _IDS["[MIN"]: min,
    _IDS["[MAX"]: max,
    _IDS["[MED"]: lambda values: int(statistics.median(values)),
    _IDS["[SM"]: lambda values: sum(values) % 10,
}


def encode(text: str) -> bytes:
    """The token ids of an expression that is given as text.

    Parentheses are ignored: Long Range Arena's files contain them, but they do not change the value.

    Raises:
        InputError: the text contains a word that is not in `WORDS`.
    """
    words = text.replace("(", " ").replace(")", " ").split()
    try:
        return bytes([_IDS[word] for word in words])
    except KeyError as error:
        raise InputError(f"unknown word {error}; the words of ListOps are {' '.join(_IDS)}") from None


def evaluate(expression: Iterable[int]) -> int:
    """The value, 0 to 9, of an expression that is given as token ids.

    Raises:
        InputError: the ids are not exactly one complete expression.
    """
    values: list[int] = []  # the arguments so far of the innermost operator that is still open
    opened: list[tuple[int, list[int]]] = []  # each open operator, and the values that came before it
    for token in expression:
        if FIRST_DIGIT <= token < FIRST_OPERATOR:
            values.append(token - FIRST_DIGIT)
        elif token in _MEANINGS:
            opened.append((token, values))
            values = []
        elif token != CLOSE:
            raise InputError(f"{token} is not the token id of a word; ids run from {FIRST_DIGIT} to {CLOSE}")
        elif not opened:
            raise InputError("a closing bracket has no operator before it")
        elif not values:
            raise InputError("an operator has no arguments")
        else:
            operator, before = opened.pop()
            before.append(_MEANINGS[operator](values))
            values = before
    if opened:
        raise InputError(f"the expression is incomplete; closing brackets missing: {len(opened)}")
    if len(values) != 1:
        raise InputError(f"there are {len(values)} expressions instead of one")
    return values[0]
