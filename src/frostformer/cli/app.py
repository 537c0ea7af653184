"""The command line: one function per verb, options generated from the signatures and from `RunConfig`.

Nothing heavy is imported before a verb really runs, so that `--help` answers at once.
"""

from __future__ import annotations

import logging
import os
import sys
from contextlib import closing
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from frostformer.config import RunConfig
from frostformer.errors import InputError
from frostformer.pretraining.config import PretrainConfig

app = App(
    name="frostformer",
    help="Frozen pretrained transformers on any sequence data.",
    help_format="plaintext",
    version_flags=["--version"],
)

Flat = Parameter(name="*")
Paths = Annotated[tuple[Path, ...], Parameter(consume_multiple=True)]  # `--folders A B` as well as one by one


def main() -> None:
    """Entry point: what the user can mend is one sentence on stderr and exit status 2; Ctrl-C is status 130."""
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


@app.command
def demo(out: Path = Path("runs/demo"), *, seeds: int = 3) -> None:
    """Pretrained against random frozen weights on bit-xor and digits; writes OUT/report.html.

    Parameters
    ----------
    out
        Folder for the runs and the report; finished runs in it are kept.
    seeds
        Runs per arm and task.
    """
    from frostformer.cli.sweep import run_all
    from frostformer.studies.laptop import demo as demo_runs

    run_all(demo_runs(seeds), out, "Does language pretraining help a frozen transformer? A demonstration")


@app.command
def experiment(name: str, *, out: Path | None = None, seeds: int = 3, folders: Paths = ()) -> None:
    """Run an experiment: arms, demo or precision, all arms at one budget; writes OUT/*/result.json and OUT/report.html.

    The architectures whose weights are not in the package are fresh and cut to two layers, everything is on the CPU.

    Parameters
    ----------
    name
        Which; `arms` is every kind of weights, of what trains and of control, on bit-xor and digits;
        `precision` is the frozen backbone in 32, 16 and 8 bits.
    out
        Folder for the runs and the report, `runs/NAME` if not given; finished runs in it are kept.
    seeds
        Runs per arm and task.
    folders
        Backbones of yours to compare with, each as it is and with random weights; in `precision` in each precision.
    """
    from frostformer.errors import unknown_name
    from frostformer.studies.laptop import EXPERIMENTS

    if name not in EXPERIMENTS:
        raise unknown_name("experiment", name, EXPERIMENTS)
    configs = EXPERIMENTS[name](seeds, folders)
    from frostformer.cli.sweep import run_all

    run_all(configs, out or Path("runs") / name, f"Experiment: {name}")


@app.command
def run(
    config: Annotated[RunConfig, Flat] = RunConfig(),  # noqa: B008 (frozen)
    *,
    out: Path,
    seeds: str | None = None,
    learning_rates: str | None = None,
    resume: bool = False,
    overwrite: bool = False,
) -> None:
    """Train one model on one task; writes OUT/result.json and OUT/adapter.safetensors.

    With several seeds or learning rates, one folder in OUT for each, a table and OUT/report.html; up to 16 runs that
    share the frozen backbone are trained side by side, small batches in one pass.

    Parameters
    ----------
    out
        Folder for result and adapter.
    seeds
        Several seeds instead of one, such as `0-4` or `0,3,7`.
    learning_rates
        Several learning rates instead of one, such as `1e-4,1e-3`.
    resume
        Go on with the run in OUT, bit for bit, after an interruption.
    overwrite
        Replace the run in OUT.
    """
    if seeds is not None or learning_rates is not None:
        from frostformer.cli.options import parse_learning_rates, parse_seeds
        from frostformer.cli.sweep import run_all
        from frostformer.runs.many import grid

        configs = grid(
            config,
            [config.seed] if seeds is None else parse_seeds(seeds),
            [config.learning_rate] if learning_rates is None else parse_learning_rates(learning_rates),
        )
        run_all(configs, out, f"{config.task}: seeds and learning rates", resume=resume, overwrite=overwrite)
        return
    from frostformer.cli.console import ProgressBar, print_plan, print_result
    from frostformer.runs.job import Watch
    from frostformer.runs.one import run as run_one

    with closing(ProgressBar(config.steps)) as bar:
        result = run_one(config, out, resume=resume, overwrite=overwrite, watch=Watch(print_plan, bar.show, bar.step))
    if int(os.environ.get("RANK", 0)) == 0:  # under torchrun every process gets here
        print_result(result, out)


