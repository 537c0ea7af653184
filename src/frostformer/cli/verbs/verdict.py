"""`frostformer verdict`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from frostformer.cli.options import AsJson, Flat, Workers
from frostformer.data.files.options import FileOptions
from frostformer.verdicts.asked import Asked


def verdict(
    data: Path | None = None,
    *,
    out: Path,
    asked: Annotated[Asked, Flat] = Asked(),  # noqa: B008 (frozen)
    options: Annotated[FileOptions, Flat] = FileOptions(),  # noqa: B008 (frozen)
    task: str | None = None,
    task_options: dict[str, str] | None = None,
    resume: bool = False,
    overwrite: bool = False,
    plugin: str | None = None,
    workers: Annotated[Workers, Flat] = Workers(),  # noqa: B008 (frozen)
    as_json: AsJson = False,
) -> None:
    """Does a frozen pretrained transformer help on your sequences? Answers: helps, does not help, cannot tell.

    Trains the transformer with pretrained and with random weights, and simple baselines, several times each, and reads
    the test once, at the end. Writes OUT/verdict.json and the page OUT/report.html; afterwards
    `frostformer predict OUT NEW` answers new sequences.

    Parameters
    ----------
    data
        A table, a file of arrays, sequences or lines, or a folder; see `frostformer data`.
    out
        Folder for the answer, its page, and everything that was trained.
    task
        A task by its name, in place of DATA.
    task_options
        The task's own options, as for `run`.
    resume
        Go on with the verdict in OUT, to the same answer, or show the one that is there.
    overwrite
        Begin anew: what is in OUT is removed as soon as the new plan stands. OUT remembers how often the test was read,
        and each further reading is allowed a third of the error rate of the one before.
    plugin
        A Python file of yours that registers tasks or backbones.
    as_json
        Print the whole answer as one JSON object.
    """
    import json
    from dataclasses import asdict

    from frostformer.cli.terminal import say
    from frostformer.plugins import load_plugin
    from frostformer.report.rendering import PAGE_NAME
    from frostformer.runs.makers import Makers
    from frostformer.verdicts.verdict import answer, trial_of

    load_plugin(plugin)
    trial = trial_of(data, None, task, task_options or {}, asked.seed, options.given())
    makers = Makers(workers.jobs, workers.address, plugin)
    found = answer(trial, asked, out, resume=resume, overwrite=overwrite, makers=makers)
    if as_json:
        print(json.dumps(asdict(found), allow_nan=False))
        return
    for sentence in found.sentences:
        say(sentence)
    say(f"the answer is in {out / 'verdict.json'}, its page is {out / PAGE_NAME}")
