"""Moved images are those of the official code and of a slow reference; random moves have the right distribution."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from frostformer.tasks import augmentation
from frostformer.tasks.augmentation import augment, move
from frostformer.tasks.readings import Patches


def official_form(image, down, right, mirror, degrees):
    """One image (C, H, W) float32 as RandomCrop, RandomHorizontalFlip and RandomRotation of torchvision 0.8.2 move it.

    For tensors the rotation there is a matrix product of the pixels' places, then `grid_sample`.
    """
    high, wide = image.shape[1:]
    cropped = functional.pad(image, (4, 4, 4, 4))[:, 4 + down : 4 + down + high, 4 + right : 4 + right + wide]
    turned = cropped.flip(-1) if mirror else cropped
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turn = torch.tensor([[cos, sin], [-sin, cos]]) / torch.tensor([wide / 2, high / 2])
    x, y = (torch.linspace(0.5 - size / 2, size / 2 - 0.5, size) for size in (wide, high))
    places = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)  # (H, W, 2)
    grid = (places.view(1, -1, 2) @ turn).view(1, high, wide, 2)
    return functional.grid_sample(turned[None], grid, "nearest", "zeros", align_corners=False)[0]


def test_moves_as_the_official_code_does():
    generator, count = np.random.default_rng(0), 1500
    images = torch.from_numpy(generator.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8))
    shifts, mirrored = generator.integers(-4, 5, (2, count)), generator.random(count) < 0.5
    degrees = generator.uniform(-20, 20, count).astype(np.float32)
    moved = move(images, *map(torch.from_numpy, (shifts, mirrored, degrees)))
    assert moved.dtype == torch.uint8
    moves = zip(images.float().permute(0, 3, 1, 2), *shifts, mirrored, map(float, degrees), strict=True)
    wanted = torch.stack([official_form(*one) for one in moves])
    assert torch.equal(moved.float().permute(0, 3, 1, 2), wanted)  # Pillow's fixed-point numbers fail here


def slow_crop_and_mirror(image, down, right, mirror):
    """One image (H, W, C), cropped out of a padded copy and perhaps mirrored."""
    high, wide = image.shape[:2]
    padded = np.pad(image, ((4, 4), (4, 4), (0, 0)))
    cropped = padded[4 + down : 4 + down + high, 4 + right : 4 + right + wide]
    return cropped[:, ::-1] if mirror else cropped


def slow_rotation(image, degrees):
    """One image (H, W, C) rotated, and (H, W) which pixels fall so near the edge between two that rounding decides."""
    high, wide = image.shape[:2]
    result, unsure = np.zeros_like(image), np.zeros((high, wide), bool)
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    for i in range(high):
        for j in range(wide):
            y, x = i + 0.5 - high / 2, j + 0.5 - wide / 2
            row, column = sin * x + cos * y + high / 2, cos * x - sin * y + wide / 2
            unsure[i, j] = any(abs(place - round(place)) < 1e-3 for place in (row, column))
            if 0 <= row < high and 0 <= column < wide:
                result[i, j] = image[int(row), int(column)]
    return result, unsure


sizes = {"high": st.integers(5, 12), "wide": st.integers(5, 12), "channels": st.integers(1, 3)}


def some_images(count, high, wide, channels):
    return np.random.default_rng(1).integers(1, 256, (count, high, wide, channels), dtype=np.uint8)


@given(shifts=st.lists(st.tuples(*[st.integers(-4, 4)] * 2, st.booleans()), min_size=1, max_size=4), **sizes)
def test_crop_and_mirror_are_exact(shifts, high, wide, channels):
    images = some_images(len(shifts), high, wide, channels)
    down, right, mirror = (torch.tensor(numbers) for numbers in zip(*shifts, strict=True))
    moved = move(torch.from_numpy(images), torch.stack([down, right]), mirror, torch.zeros(len(images)))
    assert moved.tolist() == [
        slow_crop_and_mirror(image, *one).tolist() for image, one in zip(images, shifts, strict=True)
    ]


@given(degrees=st.lists(st.floats(-180, 180), min_size=1, max_size=4), **sizes)
def test_rotation_is_nearest_neighbour_about_the_centre(degrees, high, wide, channels):
    images = some_images(len(degrees), high, wide, channels)
    still = torch.zeros(2, len(images), dtype=torch.int64)
    moved = move(torch.from_numpy(images), still, still[0] > 0, torch.tensor(degrees, dtype=torch.float64))
    for image, found, angle in zip(images, moved.numpy(), degrees, strict=True):
        wanted, unsure = slow_rotation(image, angle)
        assert np.array_equal(found[~unsure], wanted[~unsure])


def test_the_crop_comes_before_mirroring_and_that_before_the_rotation():
    image = some_images(1, 8, 9, 2)
    moved = move(torch.from_numpy(image), torch.tensor([[2], [-3]]), torch.tensor([True]), torch.tensor([13.0]))
    wanted, unsure = slow_rotation(slow_crop_and_mirror(image[0], 2, -3, True), 13)
    assert unsure.sum() < 3
    assert np.array_equal(moved[0].numpy()[~unsure], wanted[~unsure])


def test_every_move_has_its_chance(monkeypatch):
    monkeypatch.setattr(augmentation, "move", lambda images, *moves: moves)
    torch.manual_seed(0)
    shifts, mirrored, degrees = augment(torch.zeros(20_000, 1, 1, 1))
    for axis in shifts:
        shares = np.bincount(axis + 4, minlength=9) / 20_000
        assert np.abs(shares - 1 / 9).max() < 0.012  # five standard errors
    assert abs(float(mirrored.float().mean()) - 0.5) < 0.018
    assert degrees.abs().max() <= 20
    shares = np.histogram(degrees, bins=8, range=(-20, 20))[0] / 20_000
    assert np.abs(shares - 1 / 8).max() < 0.012
    moves = np.stack([*shifts, mirrored, degrees])
    assert np.abs(np.corrcoef(moves) - np.eye(4)).max() < 0.04  # drawn independently


def test_augment_draws_from_torchs_generator_alone():
    images = torch.from_numpy(some_images(8, 10, 10, 3))

    def augmented(seed):
        torch.manual_seed(seed)
        np.random.seed(np.random.default_rng().integers(1000))  # noqa: NPY002 - must make no difference
        return augment(images)

    assert torch.equal(augmented(1), augmented(1))
    assert not torch.equal(augmented(1), augmented(2))
    assert augmented(1).shape == images.shape


@pytest.mark.parametrize("count", [0, 1])
def test_small_batches(count):
    assert augment(torch.zeros(count, 4, 4, 1, dtype=torch.uint8)).shape == (count, 4, 4, 1)


def test_all_but_the_drawing_happens_where_the_images_are():
    images = torch.zeros(2, 8, 8, 3, dtype=torch.uint8, device="meta")  # like a GPU, it refuses to mix with CPU tensors
    assert augment(images).device.type == "meta"
    assert Patches(4, mean=(0.5,) * 3, deviation=(0.5,) * 3, augmented=True)(images).shape == (2, 4, 48)
