"""What the storm strikes: commands that write folders, each with the command that goes on after an interruption."""

from __future__ import annotations

from dataclasses import dataclass

from storm.command import SMALL_STUDY

MODEL, WRITTEN = "model", "out"
_SHORT = ("run", "--task", "bit-xor", "--backbone", MODEL, "--steps", "4", "--evaluate-every", "2", "--batch-size", "8")
RUN = (*_SHORT, "--device", "cpu", "--out", WRITTEN)
_SMALL = ("--layers", "1", "--width", "16", "--heads", "2", "--batch-size", "2", "--out", WRITTEN)
LANGUAGE = ("pretrain", "text.txt", "--vocabulary", "257", "--positions", "16", "--tokens", "128", *_SMALL)
BITS = ("pretrain", "--objective", "bit-memory", "--positions", "120", "--tokens", "960", *_SMALL)
STUDY = ("reproduce", SMALL_STUDY, "--seeds", "1", "--backbone", MODEL, "--out", WRITTEN)
COHORT = (*RUN, "--seeds", "0,1")
REPORT = ("report", WRITTEN, "--out", "page.html")
PREDICT = ("predict", WRITTEN, "x.npy", "--out", "answers.jsonl")


@dataclass(frozen=True)
class Subject:
    """A command that writes `out`, and how to go on with it."""

    first: tuple[str, ...]
    again: tuple[str, ...]
    before: tuple[str, ...] = ()
    """A command whose outcome is in `out` from the start."""

    alone: tuple[tuple[str, ...], ...] = ()
    """Commands that make its runs one by one, as where two writers share them; their bytes are right, too."""


def _many(option: str, *values: str) -> Subject:
    command = (*RUN, option, ",".join(values))
    return Subject(command, (*command, "--resume"), alone=tuple((*RUN, option, value) for value in values))


SUBJECTS = {
    "run": Subject(RUN, (*RUN, "--resume")),
    "cohort": _many("--seeds", "0", "1", "2"),
    "sweep": _many("--learning-rates", "1e-3", "1e-2"),
    "study": Subject(STUDY, STUDY),
    "overwrite": Subject((*RUN, "--seed", "1", "--overwrite"), (*RUN, "--seed", "1", "--resume"), RUN),
    "overwrite-cohort": Subject(
        (*COHORT, "--gradient-clip", "0.5", "--overwrite"), (*COHORT, "--gradient-clip", "0.5", "--resume"), COHORT
    ),
    "pretrain": Subject(LANGUAGE, LANGUAGE),
    "bit-memory": Subject(BITS, BITS),
    "report": Subject(REPORT, REPORT, RUN),
    "predict": Subject(PREDICT, PREDICT, RUN),
}
