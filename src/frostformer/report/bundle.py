"""The plotting library that is put into a page: Vega-Lite with all it needs, from the package vl-convert. No torch."""

from __future__ import annotations

from functools import cache


@cache
def plotting_library() -> str:
    """JavaScript that defines `vegaEmbed`, about 900 kB; nothing in it ends a script element of a page.

    Packing it takes one to two seconds, once in a process. It needs no network.
    """
    from vl_convert import javascript_bundle

    bundle: str = javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return bundle.replace("</script", r"<\/script").replace("<!--", r"<\!--")
