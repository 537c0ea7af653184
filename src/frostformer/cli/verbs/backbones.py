"""`frostformer backbones`."""

from __future__ import annotations

from frostformer.cli.options import AsJson


def backbones(*, as_json: AsJson = False) -> None:
    """List the backbones that are known by name; any folder or Hugging Face hub id works too.

    Parameters
    ----------
    as_json
        Print a JSON list for a program to read.
    """
    from frostformer.cli.listing import backbone_rows, print_backbones
    from frostformer.cli.terminal import say_json

    if as_json:
        say_json(backbone_rows())
    else:
        print_backbones()
