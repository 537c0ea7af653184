"""What an estimator is given becomes sequences of vectors, by the rules of scikit-learn; nothing is read as tokens.

N sequences, T positions, C channels.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from frostformer.data.masked import unmasked
from frostformer.deploy.frames import no_numbers, sequences_in_cells
from frostformer.errors import InputError
from frostformer.tasks.shape import sequence_name
from frostformer.words import quoted


def read_x(estimator: Any, x: Any, *, fitting: bool) -> list[np.ndarray]:
    """The sequences (T, C), float64, of an array or frame (N, T), an array (N, T, C), or a list of (T,) or (T, C).

    When fitting, the estimator learns `n_features_in_`, for frames `feature_names_in_`, and whether it was given a
    table. A table (N, T) has T columns, which must be the same later; anything else has C channels.

    Raises:
        InputError: it is none of these, holds what is no finite number, or does not fit what the estimator was fitted
            on.
    """
    from sklearn.utils.validation import validate_data

    x = unmasked(x, "X")
    cells = sequences_in_cells(x)
    items = _items(x) if cells is None else cells
    _check_channels(estimator, x if cells is not None else None, fitting)
    is_table = items is None and _axes(x) < 3
    try:
        if is_table and (fitting or estimator._is_table):  # noqa: SLF001 (both files make one estimator)
            array = validate_data(estimator, x, reset=fitting, dtype=np.float64, ensure_min_samples=1 + fitting)
            rows = list(array[:, :, None])
        else:
            rows = _whole(estimator, x, fitting) if items is None else _each(items)
    except (ValueError, TypeError) as error:
        if (found := no_numbers(x)) is not None:
            raise found from error
        if _holds_texts(x):
            raise InputError(
                "X holds texts, and an estimator takes measurements: give each letter a channel that is 1 where it "
                "stands, (positions, letters), or train on a file of letters with `frostformer run --data FILE`"
            ) from error
        if isinstance(error, TypeError):
            raise  # scikit-learn wants this one as it is
        raise InputError(str(error)) from error
    channels = rows[0].shape[1]
    if fitting:
        estimator._is_table = is_table  # noqa: SLF001
        if not is_table:
            estimator.n_features_in_ = channels
    elif channels != (known := 1 if estimator._is_table else estimator.n_features_in_):  # noqa: SLF001
        raise InputError(f"sequences have {channels} channels, but the estimator was fitted on {known}")
    return rows


def _holds_texts(x: Any) -> bool:
    """Whether it is a text, or a list or an array of texts."""
    is_list = isinstance(x, (list, tuple)) or (isinstance(x, np.ndarray) and x.ndim == 1)
    return isinstance(x, str) or (is_list and isinstance(next(iter(x), None), str))


def _check_channels(estimator: Any, frame: Any, fitting: bool) -> None:
    """Remember the columns of a frame of lists, which are channels, and refuse another frame whose columns differ."""
    names = tuple(map(str, frame.columns)) if hasattr(frame, "columns") else None
    if fitting:
        estimator._channels = names  # noqa: SLF001
    elif names and (known := getattr(estimator, "_channels", None)) and names != known:
        raise InputError(
            f"X has the columns {quoted(names)}, and the estimator was fitted on {quoted(known)}: give those"
        )


def read_weights(sample_weight: Any, x: Any) -> np.ndarray | None:
    """(N,) float64; None if all sequences count the same.

    Raises:
        InputError: it is not a number of at least 0 for each sequence, or all are 0.
    """
    from sklearn.utils.validation import check_array, check_consistent_length

    if sample_weight is None:
        return None
    sample_weight = unmasked(sample_weight, "sample_weight")
    try:
        weights: np.ndarray = check_array(
            sample_weight, ensure_2d=False, dtype=np.float64, input_name="sample_weight", ensure_min_samples=0
        )
        check_consistent_length(x, weights)
    except ValueError as error:
        raise InputError(str(error)) from error
    if weights.ndim != 1 or (weights < 0).any():
        raise InputError(f"sample_weight of shape {weights.shape}: wanted (sequences,), each weight at least 0")
    if not weights.any():
        raise InputError("all sample weights are zero: give at least one sequence a weight above 0")
    return weights


def _axes(x: Any) -> int:
    return len(x.shape) if hasattr(x, "shape") else np.ndim(np.asarray(x))


def _items(x: Any) -> list[Any] | None:
    """The items of a list of arrays, of an array of lists, or of a list of lists of different lengths; else None."""
    is_object = isinstance(x, np.ndarray) and x.dtype == object and x.ndim == 1
    if not is_object and not isinstance(x, (list, tuple)):
        return None
    shapes = [_shape(item) for item in x]
    if not shapes or () in shapes:
        return None
    several = is_object or len(set(shapes)) > 1 or any(hasattr(item, "shape") for item in x)
    return list(x) if several else None


def _shape(item: Any) -> tuple[int, ...]:
    try:
        return tuple(np.shape(item))
    except ValueError:  # a list of lists of different lengths
        return (-1,)


def _whole(estimator: Any, x: Any, fitting: bool) -> list[np.ndarray]:
    """The sequences of an array (N, T, C), or of an array (N, T) where the estimator was fitted on lists."""
    from sklearn.utils.validation import check_array

    array = check_array(
        x, dtype=np.float64, allow_nd=True, estimator=estimator, input_name="X", ensure_min_samples=1 + fitting
    )
    if array.ndim > 3 or 0 in array.shape:
        raise InputError(
            f"X has shape {array.shape}, wanted (sequences, positions) or (sequences, positions, channels)"
        )
    return list(array if array.ndim == 3 else array[:, :, None])


def _each(items: list[Any]) -> list[np.ndarray]:
    """The sequences of a list, each (T,) or (T, C)."""
    rows: list[np.ndarray] = []
    for number, item in enumerate(items):
        try:
            array = np.asarray(unmasked(item, f"X: {sequence_name(number)}"))
        except ValueError:
            array = np.empty((0, 0, 0))
        if array.dtype.kind not in "buif" or array.ndim not in (1, 2) or array.size == 0:
            raise InputError(f"X: {sequence_name(number)} is no list of numbers (positions,) or (positions, channels)")
        row = array.astype(np.float64).reshape(len(array), -1)
        if not np.isfinite(row).all():
            raise InputError(f"X: {sequence_name(number)} contains NaN or infinity; replace or drop such values")
        if rows and row.shape[1] != rows[0].shape[1]:
            raise InputError(
                f"X: {sequence_name(number)} has {row.shape[1]} channels, but the first has {rows[0].shape[1]}"
            )
        rows.append(row)
    return rows


def read_classes(y: Any, x: Any) -> np.ndarray:
    """(N,) classes, one for each sequence.

    Raises:
        InputError: they are not one text, number or bool for each sequence.
    """
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_consistent_length, column_or_1d

    _check_given(y)
    y = unmasked(y, "y")
    try:
        check_consistent_length(x, y)
        classes = column_or_1d(y, warn=True)
        kinds = set(map(type, classes.tolist()))
        if not kinds <= {str, bool, int, float} or (len(kinds) > 1 and str in kinds):
            raise InputError("classes must be all text or all numbers, and none may be missing")
        if classes.dtype.kind == "f" and not np.isfinite(classes).all():
            raise InputError("y contains NaN or infinity, which is no class: leave such sequences out")
        check_classification_targets(classes)
    except (ValueError, TypeError) as error:
        raise InputError(str(error)) from error
    return np.asarray(classes)


def read_numbers(y: Any, x: Any) -> np.ndarray:
    """(N,) or (N, G) float64.

    Raises:
        InputError: they are no finite numbers, or not for each sequence.
    """
    from sklearn.utils.validation import check_array, check_consistent_length

    _check_given(y)
    y = unmasked(y, "y")
    try:
        numbers: np.ndarray = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y")
        check_consistent_length(x, numbers)
    except (ValueError, TypeError) as error:
        raise InputError(str(error)) from error
    return numbers


def _check_given(y: Any) -> None:
    if y is None:
        raise InputError("a fit requires y to be passed, but the target y is None: give an answer for each sequence")
