"""Folders laid out like UCI HAR."""

import shutil

import pytest

from frostformer.errors import InputError
from reading_files import ODD, read


@pytest.fixture
def har(tmp_path):
    shutil.copytree(ODD / "har", tmp_path / "har")
    return tmp_path / "har"


def test_channels_answers_subjects_and_splits():
    found = read(ODD / "har")
    assert found.schema.channels == ("acc_x", "acc_y", "acc_z")
    assert found.lengths == [8] * 9
    assert [case.part for case in found.cases] == ["train"] * 6 + ["test"] * 3
    assert found.answers == ["WALKING", "SITTING", "LAYING"] * 3
    assert [case.beside["subject"] for case in found.cases] == ["1", "1", "2", "2", "3", "3", "9", "9", "10"]
    assert found.cases[0].values[:2, 0] == pytest.approx([0.021796636, 0.68072807])


def test_a_line_that_is_no_number_is_named(har):
    path = har / "train" / "signals" / "acc_y_train.txt"
    lines = path.read_text().splitlines()
    lines[2] = lines[2].replace(lines[2].split()[4], "x", 1)
    path.write_text("\n".join(lines))
    found = read(har)
    assert len(found.cases) == 8
    assert "train, line 3, channel 'acc_y', value 5: 'x' is no number" in found.unreadable[0]


@pytest.mark.parametrize("name", ["train/signals/acc_y_train.txt", "train/y_train.txt"])
def test_files_of_different_lengths_are_one_sentence(har, name):
    (har / name).write_text("".join((har / name).read_text().splitlines(keepends=True)[:3]))
    with pytest.raises(InputError, match="line 4: not every file has this line"):
        read(har)


def test_a_channel_that_the_test_lacks_is_one_sentence(har):
    (har / "test" / "signals" / "acc_z_test.txt").unlink()
    with pytest.raises(InputError, match=r"has no file acc_z_test\.txt"):
        read(har)
