"""Reads folders of `.npy` files of which each is one sequence, (T,) or (T, C); the folder inside is the class."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from frostformer.data.files.arrays.npy import open_npy
from frostformer.data.files.case import Case
from frostformer.data.files.folders.answers import FolderAnswers, answer_settings, folder_answers, stored_answers
from frostformer.data.files.folders.files import Found, are_most, files_in, left_out_folders, others
from frostformer.data.files.options import FileOptions
from frostformer.data.files.parsing.values import channel_names
from frostformer.data.files.schema import Schema, Understood
from frostformer.errors import CannotRead, InputError
from frostformer.files import is_file
from frostformer.words import counted

_ENDING = ".npy"


class ArrayFolder:
    """A folder of `.npy` files that are no splits."""

    def recognises(self, path: Path, head: bytes) -> bool:
        """By the names inside; a folder with `x_train.npy` has been taken before."""
        return are_most(path, _is_array)

    def understand(self, path: Path, options: FileOptions) -> Understood:
        """The axis that is as long in all files is the channels; of two such axes, the longer one is time."""
        files = files_in(path)
        wanted = [file for file in files if _is_array(file)]
        shapes = {shape for file in wanted if (shape := _shape(file))}
        if not shapes:
            raise InputError(f"{path} has no array of one or two axes: give one of (steps, channels) for each sequence")
        axes = _axes(path, shapes, options.axes)
        count = next(iter(shapes))[axes.index("channel")] if len(axes) > 1 else 1
        answers = folder_answers(options, wanted)
        settings = {"axes": axes, **answer_settings(options, answers)}
        schema = Schema(
            "array-folder", "vectors", channel_names(count), answers.targets, settings=settings, beside=answers.beside
        )
        order = ",".join(axes)
        said = f"each file is one sequence of {counted(count, 'channel')}, its axes are {order}; --axes says otherwise"
        left_out = (*left_out_folders(path), *others(path, files, wanted, "array"))
        doubts = tuple(answers.doubts(wanted))
        return Understood(schema, (said, *answers.notes), doubts, left_out, unanswered=answers.unanswered(path))

    def cases(self, path: Path, schema: Schema) -> Iterator[Case]:
        """One for each file, in order of their names; a file alone is one, too."""
        answers = stored_answers(schema)
        files = [file for file in files_in(path) if is_file(path) or _is_array(file)]
        return map(partial(_case, schema, answers), files)


FORMAT = ArrayFolder()


def _is_array(file: Found) -> bool:
    return file.path.suffix.lower() == _ENDING


def _shape(file: Found) -> tuple[int, ...] | None:
    """Shape of its array; None where it is not one of numbers of one or two axes, which is said when it is read."""
    try:
        array = open_npy(file.path)
    except InputError:
        return None
    return array.shape if len(array.shape) in (1, 2) and array.dtype.kind in "biuf" else None


def _axes(path: Path, shapes: set[tuple[int, ...]], said: str | None) -> list[str]:
    """`time`, and `channel` where there are two axes."""
    if {len(shape) for shape in shapes} == {1}:
        return ["time"]
    if said:
        axes = [word.strip().lower() for word in said.split(",")]
        if sorted(axes) != ["channel", "time"]:
            raise InputError(f"--axes is {said}, and each file in {path} has two: give time,channel or channel,time")
        return axes
    same = [len({shape[axis : axis + 1] for shape in shapes}) == 1 for axis in (0, 1)]
    if not any(same):
        raise InputError(
            f"the files in {path} have no axis that is as long in all of them: give each the same channels"
        )
    first = next(iter(shapes))
    return (
        ["time", "channel"] if same == [False, True] or (all(same) and first[0] >= first[-1]) else ["channel", "time"]
    )


def _case(schema: Schema, answers: FolderAnswers, file: Found) -> Case:
    axes, place = schema.settings["axes"], str(file.path)
    try:
        array = open_npy(file.path)
        if array.dtype.kind not in "biuf" or len(array.shape) != len(axes):
            raise CannotRead(
                f"{place} has shape {array.shape} and type {str(array.dtype)[:60]}: save numbers as the others"
            )
        values = array.whole().astype(np.float64)
    except CannotRead:
        raise
    except InputError as error:
        raise CannotRead(str(error)) from error
    values = values[:, None] if values.ndim == 1 else values.T if axes == ["channel", "time"] else values
    if values.shape[1] != len(schema.channels):
        raise CannotRead(f"{place} has {values.shape[1]} channels, wanted {len(schema.channels)}: take it out")
    return answers.case(file, values)
