"""Renders templates: pages that need nothing but themselves, and texts. It imports no torch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from frostformer.report.bundle import plotting_library
from frostformer.report.plot_parts import colour, dash

if TYPE_CHECKING:
    from jinja2 import Environment

PAGE_NAME = "report.html"
"""The page's name beside the runs, or in the folder of a verdict."""


def rendered(template: str, **values: Any) -> str:
    """The page of a template beside this file, with the plotting library in it."""
    jinja = _templates()
    jinja.policies["json.dumps_kwargs"] = {"separators": (",", ":")}  # a fifth less than with spaces
    return jinja.get_template(template).render(**values, colour=colour, dash=dash, library=plotting_library())


def text_of(template: str, **values: Any) -> str:
    """The text of a template beside this file that is no page, such as Markdown."""
    return _templates().get_template(template).render(**values) + "\n"


def _templates() -> Environment:
    """Values become text of a page in those that are pages, and stay as they are in others."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
