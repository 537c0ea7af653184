"""The fields of a structured array as arrays of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from frostformer.data.files.arrays.npy import Array
from frostformer.data.files.arrays.roles import role_of


@dataclass(frozen=True)
class Fields:
    """Some fields of a structured array, side by side on the second axis if they are several."""

    array: Array
    names: tuple[str, ...]

    @property
    def place(self) -> str:
        """File and fields, for sentences."""
        return f"{self.array.place}, {', '.join(self.names[:5])}"

    @property
    def shape(self) -> tuple[int, ...]:
        """Its axes."""
        one = (*self.array.shape, *self._dtype(self.names[0]).shape)
        return one if len(self.names) == 1 else (*one, len(self.names))

    @property
    def dtype(self) -> np.dtype:
        """Type of its values."""
        return np.result_type(*(self._dtype(name).base for name in self.names))

    def pieces(self, counts: Iterable[int]) -> Iterator[np.ndarray]:
        """One piece (count, ...) of the first axis after the other."""
        return map(self._taken, self.array.pieces(counts))

    def whole(self) -> np.ndarray:
        """All of it."""
        return self._taken(self.array.whole())

    def _dtype(self, name: str) -> np.dtype:
        return self.array.dtype[name]

    def _taken(self, values: np.ndarray) -> np.ndarray:
        found = [values[name] for name in self.names]
        return found[0] if len(found) == 1 else np.stack(found, axis=-1)


def fields_of(array: Array) -> Mapping[str, Array]:
    """Name -> field; numbers that stand in fields of their own and have no role become one array, `x`."""
    names = array.dtype.names or ()
    fields = {name: Fields(array, (name,)) for name in names}
    if any(role_of(name)[0] == "sequence" for name in names):
        return fields
    wide = [name for name in names if len(fields[name].shape) > 1 and fields[name].dtype.kind in "biuf"]
    single = [
        name
        for name in names
        if len(fields[name].shape) == 1 and fields[name].dtype.kind in "biuf" and role_of(name)[0] is None
    ]
    if len(wide) == 1 or not (wide or single):
        return fields | ({"x": fields.pop(wide[0])} if wide else {})
    return (
        fields
        if wide
        else {name: field for name, field in fields.items() if name not in single} | {"x": Fields(array, tuple(single))}
    )
