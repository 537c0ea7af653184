"""How people name the parts of a data set, and the file beside."""

import pytest

from frostformer.data.files.parsing.parts import PARTS, beside_for_test


@pytest.mark.parametrize(("word", "part"), [("tr", "train"), ("val", "validation"), ("eval", "validation")])
def test_names_of_parts(word, part):
    assert PARTS[word] == part


@pytest.mark.parametrize(
    ("name", "other", "is_marked"),
    [
        ("Gun_TRAIN.ts", "Gun_TEST.ts", True),
        ("Gun_train.tsv.gz", "Gun_test.tsv.gz", True),
        ("train.ts", "test.ts", False),
    ],
)
def test_the_file_beside(tmp_path, name, other, is_marked):
    assert beside_for_test(tmp_path / name) is None
    (tmp_path / other).write_text("x")
    assert beside_for_test(tmp_path / name).name == other
    assert (beside_for_test(tmp_path / name, bare=False) is not None) is is_marked