@app.command
def evaluate(
    adapter: Path, *, split: Literal["validation", "test", "train"] = "test", backbone: str | None = None
) -> None:
    """Score an adapter on a whole split of its task.

    Parameters
    ----------
    adapter
        A run's folder or its adapter.safetensors.
    split
        Which split to score.
    backbone
        Where the backbone is now, if not where the run found it.
    """
    from frostformer.deploy.predict import evaluate_adapter

    metrics = evaluate_adapter(adapter, split, backbone)
    print(f"{split}: accuracy {100 * metrics.accuracy:.2f} %, loss {metrics.loss:.4f} nats per prediction")


@app.command
def predict(adapter: Path, sequences: Path, *, out: Path | None = None, backbone: str | None = None) -> None:
    """Predict classes for new sequences; one JSON object per sequence, in order.

    Parameters
    ----------
    adapter
        A run's folder or its adapter.safetensors.
    sequences
        A .npy array (N, T) or (N, T, C), or a .jsonl file with one list of numbers, or of vectors, per line.
    out
        File to write; the screen if not given.
    backbone
        Where the backbone is now, if not where the run found it.
    """
    from frostformer.deploy.predict import predict_file

    lines = "".join(predict_file(adapter, sequences, backbone))
    if out is None:
        print(lines, end="")
    else:
        from frostformer.files import write_whole

        write_whole(out, lines)


@app.command
def explain(config: Annotated[RunConfig, Flat] = RunConfig()) -> None:  # noqa: B008 (frozen)
    """Show what would train and what a step would cost, without training; needs no data."""
    from frostformer.cli.console import print_cost, print_plan
    from frostformer.models.build import build_model, freeze_for
    from frostformer.models.freezing import freeze_plan, trained_groups
    from frostformer.runs.cost import measure_cost
    from frostformer.tasks.registry import task_shape

    model, _ = build_model(config, task_shape(config.task, config.task_options))
    print_plan(freeze_plan(model, trained_groups(config)))
    freeze_for(model, config)
    print_cost(measure_cost(model))


@app.command
def backbones() -> None:
    """List the backbones that are known by name; any folder or Hugging Face hub id works too."""
    from frostformer.cli.listing import print_backbones

    print_backbones()


@app.command
def tasks(name: str | None = None, *, show: int = 0, task_options: dict[str, str] | None = None) -> None:
    """List the tasks, or tell more of one.

    Parameters
    ----------
    name
        A task; all if not given.
    show
        So many of its training sequences.
    task_options
        The task's own options, as for `run`.
    """
    from frostformer.cli.listing import print_task, print_tasks

    if name is None:
        print_tasks()
    else:
        print_task(name, show, task_options or {})


@app.command
def pretrain(
    corpus: Path | None = None,
    config: Annotated[PretrainConfig, Flat] = PretrainConfig(),  # noqa: B008 (frozen)
    *,
    out: Path,
    measure_on: Paths = (),
) -> None:
    """Pretrain a small GPT-2 to use as a backbone; goes on where an interrupted one stopped.

    Parameters
    ----------
    corpus
        A language's text: .txt, .txt.xz or .parquet with a text column; lines `<<< name >>>` separate documents.
    out
        Folder to write; give it to `--backbone` afterwards.
    measure_on
        Further text files to measure bits per byte on, not to train on.
    """
    from frostformer.pretraining.loop import pretrain as pretrain_one

    record = pretrain_one(corpus, out, config, measure_on)
    for name, bits in record.get("bits_per_byte", {}).items():
        print(f"{name}: {bits:.3f} bits per byte")
    for name, accuracy in record.get("accuracy", {}).items():
        print(f"{name}: {100 * accuracy:.2f} % right")
    print(f"backbone written to {out}")


@app.command
def report(*folders: Path, out: Path = Path("report.html")) -> None:
    """Make one HTML page of all results under FOLDERS (default: runs).

    Parameters
    ----------
    folders
        Folders to search for result.json.
    out
        The page to write.
    """
    from frostformer.report.page import write_report
    from frostformer.results.result import find_results

    write_report(find_results(list(folders) or [Path("runs")]), out)
    print(f"report written to {out}")
