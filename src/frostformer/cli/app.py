"""The command line: the verbs, and how errors are shown.

Each verb is a function in `cli/verbs`; its options are generated from its signature and from `RunConfig`. Nothing heavy
is imported before a verb really runs, so that `--help` answers at once.
"""

from __future__ import annotations

import logging
import sys

from cyclopts import App

from frostformer.cli.verbs.backbones import backbones
from frostformer.cli.verbs.demo import demo
from frostformer.cli.verbs.evaluate import evaluate
from frostformer.cli.verbs.experiment import experiment
from frostformer.cli.verbs.explain import explain
from frostformer.cli.verbs.predict import predict
from frostformer.cli.verbs.pretrain import pretrain
from frostformer.cli.verbs.report import report
from frostformer.cli.verbs.run import run
from frostformer.cli.verbs.tasks import tasks
from frostformer.errors import InputError

VERBS = (demo, experiment, run, evaluate, predict, explain, backbones, tasks, pretrain, report)

app = App(
    name="frostformer",
    help="Frozen pretrained transformers on any sequence data.",
    help_format="plaintext",
    version_flags=["--version"],
)
for verb in VERBS:
    app.command(verb)


def main() -> None:
    """Entry point. A user's mistake gives one sentence on stderr and exit status 2; Ctrl-C gives status 130."""
    logging.basicConfig(format="%(message)s")  # on stderr
    logging.getLogger("frostformer").setLevel(logging.INFO)
    try:
        app()
    except InputError as error:
        print(f"frostformer: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("frostformer: interrupted; an unfinished run goes on with --resume", file=sys.stderr)
        sys.exit(130)
