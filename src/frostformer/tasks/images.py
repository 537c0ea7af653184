"""Images as sequences of square patches, row by row (Lu et al. 2021, section 2.1).

Images stay bytes in memory; `Patches` turns a batch of them into input vectors on the training device.
Shapes: N images of H rows, W columns and C colours; T positions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from frostformer.data.downloads import PublishedFile, data_folder, find_data_file
from frostformer.data.readers.cifar import read_cifar10
from frostformer.data.readers.idx import read_idx
from frostformer.data.sequences import Sequences
from frostformer.errors import InputError, check_range
from frostformer.tasks.readings import Patches
from frostformer.tasks.shape import TaskShape
from frostformer.tasks.task import Task, majority_class

_SPLIT_SEED = 2021  # of the splits made here; it is fixed, so that all runs have the same splits
_VALIDATION = 5000  # images carved out of the training images of MNIST and CIFAR-10
_MOST_VALIDATION = 25_000

_IN_COLOUR = Patches(  # with the usual mean and deviation of CIFAR-10
    patch=4, size=(32, 32, 3), mean=(0.4914, 0.4822, 0.4465), deviation=(0.2023, 0.1994, 0.2010)
)

_MNIST_FILES = {
    name: PublishedFile(f"{name}.gz", f"https://ossci-datasets.s3.amazonaws.com/mnist/{name}.gz", md5)
    for name, md5 in {
        "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
        "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
        "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
        "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
    }.items()
}


@dataclass(frozen=True)
class _Labelled:
    images: np.ndarray  # (N, H, W, C) uint8, as they are kept
    labels: np.ndarray  # (N,)

    def sequences(self, reading: Patches) -> Sequences:
        return reading.sequences(self.images, self.labels.astype(np.int64)[:, None, None])


def digits() -> Task:
    """scikit-learn's 1,797 handwritten digits, 8 x 8, as 16 patches of 2 x 2: real data that needs no download."""
    from sklearn.datasets import load_digits

    loaded = load_digits()
    reading = Patches(patch=2, size=(8, 8), white=16)
    inputs = np.stack([reading.sequence(image.astype(np.float32)) for image in loaded.images])  # (N, 16, 4)
    everything = Sequences(inputs, np.full(len(inputs), 16), loaded.target.astype(np.int64)[:, None, None])
    order = np.random.default_rng(_SPLIT_SEED).permutation(len(everything))
    train, test = everything[order[:1197]], everything[order[1497:]]
    return Task(
        name="digits",
        version=1,
        shape=TaskShape("vectors", channels=4, length=16, classes=10),
        train=train,
        validation=everything[order[1197:1497]],
        test=test,
        reading=reading,
        trivial=majority_class(train, test) | {"guessing": 0.1},
    )


def mnist(folder: Path | None = None, validation: int = _VALIDATION) -> Task:
    """MNIST, 28 x 28, as 49 patches of 4 x 4; `validation` of the 60,000 training images are the validation split.

    Reads the four idx files (plain or gzipped) in `folder` (default: `mnist` in the data folder); missing ones are
    downloaded there.
    """
    return _mnist("mnist", folder, 0, validation)


def mnist_32(folder: Path | None = None, validation: int = _VALIDATION) -> Task:
    """MNIST with a black margin, 32 x 32, as 64 patches of 4 x 4, as in the paper's text; its code has 28 x 28."""
    return _mnist("mnist-32", folder, 2, validation)


def cifar10(folder: Path | None = None, augment: bool = False, validation: int = _VALIDATION) -> Task:
    """CIFAR-10 as 64 patches of 4 x 4 pixels in colour; `validation` of the 50,000 training images are that split.

    Reads the `.bin` files or the archive in `folder` (default: `cifar10/cifar-10-batches-bin` in the data folder); if
    they are missing, the archive is downloaded there. With `augment` training images are shifted, mirrored and rotated,
    as the paper's always were.
    """
    return _cifar10("cifar10", folder, _IN_COLOUR, augment, validation)


