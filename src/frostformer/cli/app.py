"""The command line: the verbs, and how errors are shown.

Each verb is a function in `cli/verbs`; its options are generated from its signature and from `RunConfig`. Nothing heavy
is imported before a verb really runs, so that `--help` answers at once.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import NoReturn

from cyclopts import App, CycloptsError, MissingArgumentError

from frostformer.cli.examples import epilogue
from frostformer.cli.options import check_values
from frostformer.cli.terminal import prepare
from frostformer.cli.verbs.backbones import backbones
from frostformer.cli.verbs.card import card
from frostformer.cli.verbs.data import data
from frostformer.cli.verbs.demo import demo
from frostformer.cli.verbs.doctor import doctor
from frostformer.cli.verbs.evaluate import evaluate
from frostformer.cli.verbs.explain import explain
from frostformer.cli.verbs.export import export
from frostformer.cli.verbs.predict import predict
from frostformer.cli.verbs.pretrain import pretrain
from frostformer.cli.verbs.report import report
from frostformer.cli.verbs.reproduce import reproduce
from frostformer.cli.verbs.run import run
from frostformer.cli.verbs.runs import runs
from frostformer.cli.verbs.tasks import tasks
from frostformer.cli.verbs.verdict import verdict
from frostformer.errors import InputError, enough_memory

VERBS = (
    demo,
    verdict,
    reproduce,
    data,
    run,
    runs,
    evaluate,
    predict,
    export,
    explain,
    backbones,
    tasks,
    pretrain,
    report,
    card,
    doctor,
)

app = App(
    name="frostformer",
    help="Frozen pretrained transformers on any sequence data.",
    help_epilogue=(
        "Exit status: 0 where all was done; 1 where a run diverged or could not be made; 2 where something has to be "
        "mended first, which one sentence on stderr says; 130 after Ctrl-C, with how to go on.\n\n"
        "--quiet, with any verb: no plan and no progress, only answers and errors."
    ),
    help_format="plaintext",
    version_flags=["--version"],
    config=check_values,
    suppress_keyboard_interrupt=False,  # `main` says how to go on
)
for verb in VERBS:
    app.command(verb, help_epilogue=epilogue(verb.__name__))
app.register_install_completion_command(help="Let your shell complete verbs and options.")


_QUIET = "--quiet"
_GOES_ON = {"run": " with --resume", "verdict": " with --resume", "demo": "", "reproduce": "", "pretrain": ""}
"""Verbs that go on where Ctrl-C has stopped them, and what to add to the same command."""


def main() -> None:
    """Entry point. A mistake that a user can mend gives one sentence on stderr and status 2, Ctrl-C status 130."""
    words = [word for word in sys.argv[1:] if word != _QUIET]
    prepare(quiet=_QUIET in sys.argv)
    try:
        with enough_memory():
            app(words, exit_on_error=False, print_error=False)
        sys.stdout.flush()
    except InputError as error:
        _end(2, str(error))
    except CycloptsError as error:
        _end(2, _wrong_words(error, words))
    except KeyboardInterrupt as interrupt:
        number = interrupt.args[0] if interrupt.args else signal.SIGINT
        _end(128 + number, _interrupted(words))
    except BrokenPipeError:  # whoever read the output has seen enough, as with `| head`
        _end(1)
    except OSError as error:
        _end(2, f"{error}: mend that, and do it again")


def _wrong_words(error: CycloptsError, words: list[str]) -> str:
    """What is wrong on the command line, in one sentence."""
    verb = _verb(words)
    if isinstance(error, MissingArgumentError) and error.argument is not None:
        what = f"{error.argument.name} is missing"
    else:
        what = " ".join(str(error).partition("Available commands")[0].split()).rstrip(".")
        what = what[:1].lower() + what[1:]
    joined = what if what.endswith("?") else f"{what}:"
    return f"{joined} `frostformer {verb}{' ' * bool(verb)}--help` says what it takes"


def _interrupted(words: list[str]) -> str:
    how = _GOES_ON.get(_verb(words))
    if how is None:
        return "interrupted"
    goes_on = "goes on from the last checkpoint"
    if how and "--overwrite" in words:
        return (
            f"interrupted; the same command{how} in place of --overwrite {goes_on}; if nothing had been trained yet, "
            "the old one is still there: give --overwrite again"
        )
    return f"interrupted; the same command{how} {goes_on}"


def _verb(words: list[str]) -> str:
    """The verb of a command line; empty where there is none."""
    return next((verb.__name__ for verb in VERBS if words[:1] == [verb.__name__]), "")


def _end(status: int, sentence: str | None = None) -> NoReturn:
    """End the process with this status, whatever has become of its output."""
    with suppress(OSError):
        if sentence:
            print(f"frostformer: {sentence}", file=sys.stderr, flush=True)
    with suppress(OSError, ValueError):  # else Python complains once more, while it ends, of a pipe that is closed
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(status)
