"""Reads folders of pictures: the folder inside is the class. Every picture gets one size and becomes square patches.

The size is the median height and the median width of all pictures, made smaller until its longer side has at most 64
pixels. The side of a patch is an eighth of the longer side, so there are at most 64 positions, row by row: MNIST's
28 x 28 become 49 patches of 4 x 4, CIFAR-10's 32 x 32 become 64, as in the tasks of these names. Shapes: H rows, W
columns, C colours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from frostformer.data.files.case import Case
from frostformer.data.files.folders.answers import FolderAnswers, answer_settings, folder_answers, stored_answers
from frostformer.data.files.folders.files import Found, are_most, files_in, left_out_folders, others
from frostformer.data.files.folders.image_decoding import (
    flat,
    is_grey,
    is_picture,
    open_picture,
    pixels,
    require_pillow,
)
from frostformer.data.files.options import FileOptions
from frostformer.data.files.schema import Schema, Understood
from frostformer.errors import CannotRead, InputError
from frostformer.files import is_folder
from frostformer.words import counted

_LONGEST_SIDE = 64  # pixels
_PATCHES = 8  # on the longer side
_COLOURS = ("red", "green", "blue")


class Pictures:
    """A folder of pictures."""

    def recognises(self, path: Path, head: bytes) -> bool:
        """By the first files inside: more pictures than others."""
        return are_most(path, lambda file: is_picture(file.path))

    def understand(self, path: Path, options: FileOptions) -> Understood:
        """Every picture is opened once, so that all bad ones are named before anything is trained."""
        require_pillow()
        files = files_in(path)
        wanted = [file for file in files if is_picture(file.path)]
        answers = folder_answers(options, wanted)
        seen = _Seen(path)
        for file in wanted:
            seen.add(file)
        size, patch = seen.size_and_patch()
        settings = {
            "size": list(size), "patch": patch, "grey": seen.grey, **answer_settings(options, answers)
        }  # fmt: skip
        schema = Schema(
            "images",
            "vectors",
            _channels(patch, grey=seen.grey),
            answers.targets,
            settings=settings,
            beside=answers.beside,
        )
        notes = [
            *seen.notes(size, patch),
            *answers.notes,
            *left_out_folders(path),
            *others(path, files, wanted, "picture"),
        ]
        return Understood(schema, tuple(notes), tuple(answers.doubts(wanted)), unanswered=answers.unanswered(path))

    def cases(self, path: Path, schema: Schema) -> Iterator[Case]:
        """One for each picture, in order of their names; a file alone is one, too."""
        require_pillow()
        answers = stored_answers(schema)
        files = [file for file in files_in(path) if not is_folder(path) or is_picture(file.path)]
        return map(partial(_case, schema, answers), files)


FORMAT = Pictures()


def _case(schema: Schema, answers: FolderAnswers, file: Found) -> Case:
    settings = schema.settings
    height, width = settings["size"]
    picture = open_picture(file.path, str(file.path))
    image = pixels(picture, (height, width), grey=settings["grey"])
    return answers.case(file, _patches(image, settings["patch"]))


def values_of_pixels(values: np.ndarray, schema: Schema) -> np.ndarray:
    """The values of a picture that is an array of 8 or 16 bits, (H, W) or (H, W, C), as those of a file with it."""
    from PIL import Image

    require_pillow()
    settings = schema.settings
    whole = values[..., 0] if values.ndim == 3 and values.shape[2] == 1 else values
    try:
        picture = flat(Image.fromarray(whole), "a picture")
    except (TypeError, ValueError):
        raise InputError(
            f"a picture has shape {values.shape} and type {values.dtype}: give (H, W), or (H, W, 3) of 8 bits"
        ) from None
    return _patches(pixels(picture, tuple(settings["size"]), grey=settings["grey"]), settings["patch"])


def _patches(image: np.ndarray, patch: int) -> np.ndarray:
    """(H, W, C) -> (T, patch * patch * C), row by row."""
    height, width, colours = image.shape
    cut = image.reshape(height // patch, patch, width // patch, patch, colours)
    return cut.transpose(0, 2, 1, 3, 4).reshape(-1, patch * patch * colours)


def _channels(patch: int, *, grey: bool) -> tuple[str, ...]:
    colours = ("grey",) if grey else _COLOURS
    return tuple(
        f"row {row + 1} column {column + 1} {colour}"
        for row in range(patch)
        for column in range(patch)
        for colour in colours
    )


@dataclass
class _Seen:
    """What all pictures of a folder have in common."""

    folder: Path
    heights: list[int] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)
    grey: bool = True
    """Whether no picture has colours."""

    bad: list[str] = field(default_factory=list)
    """A sentence on each that cannot be read."""

    def add(self, file: Found) -> None:
        """Open the next one."""
        try:
            picture = open_picture(file.path, str(file.path))
        except CannotRead as error:
            self.bad.append(str(error))
            return
        self.widths.append(picture.size[0])
        self.heights.append(picture.size[1])
        self.grey = self.grey and is_grey(picture)

    def size_and_patch(self) -> tuple[tuple[int, int], int]:
        """(H, W) that all pictures get, and the side of a patch that fits into it.

        Raises:
            InputError: there is no whole picture.
        """
        if not self.heights:
            raise InputError(self.bad[0] if self.bad else f"{self.folder} has no pictures: give a folder of pictures")
        height, width = float(np.median(self.heights)), float(np.median(self.widths))
        shrink = min(1.0, _LONGEST_SIDE / max(height, width))
        patch = -(-round(max(height, width) * shrink) // _PATCHES)
        rows, columns = (max(1, round(side * shrink / patch)) for side in (height, width))
        return (rows * patch, columns * patch), patch

    def notes(self, size: tuple[int, int], patch: int) -> list[str]:
        """How pictures become sequences, in sentences."""
        height, width = size
        seen = set(zip(self.heights, self.widths, strict=True))
        notes = [
            f"each picture is {height} rows of {width} pixels in {'grey' if self.grey else 'three colours'}, from 0 to "
            f"1, and becomes {height * width // patch**2} patches of {patch} x {patch}, row by row"
        ]
        if seen != {size}:
            notes.append(
                f"the pictures have {counted(len(seen), 'size')} and are stretched to {height} x {width}, about the "
                f"median of their heights and widths and at most {_LONGEST_SIDE}"
            )
        return [*notes, "EXIF turns pictures upright, and transparent pixels lie on white"]
