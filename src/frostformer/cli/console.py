"""What a run shows on the terminal: the freeze plan, a progress bar, the result, a comparison."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from frostformer.data.sequences import Sequences, Stream
from frostformer.models.freezing import FreezePlan
from frostformer.results.arms import arm_label, task_label
from frostformer.results.compare import compare, short_labels
from frostformer.results.metrics import METRICS, chosen_by, headline
from frostformer.results.result import Result
from frostformer.results.seeds import Summary
from frostformer.runs.cost import Cost
from frostformer.runs.job import Plan
from frostformer.tasks.task import SPLITS
from frostformer.training.loop import Record, Training

_console = Console(highlight=False)


def print_plan(plan: Plan) -> None:
    """What is asked, what was decided for it, and what trains."""
    task = plan.task
    shape = task.shape
    sizes = [f"{name} {_count(getattr(task, name))}" for name in SPLITS]
    kind = task.scoring.kind + (", one answer for every position" if shape.per_position else "")
    _say(f"task {task.name}: {kind}; sequences: {', '.join(sizes)}")
    _say(f"input: at most {shape.length:,} {shape.input_kind} of {shape.channels:,}, read as {task.reading.kind}")
    if task.note:
        _say(task.note)
    for what, became in plan.resolved.items():
        _say(f"{what.replace('_', ' ')}: {became}")
    print_freeze(plan.freeze)


def print_freeze(plan: FreezePlan) -> None:
    """One line per parameter group, a total, and where backward stops."""
    table = Table("group", "", box=None, pad_edge=False)
    for heading in ("tensors", "parameters", "percent"):
        table.add_column(heading, justify="right")
    for row in plan.rows:
        state = "[bold]trained[/]" if row.trained else "[dim]frozen[/]"
        table.add_row(row.group, state, str(row.tensors), f"{row.parameters:,}", f"{row.percent:.3f} %")
    _console.print(table)
    share = 100 * plan.trained_parameters / plan.parameters
    _say(f"{plan.trained_parameters:,} of {plan.parameters:,} parameters train ({share:.3f} %)")
    _say(f"backward stops {plan.backward_stops}")
    _say(f"deepest point that can be cached: {plan.cached_up_to}")


def _say(sentence: str) -> None:
    _console.print(sentence, markup=False, soft_wrap=True)


def _count(split: Sequences | Stream) -> str:
    return f"{len(split):,}" if isinstance(split, Sequences) else "without end"


def print_cost(cost: Cost) -> None:
    """Work and memory of a step for one sequence, and the adapter's size."""
    _console.print(
        f"one sequence: {_flops(cost.forward_flops)} forward, {_flops(cost.backward_flops)} backward; "
        f"{_bytes(cost.saved_bytes)} kept in between"
        + (f" ({cost.saved_vectors:.1f} vectors per position and block)" if cost.saved_vectors else ""),
        soft_wrap=True,
    )
    _console.print(
        f"memory: {_bytes(cost.parameter_bytes)} of parameters, {_bytes(cost.training_bytes)} of gradients and "
        "Adam's moments, and what is kept in between for each sequence of a batch",
        soft_wrap=True,
    )
    _console.print(f"adapter: about {_bytes(cost.adapter_bytes)}")


def _flops(number: int) -> str:
    return f"{number / 1e9:,.3g} GFLOP"


def _bytes(number: int) -> str:
    return f"{number / 1e6:,.1f} MB" if number >= 1e6 else f"{number / 1e3:,.0f} kB"


class ProgressBar:
    """Steps per second, and after each evaluation loss and validation score, on one line of stderr."""

    def __init__(self, steps: int, name: str = "train") -> None:
        self._steps, self._name = steps, name
        self._bar: Any = None

    def step(self, step: int) -> None:
        """Move to a step; the clock starts at the first, and a resumed run starts where it stopped."""
        from tqdm import tqdm

        if self._bar is None:
            self._bar = tqdm(total=self._steps, initial=step - 1, desc=self._name, unit="step")
        self._bar.update(step - self._bar.n)

    def show(self, training: Training, record: Record) -> None:
        """Show what the evaluation found."""
        metric = METRICS[training.scoring.chosen_by]
        self._bar.set_postfix(loss=f"{record.train_loss:.4f}", validation=metric.text(record.validation_score))

    def close(self) -> None:
        """Leave the line as it is and go to the next."""
        if self._bar is not None:
            self._bar.close()


def print_result(result: Result, out: Path) -> None:
    """Test scores, scores of rules without a model, the step where validation was best, and what was written."""
    summary = Summary(task_label(result), arm_label(result), (result,), repeats=0)
    chosen, name = summary.validation_metric, chosen_by(result)
    best = result.metrics["validation"].get(name)
    score = "no score" if best is None else chosen.text(best)
    by = score if name == headline(result) else f"{chosen.label} {score}"
    _console.print(
        f"test {summary.metric.label} [bold]{summary.score_text}[/] at step {result.chosen_step}, "
        f"chosen on validation ({by}); {result.own_seconds:.0f} s",
        soft_wrap=True,
    )
    if result.diverged is not None:
        _say(
            f"training diverged at step {result.diverged} and ended there: the adapter holds the tensors of step "
            f"{result.chosen_step}; try a lower learning rate"
        )
    if summary.also_text:
        _console.print(f"also on the test split: {summary.also_text}", markup=False, soft_wrap=True)
    levels = [f"{rule} {summary.metric.text(level)}" for rule, level in result.task["trivial"].items()]
    if levels:
        _console.print(f"without a model: {', '.join(levels)}", markup=False, soft_wrap=True)
    _console.print(
        f"{out}/result.json, {out}/adapter.safetensors ({result.adapter_bytes / 1000:.0f} kB)", soft_wrap=True
    )


def print_summaries(summaries: list[Summary], levels: dict[str, str]) -> None:
    """Test score of each arm over its seeds, and steps to its task's validation score in `levels`, if any."""
    labels = {summary.metric.label for summary in summaries}
    heading = f"test {labels.pop()}" if len(labels) == 1 else "test score"
    last = ["steps to validation of"] if levels.keys() & {s.results[0].task["name"] for s in summaries} else []
    table = Table("task", "arm", heading, "range", *last, box=None, pad_edge=False)
    for task, group in groupby(summaries, lambda summary: summary.task):
        own = list(group)
        name = own[0].results[0].task["name"]
        for summary, arm in zip(own, short_labels([summary.arm for summary in own]), strict=True):
            of = f"{summary.metric.label} " if heading == "test score" else ""
            score = of + summary.score_text + (f"\n{summary.also_text}" if summary.also_text else "")
            row = [task, arm, score, summary.range_text]
            if name in levels:
                level = summary.validation_metric.level_text(levels[name]).replace(" ", "")  # 99%: the column is narrow
                row.append(f"{level}: {summary.steps_text(levels[name])}")
            table.add_row(*map(escape, row))
    _console.print(table)
    for task, group in groupby(summaries, lambda summary: summary.task):
        _console.print(f"{task}: {compare(list(group))}", markup=False, soft_wrap=True)
