"""`frostformer card`."""

from __future__ import annotations

from pathlib import Path


def card(run: Path, *, overwrite: bool = False) -> None:
    """Write a run's model card, RUN/README.md: scores, use, data, command, in the form that the Hugging Face hub shows.

    `hf upload YOU/NAME RUN --include README.md adapter.safetensors result.json curve.csv`, of the hub's own client,
    then shares it; who wants it uses `hf download YOU/NAME --local-dir RUN` and `frostformer predict RUN NEW`. Other
    files of the folder may say more than you want: test_scores.npz has an answer for every test sequence.

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
    from frostformer.report.card import CARD_NAME, SHARED
    from frostformer.report.card import card as card_of
    from frostformer.results.result import read_result
    from frostformer.results.verdict_folder import refuse_verdict

    refuse_verdict(run, "share its page, and the adapters beside it; a card is of a run")
    text = card_of(read_result(run), run.resolve())
    path = run / CARD_NAME
    if path.exists() and not overwrite:
        raise InputError(f"{path} is there already: keep it, or replace it with --overwrite")
    write_alone(path, text)
    say(f"{path}: look through it, and share it with `hf upload YOU/NAME {run} --include {' '.join(SHARED)}`")
