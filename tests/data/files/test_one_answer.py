"""One answer of many, as `--choose` says."""

import pytest

from frostformer.data.files.one_answer import one_answer
from frostformer.errors import CannotRead


@pytest.mark.parametrize(
    ("answers", "choose", "answer"),
    [
        (("10", "2", None, "2", "3"), "majority", "2"),
        (("10", "2", None, "2", "3"), "first", "10"),
        (("10", "2", None, "2", "3"), "last", "3"),
        (("9", "10", "2"), "any", "10"),
        (("9", "10", "2"), "max", "10"),
        (("no", "yes", "no"), "any", "yes"),
        (("nein", "0"), "any", "nein"),
        (("a", "a", None), "", "a"),
        ((None, None), "last", None),
    ],
)
def test_one_answer_of_many(answers, choose, answer):
    assert one_answer(answers, choose, "x") == answer


@pytest.mark.parametrize("choose", ["", "max", "any"])
def test_what_cannot_be_chosen_is_one_sentence(choose):
    with pytest.raises(CannotRead, match=r"row 3.*--choose first"):
        one_answer(("a", "b"), choose, "row 3")
