"""Lists of seeds and of learning rates."""

import pytest

from frostformer.cli.options import parse_learning_rates, parse_reference, parse_seeds
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


def test_a_reference_is_settings_of_an_arm():
    assert parse_reference("weights=random") == {"weights": "random"}
    assert parse_reference("lora-rank=none, trainable=frozen+lora") == {"lora_rank": "none", "trainable": "frozen+lora"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "such as weights=random"),
        ("random", "such as weights=random"),
        ("weights=", "such as weights=random"),
        ("weight=random", "Did you mean 'weights'"),
        ("learning_rate=1e-3", "unknown setting of an arm"),  # ranked by validation, never compared on test
    ],
)
def test_other_references_are_refused(text, words):
    with pytest.raises(InputError, match=words):
        parse_reference(text)
