"""The files that runs and verdicts keep, which no answers, report or export may replace. It imports no torch."""

from __future__ import annotations

from pathlib import Path

from frostformer.errors import InputError
from frostformer.files import check_writable_file, is_file, is_folder
from frostformer.results.attention import ATTENTION_NAME
from frostformer.results.curve import CURVE_NAME
from frostformer.results.result import RESULT_NAME
from frostformer.results.scores import SCORES_NAME
from frostformer.results.verdict import PLAN_NAME, VERDICT_NAME

KEPT = (
    "adapter.safetensors",  # the modules of these names are above this one
    "checkpoint.safetensors",
    "margins.json",
    "readings.json",
    RESULT_NAME,
    CURVE_NAME,
    SCORES_NAME,
    ATTENTION_NAME,
    VERDICT_NAME,
    PLAN_NAME,
)


def check_out_file(out: Path, *read: Path) -> None:
    """Refuse, before any work is done, a file that cannot be written, or that would take the place of something else.

    Args:
        out: the file to write.
        read: files and folders that are read; nothing is written there, or in them.

    Raises:
        InputError: it cannot be written, is what is read, or is a file of a run or a verdict.
    """
    check_writable_file(out)
    written = out.resolve()
    if written.name in KEPT and is_file(written):
        raise InputError(f"--out {out} is a file of a run or a verdict: give another name")
    for one in read:
        source = one.resolve()
        if written == source or (is_folder(source) and written.is_relative_to(source)):
            raise InputError(f"--out {out} is, or is in, what is read: give another place")
