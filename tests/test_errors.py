"""The exception for what a user can mend."""

import pytest

from frostformer.errors import InputError, unknown_name


def test_is_a_value_error():
    with pytest.raises(ValueError, match="no such thing"):
        raise InputError("no such thing")


def test_unknown_name_lists_the_known_ones_and_the_nearest():
    message = str(unknown_name("task", "bit-xo", ["digits", "bit-xor"]))
    assert message == "unknown task 'bit-xo'; known: bit-xor, digits. Did you mean 'bit-xor'?"


def test_unknown_name_orders_numbers_by_their_size_and_suggests_what_is_known_to_be_meant():
    message = str(unknown_name("study", "table-3", ["table-10", "table-2", "all"], "table-10"))
    assert message == "unknown study 'table-3'; known: all, table-2, table-10. Did you mean 'table-10'?"


def test_unknown_name_guesses_nothing_where_nothing_is_near():
    assert str(unknown_name("task", "zzz", ["digits"])) == "unknown task 'zzz'; known: digits."
