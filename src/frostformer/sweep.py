"""Many runs: those that share a frozen backbone side by side, what is finished kept; then one table and one page.

frostformer run --task digits --seeds 0-4 --learning-rates 1e-4,1e-3 --out runs/digits
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from frostformer.cohort import cohort_key
from frostformer.config import RunConfig
from frostformer.console import ProgressBar, print_plan, print_summaries
from frostformer.errors import InputError
from frostformer.job import Watch
from frostformer.report.page import write_report
from frostformer.results import Result
from frostformer.run import refuse_to_lose, run, run_cohort
from frostformer.statistics import summarise

LEVELS = {"bit-xor": "0.99", "digits": "0.9"}  # of validation accuracy; steps to reach it are printed
MOST_SEEDS = 10_000
MOST_TOGETHER = 16  # runs side by side; what each trains, and Adam's moments of it, is in memory at once


def run_all(
    configs: Mapping[str, RunConfig], out: Path, title: str, *, resume: bool = True, overwrite: bool = False
) -> list[Result]:
    """Run each into `out/NAME`, print the table, write `out/report.html`."""
    for name in configs:
        refuse_to_lose(out / name, resume, overwrite)  # all of them before the first is trained
    results: list[Result] = []
    for names in cohorts(configs):
        chosen = {out / name: configs[name] for name in names}
        first = configs[names[0]]
        label = names[0] if len(names) == 1 else f"{len(names)} runs from {names[0]}"
        with closing(ProgressBar(first.steps, f"{len(results) + len(names)}/{len(configs)} {label}")) as bar:
            watch = Watch(Watch().plan if results else print_plan, bar.show, bar.step)
            if len(names) == 1:
                results.append(run(first, out / names[0], resume=resume, overwrite=overwrite, watch=watch))
            else:
                results += run_cohort(chosen, resume=resume, overwrite=overwrite, watch=watch)
    print_summaries(summarise(results), LEVELS)
    report = out / "report.html"
    write_report(results, report, title=title)
    print(f"learning curves, what trained, and the attention maps: {report}")  # noqa: T201
    return results


def cohorts(configs: Mapping[str, RunConfig]) -> list[list[str]]:
    """Names of runs to train side by side, in order of their first."""
    groups: dict[object, list[list[str]]] = {}
    for name, config in configs.items():
        key = cohort_key(config) or name  # alone
        parts = groups.setdefault(key, [[]])
        if len(parts[-1]) == MOST_TOGETHER:
            parts.append([])
        parts[-1].append(name)
    return [part for parts in groups.values() for part in parts]


def grid(config: RunConfig, seeds: Sequence[int], learning_rates: Sequence[float]) -> dict[str, RunConfig]:
    """Folder name -> run, one for each seed and learning rate."""
    return {
        f"learning-rate-{rate}-seed-{seed}": replace(config, seed=seed, learning_rate=rate)
        for rate in learning_rates
        for seed in seeds
    }


def parse_seeds(text: str) -> list[int]:
    """Numbers and ranges such as `0-4,7`.

    Raises:
        InputError: it is not a list of these.
    """
    seeds: list[int] = []
    try:
        for part in text.split(","):
            first, dash, last = part.partition("-")
            found = range(int(first), int(last if dash else first) + 1)
            if not 0 < len(found) <= MOST_SEEDS:
                raise ValueError(part)
            seeds += found
    except (ValueError, OverflowError):
        seeds = []
    if not seeds:
        raise InputError(f"seeds is '{text}': give numbers and ranges such as 0-4 or 0,3,7, {MOST_SEEDS:,} at most")
    return list(dict.fromkeys(seeds))


def parse_learning_rates(text: str) -> list[float]:
    """Numbers such as `1e-4,1e-3`.

    Raises:
        InputError: one of them is no number.
    """
    try:
        return list(dict.fromkeys(float(part) for part in text.split(",")))
    except ValueError:
        raise InputError(f"learning_rates is '{text}': give numbers such as 1e-4,1e-3") from None
