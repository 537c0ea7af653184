"""What a run shows on the terminal: the freeze plan, the result, a comparison."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from rich.table import Table
from rich.text import Text

from frostformer.cli.terminal import console, is_quiet, say
from frostformer.config import ReadOut
from frostformer.data.sequences import Sequences, Stream
from frostformer.models.backbones.backbone import Probe
from frostformer.models.freezing import FreezePlan
from frostformer.report.making import work
from frostformer.results.arms import arm_label, task_label
from frostformer.results.compare import findings, short_labels
from frostformer.results.comparisons import Reference
from frostformer.results.metrics import chosen_by, headline, metric
from frostformer.results.result import Result
from frostformer.results.seeds import Summary
from frostformer.runs.cost import Cost
from frostformer.runs.job import Plan
from frostformer.tasks.shape import TaskShape
from frostformer.tasks.task import SPLITS


def print_plan(plan: Plan) -> None:
    """What is asked, what was decided for it, and what trains; nothing where it shall be quiet."""
    if is_quiet():
        return
    task = plan.task
    shape = task.shape
    sizes = [f"{name} {_count(getattr(task, name))}" for name in SPLITS]
    kind = task.scoring.kind + (", one answer for every position" if shape.per_position else "")
    say(f"task {task.name}: {kind}; sequences: {', '.join(sizes)}")
    of = f"one of {shape.channels:,} tokens" if shape.input_kind == "tokens" else f"a vector of {shape.channels:,}"
    say(f"input: at most {shape.length:,} positions, each {of}")
    say(f"read-out: {read_out_text(plan.read_out, shape)}")
    if task.note:
        say(task.note)
    for what, became in plan.resolved.items():
        say(f"{what.replace('_', ' ')}: {became}")
    print_freeze(plan.freeze)


def read_out_text(read_out: ReadOut, shape: TaskShape) -> str:
    """Which of a sequence's positions the output layer sees."""
    if read_out == "mean":
        return "the mean over the real positions"
    if shape.per_position:
        return "every real position"
    return (
        "the last real position" if shape.read_positions == 1 else f"the last {shape.read_positions:,} real positions"
    )


def print_freeze(plan: FreezePlan) -> None:
    """One line per parameter group, a total, and where backward stops."""
    table = Table("group", "", box=None, pad_edge=False)
    for heading in ("tensors", "parameters", "percent"):
        table.add_column(heading, justify="right")
    for row in plan.rows:
        state = Text("trained", "bold") if row.trained else Text("frozen", "dim")
        table.add_row(row.group, state, str(row.tensors), f"{row.parameters:,}", f"{row.percent:.3f} %")
    console.print(table)
    share = 100 * plan.trained_parameters / plan.parameters
    counts = f"{plan.trained_parameters:,} of {plan.parameters:,} parameters train ({share:.3f} %)"
    if plan.unreached:
        counts += (
            f"; {plan.reached_parameters:,} without the positions that the task does not reach, as the paper counts"
        )
    say(counts)
    say(f"backward stops {plan.backward_stops}")
    say(f"what stays the same during training: {plan.unchanged}")
    for remark in plan.remarks:
        say(f"note: {remark}")


def print_probe(probe: Probe) -> None:
    """What running the backbone has shown."""
    say("the backbone was run on small inputs:")
    say(f"  a position sees {'only earlier positions' if probe.causal else 'every position'}")
    say(f"  padding and batch mates change results: {'no' if probe.obeys_padding else 'yes'}")
    say(f"  random in training, such as by dropout: {'yes' if probe.draws_in_training else 'no'}")
    say(f"  the last of a few positions knows of the first: {'yes' if probe.first_reaches_last else 'no'}")
    small, zero = (_times(value) for value in (probe.gradient_at_small, probe.gradient_at_zero))
    say(f"  gradient at its inputs, beside that at inputs of deviation 1: {small} at deviation 0.001, {zero} at zero")


def _times(multiple: float | None) -> str:
    return "too large for a number" if multiple is None else f"{multiple:,.3g} times as large"


def _count(split: Sequences | Stream) -> str:
    return f"{len(split):,}" if isinstance(split, Sequences) else "without end"


def print_cost(cost: Cost) -> None:
    """Work and memory of a step for one sequence, and the adapter's size."""
    say(
        f"one sequence: {work(cost.forward_flops)} forward, {work(cost.backward_flops)} backward; "
        f"{_bytes(cost.saved_bytes)} kept in between"
        + (f" ({cost.saved_vectors:.1f} vectors per position and block)" if cost.saved_vectors else "")
    )
    say(
        f"memory: {_bytes(cost.parameter_bytes)} of parameters, {_bytes(cost.training_bytes)} of gradients and "
        "Adam's moments, and what is kept in between for each sequence of a batch"
    )
    say(f"adapter: about {_bytes(cost.adapter_bytes)}")


def _bytes(number: int) -> str:
    return f"{number / 1e6:,.1f} MB" if number >= 1e6 else f"{number / 1e3:,.0f} kB"


def chosen_rate(result: Result) -> str:
    """Which of the learning rates that a run has tried was chosen, by what, and whether others may be better."""
    by = metric(chosen_by(result))
    scores = [f"{rate} {'no score' if it is None else by.text(it)}" for rate, it in (result.tried or {}).items()]
    chosen, rates = result.config["learning_rate"], [float(rate) for rate in result.tried or {}]
    said = f"learning rate {chosen}, chosen by validation {by.label}: {', '.join(scores)}"
    if len(rates) > 1 and chosen in (end := {min(rates): "lowest", max(rates): "highest"}):
        said += f"; it is the {end[chosen]} of them, and one beyond it may be better"
    return said


def print_result(result: Result, out: Path) -> None:
    """Test scores, scores of rules without a model, the step where validation was best, and what was written."""
    summary = Summary(task_label(result), arm_label(result), (result,), repeats=0)
    chosen, name = summary.validation_metric, chosen_by(result)
    best = result.metrics["validation"].get(name)
    score = "no score" if best is None else chosen.text(best)
    by = score if name == headline(result) else f"{chosen.label} {score}"
    how = f" at step {result.chosen_step}, chosen on validation ({by}); {result.own_seconds:.0f} s"
    if result.tried:
        say(chosen_rate(result))
    say(Text.assemble(f"test {summary.metric.label} ", (summary.score_text, "bold"), how))
    if (found := result.calibration) is not None:
        before, after = (f"{100 * (found[name] or 0):.1f} %" for name in ("error_before", "error"))
        say(
            f"probabilities: temperature {found['temperature']:.2f}, fitted on validation; on test they are off by "
            f"{after} on average, and by {before} without it"
        )
    if result.diverged is not None:
        say(
            f"training diverged at step {result.diverged} and ended there: the adapter holds the tensors of step "
            f"{result.chosen_step}; try a lower learning rate"
        )
    if summary.also_text:
        say(f"also on the test split: {summary.also_text}")
    levels = [f"{rule} {summary.metric.text(level)}" for rule, level in result.task["trivial"].items()]
    if levels:
        say(f"without a model: {', '.join(levels)}")
    say(f"{out}/result.json, {out}/adapter.safetensors ({result.adapter_bytes / 1000:.0f} kB)")


def print_summaries(summaries: list[Summary], levels: dict[str, str], reference: Reference | None = None) -> None:
    """Test score of each arm over its seeds, and steps to its task's validation score in `levels`, if any.

    With a `reference`, sentences below the table say which arms differ from theirs.
    """
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
            table.add_row(*row)
    console.print(table)
    for task, finding in findings(summaries, reference).items():
        say(f"{task}: {finding}")
