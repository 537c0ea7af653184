"""Images as patches; digits and MNIST."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frostformer.data import Sequences
from frostformer.datafiles import data_folder
from frostformer.errors import InputError
from frostformer.tasks import images
from frostformer.tasks.images import digits, image_sequences, mnist

SPLITS = ("train", "validation", "test")


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3))
def test_patches_run_row_by_row(count, high, wide, patch, channels):
    array = np.arange(count * high * patch * wide * patch * channels, dtype=np.float32)
    array = array.reshape(count, high * patch, wide * patch, channels)
    found = image_sequences(array, np.arange(count), patch)
    for n in range(count):
        for i in range(high * wide):
            top, left = i // wide * patch, i % wide * patch
            assert found.inputs[n, i].tolist() == array[n, top : top + patch, left : left + patch].ravel().tolist()
    assert found.lengths.tolist() == [high * wide] * count
    assert found.targets.tolist() == [[[n]] for n in range(count)]


def rows_of(split: Sequences) -> list[tuple[bytes, int]]:
    return [(row.tobytes(), int(label)) for row, label in zip(split.inputs, split.targets[:, 0, 0], strict=True)]


def test_digits_are_scikit_learns_each_in_one_split():
    from sklearn.datasets import load_digits

    task, loaded = digits(), load_digits()
    assert [len(getattr(task, split)) for split in SPLITS] == [1197, 300, 300]
    found = [row for split in SPLITS for row in rows_of(getattr(task, split))]
    everything = image_sequences((loaded.images / 16).astype(np.float32)[..., None], loaded.target, 2)
    assert sorted(found) == sorted(rows_of(everything))
    assert len({pixels for pixels, _ in found}) == 1797  # no image twice, so splits share none
    assert (task.train.inputs.min(), task.train.inputs.max()) == (0, 1)
    for split in SPLITS:
        assert np.bincount(getattr(task, split).targets.ravel(), minlength=10).min() > 15


def test_mnist_has_its_own_test_set_and_carves_validation_out_of_training(tasks, fake_mnist):
    task, (_, arrays, _) = tasks["mnist"], fake_mnist
    assert [len(getattr(task, split)) for split in SPLITS] == [40, 5000, 60]

    def whole(part):
        pixels = (arrays[f"{part}-images-idx3-ubyte"][..., None].astype(np.uint8) / np.float32(255)).astype(np.float32)
        return rows_of(image_sequences(pixels, arrays[f"{part}-labels-idx1-ubyte"], 4))

    assert rows_of(task.test) == whole("t10k")
    assert sorted(rows_of(task.train) + rows_of(task.validation)) == sorted(whole("train"))
    assert task.test.inputs.shape == (60, 49, 16)


def test_mnist_reads_the_data_folder_by_default(monkeypatch, fake_mnist):
    folder, _, files = fake_mnist
    monkeypatch.setattr(images, "_MNIST_FILES", files)
    monkeypatch.setenv("FROSTFORMER_DATA", str(folder.parent))
    assert len(mnist().test) == 60


def test_mnist_checks_what_it_reads(monkeypatch, fake_mnist, tmp_path):
    folder, _, files = fake_mnist
    monkeypatch.setattr(images, "_MNIST_FILES", files)
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(b"\0\0\x08\x01\0\0\0\0")
    with pytest.raises(InputError, match="t10k-labels-idx1-ubyte is not the published file"):
        mnist(tmp_path)


def test_the_published_mnist():
    if not (data_folder() / "mnist").is_dir():
        pytest.skip("no MNIST in the data folder: set FROSTFORMER_DATA")
    task = mnist()
    assert [len(getattr(task, split)) for split in SPLITS] == [55_000, 5000, 10_000]
    assert np.bincount(task.test.targets.ravel()).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert task.test.targets[:5].ravel().tolist() == [7, 2, 1, 0, 4]
