"""`frostformer card`."""

from __future__ import annotations

from pathlib import Path


def card(run: Path, *, overwrite: bool = False) -> None:
    """Write a run's model card, RUN/README.md: scores, use, data, command, in the form that the Hugging Face hub shows.

    `hf upload YOU/NAME RUN`, of the hub's own client, then shares the folder; who has it uses it with
    `hf download YOU/NAME --local-dir RUN` and `frostformer predict RUN NEW`.

    Parameters
    ----------
    run
        A run's folder.
    overwrite
        Replace a card that is there, with whatever was written into it.
    """
    from frostformer.cli.terminal import say
    from frostformer.errors import InputError
    from frostformer.locks import write_alone
    from frostformer.report.card import CARD_NAME
    from frostformer.report.card import card as card_of
    from frostformer.results.result import read_result

    text = card_of(read_result(run), run.resolve())
    path = run / CARD_NAME
    if path.exists() and not overwrite:
        raise InputError(f"{path} is there already: keep it, or replace it with --overwrite")
    write_alone(path, text)
    say(f"{path}: look through it, and share the folder with `hf upload YOU/NAME {run}`")
