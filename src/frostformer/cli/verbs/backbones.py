"""`frostformer backbones`."""

from __future__ import annotations


def backbones() -> None:
    """List the backbones that are known by name; any folder or Hugging Face hub id works too."""
    from frostformer.cli.listing import print_backbones

    print_backbones()
