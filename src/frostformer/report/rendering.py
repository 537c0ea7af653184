"""Renders a template as one page that needs nothing but itself. It imports no torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from frostformer.report.bundle import plotting_library
from frostformer.report.plot_parts import colour, dash


def rendered(template: str, **values: Any) -> str:
    """The page of a template beside this file, with the plotting library in it."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    jinja = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.policies["json.dumps_kwargs"] = {"separators": (",", ":")}  # a fifth less than with spaces
    return jinja.get_template(template).render(**values, colour=colour, dash=dash, library=plotting_library())