def cifar10_lu2021(folder: Path | None = None, augment: bool = True) -> Task:
    """CIFAR-10 as the official code of Lu et al. 2021 has it: `cifar10` whose training images are always augmented.

    Each time an image is seen it is shifted by up to 4 pixels, mirrored or not, and rotated by up to 20 degrees; what
    comes in from outside is black. Two things differ: that code trains on all 50,000 images and looks at the test
    images while it trains; here 5,000 training images are the validation split, and the test is read once.
    """
    return _cifar10("cifar10-lu2021", folder, _IN_COLOUR, augment)


def cifar10_lra(
    folder: Path | None = None, augment: bool = False, patch: int = 1, validation: int = _VALIDATION
) -> Task:
    """CIFAR-10 in grey, pixel by pixel: 1,024 positions (Long Range Arena); the rest as for `cifar10`.

    With a `patch` of 2, 4, 8 or 16 sequences are shorter.
    """
    return _cifar10("cifar10-lra", folder, _in_grey(patch, True), augment, validation)


def cifar10_lra_lu2021(folder: Path | None = None, augment: bool = True, patch: int = 1) -> Task:
    """CIFAR-10 in grey as the official code of Lu et al. 2021 has it: always augmented, grey values not rounded.

    Colours are weighed with 0.2989, 0.587 and 0.114. The augmentation and what differs are those of `cifar10-lu2021`.
    """
    return _cifar10("cifar10-lra-lu2021", folder, _in_grey(patch, "unrounded"), augment)


def _mnist(name: str, folder: Path | None, margin: int, validation: int) -> Task:
    folder = folder or data_folder() / "mnist"
    arrays = {file_name: read_idx(find_data_file(folder, file)) for file_name, file in _MNIST_FILES.items()}
    reading = Patches(patch=4, size=(28, 28), margin=margin)
    parts = {
        part: _Labelled(reading.images(arrays[f"{prefix}-images-idx3-ubyte"]), arrays[f"{prefix}-labels-idx1-ubyte"])
        for part, prefix in (("train", "train"), ("test", "t10k"))
    }
    return _carve(name, parts, reading, validation)


def _in_grey(patch: int, grey: bool | Literal["unrounded"]) -> Patches:
    if patch not in (1, 2, 4, 8, 16):
        raise InputError(f"patch: images of 32 x 32 do not divide into patches of {patch}: give 1, 2, 4, 8 or 16")
    return Patches(patch, size=(32, 32, 3), grey=grey, mean=(0.5,), deviation=(0.5,))


def _cifar10(name: str, folder: Path | None, reading: Patches, augment: bool, validation: int = _VALIDATION) -> Task:
    read = read_cifar10(folder or data_folder() / "cifar10" / "cifar-10-batches-bin")
    parts = {part: _Labelled(reading.images(images), labels) for part, (images, labels) in read.items()}
    task = _carve(name, parts, reading, validation, augment)
    return replace(task, note="training images are shifted, mirrored and rotated at random" if augment else "")


def _carve(name: str, parts: dict[str, _Labelled], reading: Patches, validation: int, augment: bool = False) -> Task:
    """A task whose validation split is carved out of the training images; only training images are augmented."""
    check_range("validation", validation, 100, _MOST_VALIDATION)
    training, test = parts["train"].sequences(reading), parts["test"].sequences(reading)
    order = np.random.default_rng(_SPLIT_SEED).permutation(len(training))
    train = replace(training[order[validation:]], transform=replace(reading, augmented=augment))
    channels = reading.patch**2 * len(reading.mean)
    return Task(
        name=name,
        version=1,
        shape=TaskShape("vectors", channels=channels, length=int(training.lengths[0]), classes=10),
        train=train,
        validation=training[order[:validation]],
        test=test,
        reading=reading,
        trivial=majority_class(train, test),
    )
