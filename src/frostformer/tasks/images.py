"""Images as sequences of square patches, row by row (Lu et al. 2021, section 2.1)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from frostformer.data import Sequences
from frostformer.datafiles import DataFile, data_folder, find_data_file
from frostformer.readers.idx import read_idx
from frostformer.tasks.task import Task, TaskShape

_SPLIT_SEED = 2021  # of the validation splits carved here; fixed, so that a task means the same for every run

_MNIST_FILES = {
    name: DataFile(f"{name}.gz", f"https://ossci-datasets.s3.amazonaws.com/mnist/{name}.gz", md5)
    for name, md5 in {
        "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
        "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
        "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
        "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
    }.items()
}


def digits() -> Task:
    """scikit-learn's 1,797 handwritten digits, 8 x 8, as 16 patches of 2 x 2: real data that needs no download."""
    from sklearn.datasets import load_digits

    loaded = load_digits()
    images = (loaded.images / 16).astype(np.float32)[..., None]  # (N, 8, 8, 1), 0 to 1
    everything = image_sequences(images, loaded.target, patch=2)
    order = np.random.default_rng(_SPLIT_SEED).permutation(len(everything))
    return Task(
        name="digits",
        version=1,
        shape=TaskShape("vectors", channels=4, length=16, classes=10),
        train=everything[order[:1197]],
        validation=everything[order[1197:1497]],
        test=everything[order[1497:]],
        source="scikit-learn load_digits; Alpaydin and Kaynak, UCI Optical Recognition of Handwritten Digits",
        licence="CC BY 4.0",
    )


def mnist(folder: Path | None = None) -> Task:
    """MNIST, 28 x 28, as 49 patches of 4 x 4; 5,000 of the 60,000 training images are the validation split.

    Reads the four idx files (plain or gzipped) in `folder` (default: `mnist` in the data folder); downloads them there.
    """
    folder = folder or data_folder() / "mnist"
    arrays = {name: read_idx(find_data_file(folder, file)) for name, file in _MNIST_FILES.items()}
    training = _mnist_sequences(arrays["train-images-idx3-ubyte"], arrays["train-labels-idx1-ubyte"])
    order = np.random.default_rng(_SPLIT_SEED).permutation(len(training))
    return Task(
        name="mnist",
        version=1,
        shape=TaskShape("vectors", channels=16, length=49, classes=10),
        train=training[order[5000:]],
        validation=training[order[:5000]],
        test=_mnist_sequences(arrays["t10k-images-idx3-ubyte"], arrays["t10k-labels-idx1-ubyte"]),
        source="LeCun, Cortes and Burges, The MNIST database of handwritten digits",
        licence="CC BY-SA 3.0",
    )


def image_sequences(images: np.ndarray, labels: np.ndarray, patch: int) -> Sequences:
    """Images (N, H, W, C) as sequences (N, H/patch * W/patch, patch * patch * C), one label (N,) each."""
    from einops import rearrange

    inputs = rearrange(images, "n (h p) (w q) c -> n (h w) (p q c)", p=patch, q=patch)
    lengths = np.full(len(inputs), inputs.shape[1])
    return Sequences(np.ascontiguousarray(inputs), lengths, labels.astype(np.int64)[:, None, None])


def _mnist_sequences(images: np.ndarray, labels: np.ndarray) -> Sequences:
    return image_sequences((images[..., None] / np.float32(255)).astype(np.float32), labels, patch=4)
