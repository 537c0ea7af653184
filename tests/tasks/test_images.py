"""Images as patches; digits, MNIST and CIFAR-10."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from frostformer.data.downloads import data_folder
from frostformer.data.readers import cifar
from frostformer.data.sequences import Sequences
from frostformer.errors import InputError
from frostformer.tasks import images
from frostformer.tasks.augmentation import augment
from frostformer.tasks.images import cifar10, cifar10_lra, cifar10_lra_lu2021, cifar10_lu2021, digits, mnist, mnist_32
from frostformer.tasks.readings import Patches
from frostformer.training.batch import inputs_on
from frostformer.training.loop import Training

SPLITS = ("train", "validation", "test")
CPU = torch.device("cpu")


@pytest.fixture
def fake(monkeypatch, fake_mnist, fake_cifar10):
    """A function: name -> the task on fake data, with options."""
    monkeypatch.setattr(images, "_MNIST_FILES", fake_mnist[-1])
    monkeypatch.setattr(cifar, "MD5", fake_cifar10[-1])
    monkeypatch.setattr(cifar, "RECORDS", 1008)

    def make(builder, **options):
        return builder(fake_mnist[0] if builder in (mnist, mnist_32) else fake_cifar10[0], **options)

    return make


def vectors(split: Sequences) -> torch.Tensor:
    return inputs_on(CPU, split)[0]


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3))
def test_patches_run_row_by_row(count, high, wide, patch, channels):
    size = (count, high * patch, wide * patch, channels)
    array = np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8)
    found = Patches(patch)(torch.from_numpy(array))
    assert found.shape == (count, high * wide, patch * patch * channels)
    for n in range(count):
        for i in range(high * wide):
            top, left = i // wide * patch, i % wide * patch
            wanted = array[n, top : top + patch, left : left + patch].ravel() / np.float32(255)
            assert found[n, i].tolist() == wanted.tolist()


def test_each_channel_is_normalised_by_its_own_numbers():
    image = torch.tensor([0, 255, 51], dtype=torch.uint8).view(1, 1, 1, 3)
    found = Patches(1, mean=(0.5, 0.5, 0.1), deviation=(0.5, 0.25, 0.2))(image)
    torch.testing.assert_close(found, torch.tensor([[[-1.0, 2.0, 0.5]]]))


def rows_of(split: Sequences) -> list[tuple[bytes, int]]:
    return [(row.tobytes(), int(label)) for row, label in zip(split.inputs, split.targets[:, 0, 0], strict=True)]


def test_digits_are_scikit_learns_each_in_one_split():
    from sklearn.datasets import load_digits

    task, loaded = digits(), load_digits()
    assert [len(getattr(task, split)) for split in SPLITS] == [1197, 300, 300]
    found = [row for split in SPLITS for row in rows_of(getattr(task, split))]
    quarters = (loaded.images / 16).astype(np.float32).reshape(-1, 4, 2, 4, 2).transpose(0, 1, 3, 2, 4)
    assert sorted(found) == sorted(
        (image.tobytes(), label) for image, label in zip(quarters, loaded.target, strict=True)
    )
    assert len({pixels for pixels, _ in found}) == 1797  # no image twice, so splits share none
    assert (task.train.inputs.min(), task.train.inputs.max()) == (0, 1)
    for split in SPLITS:
        assert np.bincount(getattr(task, split).targets.ravel(), minlength=10).min() > 15


@pytest.mark.parametrize(
    ("builder", "positions", "channels"),
    [
        (mnist, 49, 16),
        (mnist_32, 64, 16),
        (cifar10, 64, 48),
        (cifar10_lu2021, 64, 48),
        (cifar10_lra, 1024, 1),
        (cifar10_lra_lu2021, 1024, 1),
    ],
)
def test_shapes_are_those_of_the_paper(fake, builder, positions, channels):
    task = fake(builder)
    assert (task.shape.length, task.shape.channels, task.shape.classes) == (positions, channels, 10)
    for split in (task.train, task.validation, task.test):
        inputs, lengths = inputs_on(CPU, split[:3])
        assert (inputs.shape, inputs.dtype) == ((3, positions, channels), torch.float32)
        assert lengths.tolist() == [positions] * 3
        assert split[:3].targets.shape == (3, 1, 1)
        assert split.inputs.dtype == np.uint8  # small in memory


def has_its_makers_test_set(task, train, test):
    """Validation is carved out of the training images; nothing is lost, nothing moves into or out of the test set."""
    assert len(task.validation) == 5000
    assert rows_of(task.test) == test
    assert sorted(rows_of(task.train) + rows_of(task.validation)) == sorted(train)


@pytest.mark.parametrize("builder", [mnist, mnist_32, cifar10, cifar10_lra])
def test_validation_may_be_smaller_and_its_images_then_train(fake, builder):
    usual, other = fake(builder), fake(builder, validation=100)
    assert rows_of(other.validation) == rows_of(usual.validation)[:100]
    assert len(other.train) - len(usual.train) == 4900
    assert rows_of(other.test) == rows_of(usual.test)
    with pytest.raises(InputError, match="validation is 99"):
        fake(builder, validation=99)


def test_mnist_has_its_makers_test_set(fake, fake_mnist):
    def published(part):
        pixels, labels = (fake_mnist[1][f"{part}-{kind}-ubyte"] for kind in ("images-idx3", "labels-idx1"))
        return [(image.astype(np.uint8).tobytes(), int(label)) for image, label in zip(pixels, labels, strict=True)]

    has_its_makers_test_set(fake(mnist), published("train"), published("t10k"))


def test_cifar10_has_its_makers_test_set(fake, fake_cifar10):
    rows = [(row[1:].reshape(3, 1024).T.tobytes(), int(row[0])) for row in np.concatenate([*fake_cifar10[1].values()])]
    has_its_makers_test_set(fake(cifar10), rows[:5040], rows[5040:])


def test_mnist_32_has_a_black_margin_of_two_pixels(fake):
    small, large = fake(mnist).test.inputs, fake(mnist_32).test.inputs
    assert large.shape == (60, 32, 32, 1)
    assert np.array_equal(large[:, 2:-2, 2:-2], small)
    assert large.sum() == small.sum()


def test_cifar10_is_normalised_with_the_usual_constants(fake):
    split = fake(cifar10).test[:2]
    pixels = vectors(split).reshape(2, 8, 8, 4, 4, 3).permute(0, 1, 3, 2, 4, 5).reshape(2, 32, 32, 3)
    mean, std = np.array([0.4914, 0.4822, 0.4465]), np.array([0.2023, 0.1994, 0.2010])
    np.testing.assert_allclose(pixels.numpy(), (split.inputs / 255 - mean) / std, atol=1e-5)


def test_cifar10_lra_is_grey_from_minus_one_to_one(fake):
    grey, colour = fake(cifar10_lra).test, fake(cifar10).test
    luma = colour.inputs @ np.array([0.299, 0.587, 0.114])  # ITU-R BT.601
    assert np.abs(grey.inputs[..., 0] - luma).max() < 0.502
    wanted = grey.inputs[:2].reshape(2, 1024, 1) / 127.5 - 1
    np.testing.assert_allclose(vectors(grey[:2]).numpy(), wanted, atol=1e-6)


def test_grey_is_pillows():
    array = np.random.default_rng(0).integers(0, 256, (200, 32, 32, 3), dtype=np.uint8)
    found = hashlib.md5(Patches(size=(*array.shape[1:],), grey=True).images(array).tobytes()).hexdigest()
    assert found == "cac3411e9cb0973a39632d0f28e5b51c"  # of convert("L") in Pillow 13.0


OFFICIAL_NUMBERS = {  # task -> mean, deviation, patch
    cifar10_lu2021: ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010), 4),
    cifar10_lra_lu2021: ((0.5,), (0.5,), 1),
}


def official_vectors(builder, image):
    """One image (H, W, 3) as the official code makes vectors of it: ToTensor, Grayscale if grey, Normalize, patches."""
    mean, deviation, patch = OFFICIAL_NUMBERS[builder]
    tensor = image.permute(2, 0, 1).double() / 255  # (C, H, W)
    if len(mean) == 1:
        red, green, blue = tensor
        tensor = (0.2989 * red + 0.587 * green + 0.114 * blue)[None]
    rows = []
    for channel, centre, scale in zip(tensor, mean, deviation, strict=True):
        normal = (channel - centre) / scale
        rows.append(normal.unfold(0, patch, patch).unfold(1, patch, patch).reshape(-1, patch * patch))
    return torch.stack(rows, dim=-1).flatten(1)  # (T, patch * patch * C)


@pytest.mark.parametrize("builder", OFFICIAL_NUMBERS)
def test_the_vectors_are_those_of_the_official_code(fake, builder):
    split = fake(builder).test[:5]
    wanted = torch.stack([official_vectors(builder, image) for image in torch.from_numpy(split.inputs)])
    reading = replace(split.transform, augmented=False)
    found = reading(torch.from_numpy(split.inputs).double())
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-6)  # the reading's own constants are float32
    torch.testing.assert_close(vectors(split), wanted.float(), rtol=0, atol=1e-6)


@pytest.mark.parametrize("builder", OFFICIAL_NUMBERS)
def test_training_images_are_augmented_before_they_become_vectors(fake, builder):
    split = fake(builder).train[:5]
    torch.manual_seed(3)
    found = vectors(split)
    torch.manual_seed(3)
    wanted = [official_vectors(builder, image) for image in augment(torch.from_numpy(split.inputs))]
    torch.testing.assert_close(found, torch.stack(wanted).float(), rtol=0, atol=1e-6)


@pytest.mark.parametrize("builder", OFFICIAL_NUMBERS)
def test_the_official_tasks_are_augmented_unless_that_is_switched_off(fake, builder):
    task, still = fake(builder), fake(builder, augment=False)
    assert (task.train.augmented, task.validation.augmented, still.train.augmented) == (True, False, False)
    assert ("shifted, mirrored and rotated" in task.note, still.note) == (True, "")
    divided = task.divided(1)
    assert (divided.train.augmented, divided.validation.augmented) == (True, False)


def test_cifar10_lra_lu2021_rounds_no_grey_value_and_takes_whole_images(fake):
    official, rounded = fake(cifar10_lra_lu2021), fake(cifar10_lra)
    difference = (vectors(official.test) - vectors(rounded.test)).abs() * 127.5  # in grey levels
    assert 0.2 < difference.mean() < 0.3
    assert difference.max() < 0.53
    image = official.test.inputs[0]
    assert official.reading.sequence(image).tolist() == vectors(official.test[:1])[0].tolist()


def test_cifar10_lra_may_be_cut_into_patches(fake):
    assert vectors(fake(cifar10_lra, patch=4).test[:2]).shape == (2, 64, 16)
    with pytest.raises(InputError, match="patches of 3: give 1, 2, 4, 8 or 16"):
        fake(cifar10_lra, patch=3)


@pytest.mark.parametrize("builder", [cifar10, cifar10_lra, cifar10_lu2021, cifar10_lra_lu2021])
def test_only_training_images_are_augmented(fake, builder):
    plain, augmented = fake(builder, augment=False), fake(builder, augment=True)
    for split in ("validation", "test"):
        torch.manual_seed(0)
        assert torch.equal(vectors(getattr(plain, split)[:20]), vectors(getattr(augmented, split)[:20]))
    assert torch.equal(torch.get_rng_state(), torch.Generator().manual_seed(0).get_state())  # nothing was drawn
    assert np.array_equal(plain.train.inputs, augmented.train.inputs)
    moved = vectors(augmented.train[:20]) != vectors(plain.train[:20])
    assert moved.flatten(1).any(1).all()


def test_augmented_batches_are_a_function_of_seed_and_step(fake, tiny_model, tiny_config, monkeypatch):
    task = fake(cifar10, augment=True)

    def seen(seed):
        """Inputs of four training steps, with evaluations between them."""
        model = tiny_model(task.shape)
        inputs = []
        model.register_forward_pre_hook(lambda module, given: inputs.append(given[0]) if module.training else None)
        training = Training(model, task, tiny_config(steps=4, evaluate_every=2, batch_size=40, seed=seed))
        monkeypatch.setattr(training, "evaluate", lambda split, evaluate=training.evaluate: evaluate(split[:50]))
        model.train()
        list(training.run())
        return torch.stack(inputs)

    one, again, other = seen(0), seen(0), seen(1)
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    sums = one.sum(dim=(2, 3)).sort().values  # a batch is the whole split: with no augmentation all steps were equal
    assert len({tuple(row.tolist()) for row in sums}) == 4


def test_trivial_levels_are_those_of_the_most_common_training_label(fake):
    for builder in (mnist, mnist_32, cifar10, cifar10_lra):
        task = fake(builder)
        answer = np.bincount(task.train.targets.ravel()).argmax()
        assert task.trivial == {"majority class": np.mean(task.test.targets == answer)}
    assert 0.05 < digits().trivial["majority class"] < 0.2


def test_the_data_folder_is_read_by_default(monkeypatch, fake, fake_mnist, fake_cifar10, tmp_path):
    monkeypatch.setenv("FROSTFORMER_DATA", str(tmp_path))
    (tmp_path / "mnist").symlink_to(fake_mnist[0])
    (tmp_path / "cifar10").symlink_to(fake_cifar10[0].parent)
    assert len(mnist().test) == len(mnist_32().test) == 60
    assert len(cifar10().test) == len(cifar10_lra().test) == 1008


def test_mnist_checks_what_it_reads(fake, fake_mnist, tmp_path):
    for path in fake_mnist[0].iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(b"\0\0\x08\x01\0\0\0\0")
    with pytest.raises(InputError, match="t10k-labels-idx1-ubyte is not the published"):
        mnist(tmp_path)


def test_the_published_mnist():
    if not (data_folder() / "mnist").is_dir():
        pytest.skip("no MNIST in the data folder: set FROSTFORMER_DATA")
    task = mnist()
    assert [len(getattr(task, split)) for split in SPLITS] == [55_000, 5000, 10_000]
    assert np.bincount(task.test.targets.ravel()).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert task.test.targets[:5].ravel().tolist() == [7, 2, 1, 0, 4]


def test_the_published_cifar10():
    if not (data_folder() / "cifar10" / "cifar-10-batches-bin").is_dir():
        pytest.skip("no CIFAR-10 in the data folder: set FROSTFORMER_DATA")
    task = cifar10()  # checks the six published MD5s
    assert [len(getattr(task, split)) for split in SPLITS] == [45_000, 5000, 10_000]
    assert np.bincount(task.test.targets.ravel()).tolist() == [1000] * 10
    assert task.test.targets[:8].ravel().tolist() == [3, 8, 8, 0, 6, 6, 1, 6]  # cat, ship, ship, airplane, ...
    mean, std = (getattr(vectors(task.train[:2000]), name)(dim=(0, 1)) for name in ("mean", "std"))
    assert mean.abs().max() < 0.1
    assert 0.9 < std.min() < std.max() < 1.4  # the usual constants are means of each image's own deviation
