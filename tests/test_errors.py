"""The exception for what a user can mend."""

import pytest

from frostformer.errors import InputError, unknown_name


def test_is_a_value_error():
    with pytest.raises(ValueError, match="no such thing"):
        raise InputError("no such thing")


def test_unknown_name_lists_the_known_ones_and_the_nearest():
    message = str(unknown_name("task", "bit-xo", ["digits", "bit-xor"]))
    assert message == "unknown task 'bit-xo'; known: bit-xor, digits. Did you mean 'bit-xor'?"


def test_unknown_name_guesses_nothing_where_nothing_is_near():
    assert str(unknown_name("task", "zzz", ["digits"])) == "unknown task 'zzz'; known: digits."
