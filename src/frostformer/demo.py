"""The first thing a newcomer sees: pretrained against random frozen weights on two tasks that are not language.

    frostformer demo

Same task, same budget, same learning rate for both arms, three seeds each; prints whatever comes out.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from frostformer.config import RunConfig
from frostformer.console import ProgressBar, print_plan, print_summaries
from frostformer.errors import InputError
from frostformer.report.page import write_report
from frostformer.results import Result
from frostformer.run import Watch, run
from frostformer.statistics import summarise

STEPS = {"bit-xor": 400, "digits": 300}
BATCH_SIZE = 16  # the largest of the paper
LEVELS = {"bit-xor": "0.99", "digits": "0.9"}  # of validation accuracy; steps to reach it are reported


def demo_configs(seeds: int) -> dict[str, RunConfig]:
    """Folder name -> run; at most 3 minutes for three seeds on two CPU cores."""
    return {
        f"{task}-{weights}-{seed}": RunConfig(
            task=task,
            weights=weights,
            seed=seed,
            steps=steps,
            batch_size=BATCH_SIZE,
            evaluate_every=20,
            device="cpu",
        )
        for task, steps in STEPS.items()
        for seed in range(seeds)
        for weights in ("pretrained", "random")
    }


def run_demo(out: Path, seeds: int) -> None:
    """Run what is not there yet, print the table, write `out/report.html`."""
    if seeds < 1:
        raise InputError(f"seeds is {seeds}: give a whole number of at least 1")
    results: list[Result] = []
    for name, config in demo_configs(seeds).items():
        with closing(ProgressBar(config.steps, name)) as bar:
            plan = print_plan if not results else Watch().plan  # the same for every run but for the input layer
            results.append(run(config, out / name, resume=True, watch=Watch(plan, bar.show, bar.step)))
    print_summaries(summarise(results), LEVELS)
    report = out / "report.html"
    write_report(results, report, title="Does language pretraining help a frozen transformer? A demonstration")
    print(f"learning curves, what trained, and the attention maps: {report}")  # noqa: T201
