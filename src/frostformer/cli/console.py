"""What a run shows on the terminal: the freeze plan, a progress bar, the result, a comparison."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from frostformer.models.freezing import FreezePlan
from frostformer.results.result import Result
from frostformer.results.seeds import Summary, compare, short_labels
from frostformer.runs.cost import Cost
from frostformer.training.loop import Record, Training

_console = Console(highlight=False)


def print_plan(plan: FreezePlan) -> None:
    """One line per parameter group, a total, and where backward stops."""
    table = Table("group", "", box=None, pad_edge=False)
    for heading in ("tensors", "parameters", "percent"):
        table.add_column(heading, justify="right")
    for row in plan.rows:
        state = "[bold]trained[/]" if row.trained else "[dim]frozen[/]"
        table.add_row(row.group, state, str(row.tensors), f"{row.parameters:,}", f"{row.percent:.3f} %")
    _console.print(table)
    share = 100 * plan.trained_parameters / plan.parameters
    _console.print(f"{plan.trained_parameters:,} of {plan.parameters:,} parameters train ({share:.3f} %)")
    _console.print(f"backward stops {plan.backward_stops}")
    _console.print(f"deepest point that can be cached: {plan.cached_up_to}")


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
        "Adam's moments, and the above for each sequence of a batch",
        soft_wrap=True,
    )
    _console.print(f"adapter: about {_bytes(cost.adapter_bytes)}")


def _flops(number: int) -> str:
    return f"{number / 1e9:,.3g} GFLOP"


def _bytes(number: int) -> str:
    return f"{number / 1e6:,.1f} MB" if number >= 1e6 else f"{number / 1e3:,.0f} kB"


class ProgressBar:
    """Steps per second, and after each evaluation loss and validation accuracy, on one line of stderr."""

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
        accuracy = f"{100 * record.validation_accuracy:.2f} %"
        self._bar.set_postfix(loss=f"{record.train_loss:.4f}", validation=accuracy)

    def close(self) -> None:
        """Leave the line as it is and go to the next."""
        if self._bar is not None:
            self._bar.close()


def print_result(result: Result, out: Path) -> None:
    """Test accuracy beside the trivial levels, when validation was best, and what was written."""
    test, validation = result.metrics["test"], result.metrics["validation"]
    _console.print(
        f"test accuracy [bold]{100 * test['accuracy']:.2f} %[/] at step {result.chosen_step}, "
        f"chosen on validation ({100 * validation['accuracy']:.2f} %); {result.seconds:.0f} s"
    )
    if "marked_accuracy" in test:
        _console.print(f"of the {result.task['marked']} alone: {100 * test['marked_accuracy']:.2f} %")
    levels = [f"{rule} {100 * level:.2f} %" for rule, level in result.task["trivial"].items()]
    _console.print(f"without a model: {', '.join(levels)}")
    _console.print(
        f"{out}/result.json, {out}/adapter.safetensors ({result.adapter_bytes / 1000:.0f} kB)", soft_wrap=True
    )


def print_summaries(summaries: list[Summary], levels: dict[str, str]) -> None:
    """Test accuracy of each arm over its seeds, and steps to its task's validation accuracy in `levels`, if any."""
    table = Table("task", "arm", "test accuracy", "range", "steps to validation of", box=None, pad_edge=False)
    for task, group in groupby(summaries, lambda summary: summary.task):
        own = list(group)
        name = own[0].results[0].task["name"]
        for summary, arm in zip(own, short_labels([summary.arm for summary in own]), strict=True):
            steps = f"{float(levels[name]):.0%}: {summary.steps_text(levels[name])}" if name in levels else ""
            table.add_row(task, arm, summary.accuracy_text, summary.range_text, steps)
    _console.print(table)
    for task, group in groupby(summaries, lambda summary: summary.task):
        _console.print(f"{task}: {compare(list(group))}", soft_wrap=True)
