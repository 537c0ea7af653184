"""Sequences of arrays, wherever the arrays come from: which one is what, which axis is what, and each case in turn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np

from frostformer.data.files.arrays.answers import ArrayAnswers, array_answers, text_of
from frostformer.data.files.arrays.npy import Array, loaded
from frostformer.data.files.arrays.roles import Bundle, as_one_case, axes_of, bundles, role_of
from frostformer.data.files.case import Case, Kind
from frostformer.data.files.options import FileOptions
from frostformer.data.files.parsing.parts import beside_for_test
from frostformer.data.files.parsing.values import channel_names, without_end
from frostformer.data.files.schema import Schema, Understood
from frostformer.errors import InputError
from frostformer.files import is_file
from frostformer.words import counted


class ArrayFormat:
    """A kind of file that holds arrays; kinds differ in how these are found."""

    name = ""

    def arrays(self, path: Path) -> Mapping[str, Array]:
        """Name -> array."""
        raise NotImplementedError

    def answers(self, path: Path) -> Array:
        """The array of a file of answers."""
        raise InputError(f"{path}: put the answers into the same file as the sequences")

    def understand(self, path: Path, options: FileOptions) -> Understood:
        """Which arrays and axes are what; that sequences end where nothing but NaN follows, if one of them is full."""
        recording = options.axes is not None and "case" not in options.axes.lower()
        settings: dict[str, Any] = {
            "of": path.name, "sequence": options.sequence, "target": options.target, "labels": options.labels,
            "per_position": options.per_position or recording, "axes": None, "nan_is_end": False,
            "recording": recording,
        }  # fmt: skip
        bundle = self._bundles(path, settings)[0]
        said = f"case,{options.axes}" if recording else options.axes
        settings["axes"] = None if _is_flat(bundle) else _axes(bundle, said)
        answers = _answers(bundle, settings)
        schema = Schema(
            self.name,
            _kind(bundle, options.kind),
            _channels(bundle, settings, options.kind),
            answers.names if answers else (),
            per_position=bool(answers and answers.per_position),
            settings=settings,
            beside=tuple(bundle.beside),
        )
        settings["nan_is_end"] = _has_ends(self._cases(path, schema)) if schema.kind == "vectors" else False
        way = f"{path} has no answers: put an array of answers, y, beside the sequences, or name it by --target"
        test = beside_for_test(path) if is_file(path) and bundle.part in (None, "train") else None
        return Understood(schema, _notes(bundle, settings, answers), test=test, unanswered="" if answers else way)

    def cases(self, path: Path, schema: Schema) -> Iterator[Case]:
        """The cases of all splits in the file, training first."""
        return self._cases(path, schema)

    def _bundles(self, path: Path, settings: Mapping[str, Any]) -> list[Bundle]:
        arrays = dict(self.arrays(path))
        target = settings["target"]
        if settings["labels"] and path.name == settings["of"]:
            target = "y"
            arrays[target] = self.answers(Path(settings["labels"]))
        sequence = settings["sequence"] if settings["sequence"] in arrays or path.name == settings["of"] else None
        target = target if target in arrays or path.name == settings["of"] else None
        if sequence is None and is_file(path) and role_of(path.stem)[0] == "sequence" and path.stem in arrays:
            sequence = path.stem
        found = bundles(arrays, str(path), sequence, target)
        return [as_one_case(bundle) for bundle in found] if settings["recording"] else found

    def _cases(self, path: Path, schema: Schema) -> Iterator[Case]:
        """In order of the splits; a file of one split does not say which it is."""
        found = self._bundles(path, schema.settings)
        for bundle in found:
            yield from _cases(bundle, schema, named=len(found) > 1)


def _cases(bundle: Bundle, schema: Schema, *, named: bool) -> Iterator[Case]:
    _kind(bundle, schema.kind)  # refuses what is neither numbers nor text
    settings, answers = schema.settings, _answers(bundle, schema.settings)
    ids = _column(bundle.id, bundle, settings)
    beside = {name: _column(array, bundle, settings) for name, array in bundle.beside.items()}
    for number, values in enumerate(_values(bundle, schema)):
        if schema.kind == "vectors" and values.shape[1] != len(schema.channels):
            raise InputError(
                f"{bundle.sequence.place} has {values.shape[1]} channels, wanted {len(schema.channels)}: "
                "give another file"
            )
        values = without_end(values) if settings["nan_is_end"] else values
        target = answers.of(number) if answers else ()
        yield Case(
            values,
            (ids[number] if ids else None) or str(number + 1),
            f"{bundle.sequence.place}, case {number + 1}",
            target[: len(values)] if schema.per_position else target,
            {name: column[number] for name, column in beside.items() if column},
            bundle.part if named else None,
        )


def _values(bundle: Bundle, schema: Schema) -> Iterator[np.ndarray]:
    """(T, C) numbers, or (T,) text, of each case."""
    lengths = _lengths(bundle)
    if _is_flat(bundle):
        assert lengths is not None
        for piece in bundle.sequence.pieces(lengths):
            yield _as(schema.kind, piece[:, None] if piece.ndim == 1 and schema.kind == "vectors" else piece)
        return
    axes = schema.settings["axes"].split(",")
    if len(axes) != len(bundle.sequence.shape):
        raise InputError(
            f"{bundle.sequence.place} has shape {bundle.sequence.shape}, wanted {len(axes)} axes: reshape it"
        )
    first = axes.index("case")
    array = bundle.sequence
    if first:
        array = loaded(np.moveaxis(array.whole(), first, 0), array.place)
    turned = [axis for axis in axes if axis != "case"] == ["channel", "time"]
    for number, piece in enumerate(array.pieces(repeat(1, array.shape[0]))):
        one = piece[0].T if turned else piece[0]
        one = one[: lengths[number]] if lengths else one
        yield _as(schema.kind, one[:, None] if one.ndim == 1 and schema.kind == "vectors" else one)


def _as(kind: Kind, values: np.ndarray) -> np.ndarray:
    """Numbers as float64, tokens as text."""
    if kind == "vectors":
        return values.astype(np.float64)
    return np.array([text_of(one) or "" for one in values.reshape(-1).tolist()], dtype=np.str_)


def _kind(bundle: Bundle, said: Kind | None) -> Kind:
    kind = bundle.sequence.dtype.kind
    if kind in "US" or (said == "tokens" and kind in "iu"):
        return "tokens"
    if kind in "biuf":
        return "vectors"
    advice = "save its real and imaginary parts as two channels" if kind == "c" else "save it as numbers or text"
    raise InputError(f"{bundle.sequence.place} has type {str(bundle.sequence.dtype)[:60]}: {advice}")


def _lengths(bundle: Bundle) -> list[int] | None:
    """Length of each case, where there is an array of them."""
    if bundle.lengths is None:
        return None
    values = bundle.lengths.whole().reshape(-1)
    if values.dtype.kind not in "iu" or (values.size and not 0 <= int(values.min()) <= int(values.max()) < 2**40):
        raise InputError(f"{bundle.lengths.place}: give whole numbers from 0 as lengths")
    lengths: list[int] = values.tolist()
    if sum(lengths) != bundle.sequence.shape[0] and len(lengths) != bundle.sequence.shape[0]:
        raise InputError(
            f"{bundle.lengths.place}: the lengths sum to {sum(lengths):,}, and there are {bundle.sequence.shape[0]:,} "
            "steps: mend one of them"
        )
    return lengths


def _is_flat(bundle: Bundle) -> bool:
    """Whether all sequences stand one behind the other on the first axis."""
    lengths = _lengths(bundle)
    return lengths is not None and len(bundle.sequence.shape) <= 2 and sum(lengths) == bundle.sequence.shape[0]


def _axes(bundle: Bundle, said: str | None) -> str:
    target = bundle.target
    cases = max(target.shape) if target is not None and np.prod(target.shape) == max(target.shape) else None
    if cases is None and target is not None and target.shape:
        cases = target.shape[0]
    shape = bundle.sequence.shape
    if bundle.sequence.dtype.kind in "US" and len(shape) == 1:
        raise InputError(
            f"{bundle.sequence.place} is a list of texts: save them as a table with a column for the answers"
        )
    return ",".join(axes_of(shape, cases, bundle.sequence.place, said))


def _sizes(bundle: Bundle, axes: str | None) -> dict[str, int]:
    """How long each axis is; without `axes` all sequences stand one behind the other."""
    shape = bundle.sequence.shape
    if axes is None:
        return {"case": len(_lengths(bundle) or ()), "channel": shape[1] if len(shape) > 1 else 1}
    return dict(zip(axes.split(","), shape, strict=False))


def _channels(bundle: Bundle, settings: Mapping[str, Any], kind: Kind | None) -> tuple[str, ...]:
    if _kind(bundle, kind) == "tokens":
        return ()
    count = _sizes(bundle, settings["axes"]).get("channel", 1)
    if count > 2**20:
        raise InputError(f"{bundle.sequence.place} has {count:,} channels: name its axes by --axes")
    return channel_names(count)


def _answers(bundle: Bundle, settings: Mapping[str, Any]) -> ArrayAnswers | None:
    if bundle.target is None:
        return None
    sizes = _sizes(bundle, settings["axes"])
    steps = sizes.get("time") if bundle.lengths is None else None
    return array_answers(bundle.target, sizes.get("case", 0), steps, per_position=settings["per_position"])


def _column(array: Array | None, bundle: Bundle, settings: Mapping[str, Any]) -> list[str | None]:
    """One text for each case; none where it is no array of numbers or words.

    Raises:
        InputError: it has another length.
    """
    cases = _sizes(bundle, settings["axes"]).get("case", 0)
    if array is None or array.dtype.kind not in "biufUS":
        return []
    if np.prod(array.shape) != cases:
        raise InputError(
            f"{array.place} has {np.prod(array.shape):,} entries, wanted one for each of {cases:,} sequences"
        )
    return [one[0] for one in map(array_answers(array, cases, None, per_position=False).of, range(cases))]


def _has_ends(cases: Iterator[Case]) -> bool:
    """Whether some sequences end in NaN and one does not: then NaN fills them up to the longest."""
    filled = [bool(len(case.values)) and bool(np.isnan(case.values[-1]).all()) for case in cases]
    return any(filled) and not all(filled)


def _notes(bundle: Bundle, settings: Mapping[str, Any], answers: ArrayAnswers | None) -> tuple[str, ...]:
    notes, place, shape = [], bundle.sequence.place, bundle.sequence.shape
    if settings["axes"] is None:
        lengths = bundle.lengths.place if bundle.lengths else ""
        notes.append(f"{place} has the sequences one behind the other, and {lengths} their lengths")
    else:
        sizes = _sizes(bundle, settings["axes"])
        notes.append(
            f"{place} has shape {shape}, read as {settings['axes']}: {counted(sizes['case'], 'case')} of "
            f"{counted(sizes['time'], 'step')} of {counted(sizes.get('channel', 1), 'channel')}; --axes "
            "says otherwise"
        )
    if settings["nan_is_end"]:
        notes.append("a sequence ends where nothing but NaN follows")
    if answers and answers.one_hot:
        notes.append("the answers are one-hot, and read as the number of the column")
    if answers and answers.per_position:
        notes.append("there is one answer for each position")
    return tuple(notes)
