"""`frostformer doctor`."""

from __future__ import annotations

from frostformer.cli.options import AsJson


def doctor(*, as_json: AsJson = False) -> None:
    """Say what this installation has and lacks: versions, device, kernels, extras, data and models.

    Parameters
    ----------
    as_json
        Print a JSON list for a program to read.
    """
    from frostformer.cli.doctor import findings, print_findings
    from frostformer.cli.terminal import say_json

    found = list(findings())
    (say_json if as_json else print_findings)(found)
