"""Lists of seeds and of learning rates."""

import pytest

from frostformer.cli.options import parse_learning_rates, parse_seeds
from frostformer.errors import InputError


@pytest.mark.parametrize(("text", "seeds"), [("0-4", [0, 1, 2, 3, 4]), ("7", [7]), ("0-1,5,1", [0, 1, 5])])
def test_seeds_are_numbers_and_ranges(text, seeds):
    assert parse_seeds(text) == seeds


@pytest.mark.parametrize("text", ["", "a", "3-1", "1,,2", "1-", "0-9999,10000-19999"])
def test_other_seeds_are_refused(text):
    with pytest.raises(InputError, match="numbers and ranges such as 0-4"):
        parse_seeds(text)


def test_learning_rates_are_numbers():
    assert parse_learning_rates("1e-4,0.001,1e-3") == [1e-4, 1e-3]
    with pytest.raises(InputError, match="give numbers such as"):
        parse_learning_rates("1e-4;1e-3")
