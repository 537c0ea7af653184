"""How a user's values become inputs: what the task took is taken again, and nothing else."""

import json

import numpy as np
import pytest

from frostformer.errors import InputError
from frostformer.tasks.reading_registry import read_reading
from frostformer.tasks.readings import Patches, Reading, Scaled, Words

EVERY = (
    Reading(),
    Scaled((1.0, 2.0), (0.5, 4.0)),
    Words(("<pad>", "A", "C", "[MAX")),
    Patches(patch=2, size=(4, 4), white=16.0),
    Patches(patch=4, size=(32, 32, 3), mean=(0.1, 0.2, 0.3), deviation=(1.0, 2.0, 3.0)),
)


@pytest.mark.parametrize("reading", EVERY, ids=lambda reading: reading.kind)
def test_it_is_read_back_from_json(reading):
    assert read_reading(json.loads(json.dumps(reading.describe()))) == reading


def test_scaling_knows_constant_channels():
    rows = [np.array([[1.0, 7.0], [3.0, 7.0]]), np.array([[5.0, 7.0]])]
    scaled = Scaled.fitted(rows)
    found = np.concatenate([scaled.sequence(row) for row in rows])
    np.testing.assert_allclose(found[:, 0], [-1.2247, 0, 1.2247], atol=1e-4)
    assert not found[:, 1].any()


@pytest.mark.parametrize("values", ["AC", "A C", ["A", "C"], [1, 2]])
def test_words_are_text_or_numbers(values):
    assert EVERY[2].sequence(values).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("reading", "values", "message"),
    [
        (EVERY[2], "A D", "'D' is not in the vocabulary of 4 words"),
        (EVERY[1], [[1.0, 2.0, 3.0]], "wanted \\(positions, 2\\)"),
        (EVERY[0], [1, [2]], "wanted a list of numbers"),
        (EVERY[0], ["a"], "wanted a list of numbers"),
        (EVERY[3], [[17.0] * 4] * 4, "pixels run from 17 to 17, wanted 0 to 16"),
    ],
)
def test_refuses(reading, values, message):
    with pytest.raises(InputError, match=message):
        reading.sequence(values)


def test_an_image_becomes_the_vectors_that_were_trained_on(tasks, fake_mnist):
    _, arrays, _ = fake_mnist
    for name in ("mnist", "mnist-32"):
        task = tasks[name]
        image = arrays["t10k-images-idx3-ubyte"][7].astype(np.uint8)
        expected = task.test.transform(__import__("torch").from_numpy(task.test.inputs[7:8])).numpy()[0]
        np.testing.assert_array_equal(task.reading.sequence(image), expected)


def test_colours_become_grey_as_in_the_task(tasks, fake_cifar10):
    import torch

    image = tasks["cifar10"].test.inputs[3]
    grey = tasks["cifar10-lra"]
    expected = grey.test.transform(torch.from_numpy(grey.test.inputs[3:4])).numpy()[0]
    np.testing.assert_array_equal(grey.reading.sequence(image), expected)


def test_digits_take_raw_images(tasks):
    from sklearn.datasets import load_digits

    images, digits = load_digits().images, tasks["digits"]
    vectors = {digits.reading.sequence(image).tobytes() for image in images}
    assert {row.tobytes() for row in digits.test.inputs} <= vectors


def test_scaling_counts_a_sequence_as_often_as_its_weight_says():
    rows = [np.array([[1.0, 5.0], [2.0, 5.0]]), np.array([[9.0, 5.0]])]
    weighted = Scaled.fitted(rows, np.array([1.0, 3.0]))
    repeated = Scaled.fitted([rows[0], rows[1], rows[1], rows[1]])
    assert weighted.mean == pytest.approx(repeated.mean)
    assert weighted.deviation == pytest.approx(repeated.deviation)
    assert weighted.deviation[1] == 1  # constant
