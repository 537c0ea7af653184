"""A study's name, and what is said of one that there is not."""

import pytest

from frostformer.errors import InputError
from frostformer.studies.registry import STUDIES, study


def test_every_study_has_its_name():
    assert all(study(name).name == name for name in STUDIES)


@pytest.mark.parametrize("name", ["table-18", "table-20", "table-21", "tables-18", "tables-18-20"])
def test_a_table_among_several_is_found_by_its_number(name):
    with pytest.raises(InputError, match="Did you mean 'tables-18-21'"):
        study(name)


@pytest.mark.parametrize("name", ["table-22", "table-99999", "list", ""])
def test_an_unknown_name_has_all_known_ones(name):
    with pytest.raises(
        InputError, match=r"known: all, arms, .*table-2, .*table-10, .* `frostformer reproduce` alone"
    ) as e:
        study(name)
    assert "mean 'tables-18-21'" not in str(e.value)
