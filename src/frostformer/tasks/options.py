"""The options of a task, given as text, become the arguments of its builder."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args, get_origin, get_type_hints

from frostformer.errors import InputError, unknown_name


def options_of(name: str, builder: Callable[..., Any], options: Mapping[str, str]) -> dict[str, Any]:
    """The options of task `name` as values of the types that its builder asks for.

    Raises:
        InputError: there is no such option, one is missing, or its text is no value of its type.
    """
    parameters = inspect.signature(builder).parameters
    try:
        hints = get_type_hints(builder)
    except NameError as error:
        raise InputError(f"task '{name}': a type of its options is not known ({error}); mend its builder") from error
    arguments = {}
    for option, text in options.items():
        if option not in parameters:
            if not parameters:
                raise InputError(f"task '{name}' has no options, but '{option}' was given: leave it out")
            raise unknown_name(f"option of task '{name}'", option, parameters)
        arguments[option] = _parse(f"{name} option '{option}'", str(text), hints.get(option, str))
    for option, parameter in parameters.items():
        needed = parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
        if needed and option not in arguments:
            raise InputError(f"task '{name}' needs its option '{option}': give it with --task-options.{option}")
    return arguments


def _parse(what: str, text: str, hint: Any) -> Any:
    """An option's text as a value of the type that the builder's hint asks for."""
    from pydantic import PydanticUserError, TypeAdapter, ValidationError

    choices = {str(choice): choice for choice in get_args(hint)} if get_origin(hint) is Literal else {}
    if text in choices:
        return choices[text]
    wanted = "one of " + ", ".join(choices) if choices else f"a value of type {getattr(hint, '__name__', hint)}"
    try:
        value = TypeAdapter(hint).validate_strings(text)
    except ValidationError:
        raise InputError(f"{what} is '{text[:40]}': give {wanted}") from None
    except PydanticUserError:
        raise InputError(f"{what} cannot be given as text: mend the type {hint} in the task's builder") from None
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"{what} is '{text}': give a finite number")
    return value
