"""Checks what was read from a file against a dataclass, and says in one sentence what is wrong. It imports no torch.

Files of this project are JSON, or have JSON in their header. pydantic compares a value with the types of a dataclass.
Nothing is converted on the way: a text is never read as a number, nor 1.5 as 1.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from frostformer.errors import InputError, unknown_name

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_Kind = TypeVar("_Kind")
_MOST_SHOWN = 40  # characters of a wrong value in a sentence


class As:
    """In `Annotated[dict[str, Any], As(Form)]`: a dictionary that must look like the TypedDict `Form` in a file."""

    def __init__(self, form: Any) -> None:
        self.form = form

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        """What pydantic asks for in place of the annotated type."""
        return handler.generate_schema(self.form)


def parse_json(content: bytes | str) -> Any:
    """The value of a JSON text, whose numbers are all finite.

    Raises:
        ValueError: it is not JSON, is nested too deep, or has NaN, an infinity, or a number too large to be one.
    """
    try:
        text = content if isinstance(content, str) else content.decode("utf-8-sig")
        return json.loads(text, parse_constant=_not_a_number, parse_float=_finite)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def read_as(kind: type[_Kind], value: Any) -> _Kind:
    """The value of a JSON text as a dataclass; keys that the dataclass lacks are left out.

    Raises:
        InputError: the first field that does not fit, and what is wrong with it.
    """
    from pydantic import ValidationError

    try:
        form: Any = kind
        checked: _Kind = _checker(form).validate_json(json.dumps(value), strict=True)  # only so is a list a tuple, too
        return checked
    except ValidationError as error:
        raise InputError(_reason(error)) from error


def read_format(fields: Any, key: str, newest: int) -> None:
    """Refuse a file of a newer format than `newest`, or with no format under `key`.

    Raises:
        InputError: see above.
    """
    stored = fields.get(key) if isinstance(fields, dict) else None
    if type(stored) is not int or stored < 1:
        raise InputError(f"it has no {key} that is a whole number")
    if stored > newest:
        raise InputError(f"it is of a newer version, with format {stored}, and this one reads up to {newest}")


def read_kind(kinds: Mapping[str, type[_Kind]], stored: Mapping[str, Any]) -> _Kind:
    """One of several dataclasses: `stored` says under `kind` which, and its other keys are the fields.

    Raises:
        InputError: the kind or a field is not known, or a field does not fit.
    """
    fields = dict(stored)
    kind = fields.pop("kind", None)
    if not isinstance(kind, str) or kind not in kinds:
        raise unknown_name("kind", str(kind), kinds)
    if unknown := sorted(set(fields) - {field.name for field in dataclasses.fields(kinds[kind])}):  # type: ignore[arg-type]
        raise InputError(f"{kind} has a field '{unknown[0]}' that is not known here")
    return read_as(kinds[kind], fields)


@contextmanager
def reading(fault: str, remedy: str) -> Iterator[None]:
    """Within it, what is wrong with a value becomes one sentence: `FAULT (what is wrong): REMEDY`."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise InputError(f"{fault} ({error}): {remedy}") from error


@lru_cache
def _checker(kind: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


def _reason(error: Any) -> str:
    """The first of pydantic's errors in words, such as `'curve.0.step' is "one", but should be a valid integer`."""
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"] if "[" not in str(part))  # "[": a member of a union
    if first["type"] == "missing":
        return f"'{place}' is missing"
    if first["type"] == "value_error":
        return f"'{place}': {first['ctx']['error']}" if place else str(first["ctx"]["error"])
    wanted: str = first["msg"].removeprefix("Input ")
    if first["type"] == "json_invalid":
        return wanted
    shown = json.dumps(first["input"], ensure_ascii=False, default=str)
    shown = shown if len(shown) <= _MOST_SHOWN else shown[:_MOST_SHOWN] + "..."
    return f"{f'{place!r}' if place else 'it'} is {shown}, but {wanted}"


def _not_a_number(word: str) -> Any:
    raise ValueError(f"{word} is not finite")


def _finite(text: str) -> float:
    number = float(text)
    if abs(number) == float("inf"):
        raise ValueError(f"{text[:_MOST_SHOWN]} is too large for a number")
    return number
