"""Random crop, mirroring and rotation of images, as in the code of Lu et al. 2021 for CIFAR-10 (section 2.1).

Crop, mirroring and rotation only decide which pixel of the image each pixel of the result shows. So they are combined,
and the whole batch is moved by one lookup. The official code rotates tensors with torchvision 0.8.2, which finds the
place of each pixel in float32. Here each of those products and sums is a step of its own in float32, so the result is
the same on every device, and the same as torchvision's to the pixel. (Pillow, which torchvision calls for images that
are no tensors, rounds otherwise and shows another neighbour in one of about 8,000 pixels.)

Shapes: B images of H rows, W columns and C channels.
"""

from __future__ import annotations

import torch
from torch import Tensor

from frostformer.data.moving import moved

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
    radians = degrees.double().deg2rad()  # float64, as Python's numbers in the official code
    # Stacked, so that all numbers go to the device in one transfer, and in float32, as they are used there.
    numbers = moved(torch.stack([radians.cos(), radians.sin(), *shifts, mirrored]).float(), images.device)
    cos, sin, down, right, mirror = numbers[:, :, None, None]  # (B, 1, 1) each
    y = _from_centre(height, images.device)[:, None]
    x = _from_centre(width, images.device)

    row = _nearest(sin * x + cos * y, height)  # (B, H, W), in the cropped and mirrored image
    column = _nearest(cos * x - sin * y, width)
    inside = _within(row, height) & _within(column, width)
    row = row + down.long()  # from here on in the image itself
    column = torch.where(mirror == 1, width - 1 - column, column) + right.long()
    inside &= _within(row, height) & _within(column, width)

    source = torch.where(inside, row * width + column, 0).flatten(1)  # (B, H * W)
    image = torch.arange(count, device=images.device)[:, None]
    return images.flatten(1, 2)[image, source].view_as(images) * inside[..., None]


def _from_centre(size: int, device: torch.device) -> Tensor:
    """The middle of each pixel of a row or column of `size` pixels, counted from its centre."""
    return torch.arange(size, device=device) + (0.5 - size / 2)


def _nearest(places: Tensor, size: int) -> Tensor:
    """Numbers of the pixels nearest to places counted from the centre, by the steps of torch's `grid_sample`.

    It takes places on the scale -1 to 1; adding 1 there is what rounds in float32.
    """
    half = size / 2
    return torch.round((places / half + 1) * half - 0.5).long()


def _within(places: Tensor, size: int) -> Tensor:
    return (places >= 0) & (places < size)
