"""The fields of a structured array as arrays of their own."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from frostformer.data.files.arrays.npy import Array
from frostformer.data.files.arrays.roles import role_of


def _side_by_side(array: Array, names: tuple[str, ...]) -> Array:
    """Some fields of a structured array, side by side on the second axis if they are several."""

    def taken(values: np.ndarray) -> np.ndarray:
        found = [values[name] for name in names]
        return found[0] if len(found) == 1 else np.stack(found, axis=-1)

    shape = (*array.shape, *array.dtype[names[0]].shape, *([len(names)] if len(names) > 1 else []))
    dtype = np.result_type(*(array.dtype[name].base for name in names))
    return Array(
        f"{array.place}, {', '.join(names[:5])}",
        shape,
        dtype,
        lambda: taken(array.whole()),
        lambda counts: map(taken, array.pieces(counts)),
    )


def fields_of(array: Array) -> Mapping[str, Array]:
    """Name -> field; numbers that stand in fields of their own and have no role become one array, `x`."""
    names = array.dtype.names or ()
    fields = {name: _side_by_side(array, (name,)) for name in names}
    if any(role_of(name)[0] == "sequence" for name in names):
        return fields
    wide = [name for name in names if len(fields[name].shape) > 1 and fields[name].dtype.kind in "biuf"]
    single = [
        name
        for name in names
        if len(fields[name].shape) == 1 and fields[name].dtype.kind in "biuf" and role_of(name)[0] is None
    ]
    if len(wide) == 1:
        return {"x" if name == wide[0] else name: field for name, field in fields.items()}
    if wide or not single:
        return fields
    rest = {name: field for name, field in fields.items() if name not in single}
    return rest | {"x": _side_by_side(array, tuple(single))}
