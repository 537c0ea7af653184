"""Random crop, mirroring and rotation of images, as in the code of Lu et al. 2021 for CIFAR-10 (section 2.1).

Crop, mirroring and rotation only decide which pixel of the image each pixel of the result shows. So they are combined,
and the whole batch is moved by one lookup. The arithmetic uses only integers, for the rotation as fixed-point numbers
with 16 bits after the point. So the result is the same on every device, and the same as Pillow's.

Shapes: B images of H rows, W columns and C channels.
"""

from __future__ import annotations

import torch
from torch import Tensor

MAX_SHIFT = 4  # pixels; the same as padding the image by 4 on every side and cropping out its old size
MAX_DEGREES = 20.0


def augment(images: Tensor) -> Tensor:
    """Images (B, H, W, C), each shifted, mirrored and rotated at random.

    The random numbers are drawn on the CPU, so that they are the same on every device.
    """
    count = len(images)
    shifts = torch.randint(-MAX_SHIFT, MAX_SHIFT + 1, (2, count))
    mirrored = torch.rand(count) < 0.5
    degrees = MAX_DEGREES * (2 * torch.rand(count) - 1)
    return move(images, shifts, mirrored, degrees)


def move(images: Tensor, shifts: Tensor, mirrored: Tensor, degrees: Tensor) -> Tensor:
    """The images cropped, then mirrored, then rotated. Pixels from outside the image are 0.

    Args:
        images: (B, H, W, C).
        shifts: (2, B) how many rows the crop lies below the image, and how many columns to its right.
        mirrored: (B,) whether left and right are exchanged.
        degrees: (B,) rotation about the centre, counterclockwise, with nearest-neighbour sampling.
    """
    count, height, width = images.shape[:3]
    # Stacked, so that all numbers go to the device in one transfer.
    numbers = torch.stack([*_rotation(degrees, height, width), *shifts, mirrored]).to(images.device)
    cos, sin, first_row, first_column, down, right, mirror = numbers[:, :, None, None]  # (B, 1, 1) each
    y = torch.arange(height, device=images.device)[:, None]
    x = torch.arange(width, device=images.device)

    row = (sin * x + cos * y + first_row) >> 16  # (B, H, W), in the cropped and mirrored image
    column = (cos * x - sin * y + first_column) >> 16
    inside = _within(row, height) & _within(column, width)
    row = row + down  # from here on in the image itself
    column = torch.where(mirror == 1, width - 1 - column, column) + right
    inside &= _within(row, height) & _within(column, width)

    source = torch.where(inside, row * width + column, 0).flatten(1)  # (B, H * W)
    image = torch.arange(count, device=images.device)[:, None]
    return images.flatten(1, 2)[image, source].view_as(images) * inside[..., None]


def _rotation(degrees: Tensor, height: int, width: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Cosine, sine, and the row and column that the first pixel shows, each (B,) in units of 1/65,536."""
    radians = degrees.double().deg2rad()  # float64, so that every processor rounds to the same integers
    cos, sin = radians.cos(), radians.sin()
    y, x = 0.5 - height / 2, 0.5 - width / 2  # the middle of the first pixel, relative to the centre
    places = (cos, sin, sin * x + cos * y + height / 2, cos * x - sin * y + width / 2)
    cos, sin, row, column = (torch.floor(place * 65_536 + 0.5).long() for place in places)
    return cos, sin, row, column


def _within(places: Tensor, size: int) -> Tensor:
    return (places >= 0) & (places < size)
