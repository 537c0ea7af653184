"""One answer for a sequence whose rows differ in theirs, as `--choose` says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from frostformer.data.files.case import Text
from frostformer.data.files.parsing.numbers import number
from frostformer.data.files.parsing.spellings import BOOLEANS
from frostformer.errors import CannotRead
from frostformer.words import some


def one_answer(answers: Sequence[Text], choose: str, place: str) -> Text:
    """The answer of a sequence whose rows have these; None where no row has one.

    Args:
        answers: of the rows, or positions.
        choose: `majority`, `first`, `last`, `max`, or `any`, which is the first yes, or the largest number; empty if
            they should not differ.
        place: of the sequence, for sentences.

    Raises:
        CannotRead: they differ, and `choose` is empty; or `any` and `max` are asked of answers that are no numbers.
    """
    known = [one for one in answers if one is not None]
    if len(set(known)) < 2:
        return known[0] if known else None
    if choose in ("first", "last"):
        return known[0 if choose == "first" else -1]
    if choose == "majority":
        return Counter(known).most_common(1)[0][0]
    if choose == "any" and all(one.casefold() in BOOLEANS for one in known):
        return next((one for one in known if BOOLEANS[one.casefold()]), known[0])
    values = [number(one) for one in known]
    if choose and None not in values:
        return known[max(range(len(known)), key=lambda at: values[at] or 0.0)]
    if choose:
        raise CannotRead(
            f"{place}: answers such as {some(sorted(set(known)))} are no numbers, so --choose {choose} cannot choose "
            "among them: give --choose first, last or majority"
        )
    raise CannotRead(
        f"{place} has different answers ({some(list(dict.fromkeys(known)))}): give --choose first, last, majority, "
        "any or max, or --per-position, or cut it into sequences of N rows with --window N"
    )
