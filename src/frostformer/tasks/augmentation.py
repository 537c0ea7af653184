"""Random crop, mirroring and rotation of images, as the code of Lu et al. 2021 does for CIFAR-10 (section 2.1).

The three together say of every pixel of the result which pixel of the image it shows, so a batch moves in one gather.
All of it is integer arithmetic, the rotation in 16.16 fixed point: every device gives the bytes that Pillow gives.

Shapes: B images of H rows, W columns and C channels.
"""

from __future__ import annotations

import torch
from torch import Tensor

MAX_SHIFT = 4  # pixels; the same as cropping out of an image padded by 4 on every side
MAX_DEGREES = 20.0


def augment(images: Tensor) -> Tensor:
    """Images (B, H, W, C), each moved in its own way.

    The moves are drawn on the CPU, so that a step has the same ones on every device.
    """
    count = len(images)
    shifts = torch.randint(-MAX_SHIFT, MAX_SHIFT + 1, (2, count))
    mirrored = torch.rand(count) < 0.5
    degrees = MAX_DEGREES * (2 * torch.rand(count) - 1)
    return move(images, shifts, mirrored, degrees)


def move(images: Tensor, shifts: Tensor, mirrored: Tensor, degrees: Tensor) -> Tensor:
    """Images cropped, then mirrored, then rotated; what comes from outside is 0.

    Args:
        images: (B, H, W, C).
        shifts: (2, B) rows and columns that the crop lies below and to the right of the image.
        mirrored: (B,) whether left and right change places.
        degrees: (B,) counterclockwise about the centre, nearest neighbour.
    """
    count, height, width = images.shape[:3]
    numbers = torch.stack([*_rotation(degrees, height, width), *shifts, mirrored]).to(images.device)  # in one transfer
    cos, sin, first_row, first_column, down, right, mirror = numbers[:, :, None, None]  # (B, 1, 1) each
    y = torch.arange(height, device=images.device)[:, None]
    x = torch.arange(width, device=images.device)

    row = (sin * x + cos * y + first_row) >> 16  # (B, H, W), in the cropped image
    column = (cos * x - sin * y + first_column) >> 16
    inside = _within(row, height) & _within(column, width)
    row = row + down  # in the image itself
    column = torch.where(mirror == 1, width - 1 - column, column) + right
    inside &= _within(row, height) & _within(column, width)

    source = torch.where(inside, row * width + column, 0).flatten(1)  # (B, H * W)
    image = torch.arange(count, device=images.device)[:, None]
    return images.flatten(1, 2)[image, source].view_as(images) * inside[..., None]


def _rotation(degrees: Tensor, height: int, width: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Cosine, sine, and the row and column that the first pixel shows; (B,) each, in 1/65,536."""
    radians = degrees.double().deg2rad()  # double, so that every processor rounds to the same integers
    cos, sin = radians.cos(), radians.sin()
    y, x = 0.5 - height / 2, 0.5 - width / 2  # middle of the first pixel, seen from the centre
    places = (cos, sin, sin * x + cos * y + height / 2, cos * x - sin * y + width / 2)
    cos, sin, row, column = (torch.floor(place * 65_536 + 0.5).long() for place in places)
    return cos, sin, row, column


def _within(places: Tensor, size: int) -> Tensor:
    return (places >= 0) & (places < size)
