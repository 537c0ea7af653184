"""What holds for every kind of file that is read."""

from frostformer.data.files.formats import FORMATS
from frostformer.data.files.unused import USED


def test_every_kind_says_which_options_it_uses():
    assert set(USED) == set(FORMATS) - {"unread"}
