"""What `make bench` measures: functions that yield rows as they are found, in the order of `MEASUREMENTS`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from benchmarks.cases import CASES, COHORTS, EMBEDDED, GPT2, MNIST, ON_A_GPU, Case, made_up_task
from benchmarks.clock import Block, Comparison, Spread, compare, timed
from benchmarks.memory import LIBRARIES, peak_memory
from benchmarks.products import product, products_of
from benchmarks.recipes import COMPILED, OFFICIAL, OURS, RECIPES, blocks_of, ours, start_cohort, start_training
from benchmarks.rows import Numbers, Row, Setup, each_case, rows_of
from benchmarks.shares import shares as time_shares
from benchmarks.trainer import peft_trainer
from frostformer.errors import InputError
from frostformer.models.model import SequenceModel
from frostformer.runs.cost import measure_cost
from frostformer.tasks.registry import build_task
from frostformer.tasks.task import Task

SQUARES = {"cpu": 2048, "cuda": 8192}  # rows, columns and depth of a product that every library is good at
NEVER = 10**9  # steps: no run ends while it is measured
DATA_TASKS: dict[str, Callable[[], Task]] = {
    "bit-memory": partial(build_task, "bit-memory"),
    "digits": partial(build_task, "digits"),  # needs no files
    "mnist": partial(build_task, "mnist"),
    "cifar10": partial(build_task, "cifar10"),
    "cifar10, augmented": partial(build_task, "cifar10", {"augment": "true"}),
}


def steps(setup: Setup, cases: Iterable[Case] | None = None) -> Iterator[Row]:
    """One training step: the paper's recipe, full fine-tuning, a loop written by hand, ours in every precision."""

    def measure(case: Case) -> Iterator[Row]:
        builders = {name: partial(build, case) for name, build in RECIPES.items()}
        return rows_of(case.name, setup.compare(builders), OFFICIAL)

    return each_case(setup, cases or usual_cases(setup), measure)


def compiled(setup: Setup, cases: Iterable[Case] = ON_A_GPU) -> Iterator[Row]:
    """On a GPU, one training step: ours in bfloat16, captured as one graph, and compiled, which takes half a minute."""

    def measure(case: Case) -> Iterator[Row]:
        return rows_of(case.name, setup.compare({name: partial(build, case) for name, build in COMPILED.items()}))

    if setup.device != "cuda":
        yield Row("all", "all", skipped=f"it is for cuda, this is {setup.device}")
        return
    yield from each_case(setup, cases, measure)


def usual_cases(setup: Setup) -> tuple[Case, ...]:
    """What a kind of device is measured on."""
    return CASES if setup.device == "cpu" else ON_A_GPU


def trainer(setup: Setup, case: Case = GPT2) -> Iterator[Row]:
    """One training step: PEFT's layer-norm tuning in the Hugging Face Trainer, a loop written by hand, and ours."""

    def measure(case: Case) -> Iterator[Row]:
        builders: dict[str, Callable[[], Block]] = {"peft-ln": partial(peft_trainer, case)}
        builders |= {name: partial(RECIPES[name], case) for name in ("by-hand", OURS)}
        return rows_of(case.name, setup.compare(builders), "peft-ln")

    return each_case(setup, [case], measure)


def peak(setup: Setup, cases: Iterable[Case] | None = None, square: int | None = None) -> Iterator[Row]:
    """In each precision the fastest products of this machine, and the share of their speed that our step reaches."""

    def measure(case: Case) -> Iterator[Row]:
        for precision in products_of(setup.device):
            side = square or SQUARES.get(setup.device, SQUARES["cpu"])
            yield from _peak(setup, case.with_config(backbone_precision=precision), side)

    return each_case(setup, cases or usual_cases(setup), measure)


def _peak(setup: Setup, case: Case, square: int) -> Iterator[Row]:
    precision, batch = case.config.backbone_precision, case.config.batch_size
    training = start_training(case)
    width, own = training.model.backbone.width, f"ours-{precision}"
    flops = {own: batch * useful_flops(training.model)}
    builders: dict[str, Callable[[], Block]] = {own: partial(blocks_of, training)}
    for size in ((batch * case.shape.length, width, 4 * width), (square, square, square)):
        name = f"{precision} product " + " x ".join(map(str, size))
        flops[name] = 2 * size[0] * size[1] * size[2]
        builders[name] = partial(product, size, precision, training.place.device)
    found = setup.compare(builders)
    return rows_of(case.name, found, numbers=rates(found, flops, own))


def useful_flops(model: SequenceModel) -> int:
    """Operations of a GPT-2's step for one sequence, without the half of all pairs that causal attention skips.

    For every pair of positions, forward takes two products over the width and backward five. The last block attends
    from the read positions alone, where nothing is skipped.
    """
    cost, length = measure_cost(model), model.shape.length
    per_pair = 2 * (2 + 5) * model.backbone.width
    skipped = (model.backbone.num_blocks - 1) * per_pair * length * (length - 1) // 2
    return cost.forward_flops + cost.backward_flops - skipped


def rates(found: Comparison, flops: Mapping[str, int], ours: str = OURS) -> dict[str, Numbers]:
    """GFLOP/s of every side, and of our step, by its name, the share of the fastest product of the same round."""
    if found.skipped:
        return {}
    each = {name: [flops[name] / one / 1e9 for one in seconds] for name, seconds in found.seconds.items()}
    own = each.pop(ours)
    best = [max(products) for products in zip(*each.values(), strict=True)]
    share = Spread.of([rate / most for rate, most in zip(own, best, strict=True)])
    of_products: dict[str, Numbers] = {name: {"gflop_per_second": Spread.of(rate)} for name, rate in each.items()}
    return of_products | {ours: {"gflop_per_second": Spread.of(own), "share_of_peak": share}}


def growth(
    setup: Setup,
    case: Case = EMBEDDED,
    batches: Iterable[int] = (1, 4, 16, 64),
    lengths: Iterable[int] = (64, 256, 1024),
    depths: Iterable[int] = (1, 3, 6),
    widths: Iterable[int] = (128, 256, 512),
) -> Iterator[Row]:
    """Our step by batch size, by length (at batch 4), by depth and by width of a 6-layer GPT-2 (at batch 16)."""

    def measure(case: Case) -> Iterator[Row]:
        few = case.with_config(batch_size=4)
        with TemporaryDirectory() as folder:
            yield from _along("batch", {size: case.with_config(batch_size=size) for size in batches}, setup)
            yield from _along("length", {size: few.with_shape(length=size) for size in lengths}, setup)
            yield from _along("depth", {size: case.with_config(layers=size) for size in depths}, setup)
            yield from _along("width", {size: _of_width(size, case, Path(folder)) for size in widths}, setup)

    return each_case(setup, [case.with_config(batch_size=16)], measure)


def _along(axis: str, cases: Mapping[int, Case], setup: Setup) -> Iterator[Row]:
    found = setup.compare({f"{axis} {size}": partial(RECIPES[OURS], case) for size, case in cases.items()})
    batches = {f"{axis} {size}": case.config.batch_size for size, case in cases.items()}
    numbers: dict[str, Numbers] = {
        name: {"sequences_per_second": Spread.of([batches[name] / one for one in seconds])}
        for name, seconds in found.seconds.items()
    }
    return rows_of(f"by {axis}", found, numbers=numbers)


def _of_width(width: int, case: Case, folder: Path) -> Case:
    """The case on a fresh GPT-2 with heads of 64 channels, whose configuration is written into `folder`."""
    import transformers

    shape = {"n_embd": width, "n_layer": 6, "n_head": max(1, width // 64), "n_positions": case.shape.length}
    transformers.GPT2Config(**shape, vocab_size=1, bos_token_id=0, eos_token_id=0).save_pretrained(folder / str(width))
    return case.with_config(backbone=str(folder / str(width)), weights="random")


def shares(setup: Setup, cases: Iterable[Case] | None = None) -> Iterator[Row]:
    """In each precision the shares of a step's time that products, attention and the rest take."""

    def measure(case: Case) -> Iterator[Row]:
        for precision in products_of(setup.device):
            training = start_training(case.with_config(backbone_precision=precision))
            found = time_shares(training.take_step, training.place.device)
            yield Row(case.name, f"ours-{precision}", numbers=found)

    return each_case(setup, cases or usual_cases(setup), measure)


def cohort(setup: Setup, cases: Iterable[Case] = COHORTS, runs: int | None = None) -> Iterator[Row]:
    """One step of 16 runs (64 on a GPU): one after the other, in passes that they share, and as one plain batch.

    A pass has as many runs as may share one; on a GPU it is also captured as one graph. The plain batch has the
    sequences of all runs and belongs to one run: no cohort can be faster.
    """
    runs = runs or (16 if setup.device == "cpu" else 64)
    alone = f"{runs} runs alone"

    def together(case: Case) -> Block:
        cohort = start_cohort(case, runs)
        return timed(partial(cohort.take_step, list(range(runs))), cohort.members[0].place.device)

    def measure(case: Case) -> Iterator[Row]:
        builders: dict[str, Callable[[], Block]] = {
            alone: lambda: blocks_of(start_training(case), runs),
            f"cohort of {runs}": partial(together, case),
            "one plain batch": lambda: ours(case, batch_size=runs * case.config.batch_size),
        }
        if setup.device == "cuda":
            builders[f"cohort of {runs}, captured"] = partial(together, case.with_config(capture=True))
        return rows_of(case.name, setup.compare(builders), alone)

    return each_case(setup, cases, measure)


def cached(setup: Setup, case: Case = MNIST, sequences: int = 2000) -> Iterator[Row]:
    """An epoch of 2,000 sequences, the output layer alone trained: features computed in every step, or cached."""

    def measure(case: Case) -> Iterator[Row]:
        epoch, task = sequences // case.config.batch_size, made_up_task(case.shape, sequences)
        once = case.with_config(trainable="output-only", steps=epoch)  # a run of one epoch caches nothing
        runs = {"computed": once, "cached": once.with_config(steps=NEVER)}
        if setup.device == "cuda":
            runs["cached, captured"] = runs["cached"].with_config(capture=True)
        found = setup.compare({name: partial(_epochs, run, task, epoch) for name, run in runs.items()})
        return rows_of(case.name, found, "computed")

    return each_case(setup, [case], measure)


def _epochs(case: Case, task: Task, steps: int) -> Block:
    return blocks_of(start_training(case, task), steps)


def data(setup: Setup, case: Case = EMBEDDED, tasks: Mapping[str, Callable[[], Task]] = DATA_TASKS) -> Iterator[Row]:
    """The data path (draw a batch, move it, cut patches, scale, augment), and the whole step, which waits for it."""
    for name, build in tasks.items():
        try:
            yield from _data_path(name, build(), case.with_config(device=setup.device), setup)
        except InputError as error:  # the files are not here and cannot be downloaded
            yield Row(name, "all", skipped=str(error))


def _data_path(name: str, task: Task, case: Case, setup: Setup) -> Iterator[Row]:
    case = case.with_config(capture=setup.device == "cuda")  # the shortest step, which waits the most
    training = start_training(replace(case, shape=task.shape), task)
    builders: dict[str, Callable[[], Block]] = {
        "data path": lambda: timed(training.next_batch, training.place.device),
        "whole step": partial(blocks_of, training),
    }
    found = setup.compare(builders)
    share = found.speedup("whole step", against="data path")  # its inverse reads better
    yield from rows_of(name, found, numbers={"data path": {"share_of_step": share}})


def memory(setup: Setup, case: Case = GPT2) -> Iterator[Row]:
    """Peak memory of a few steps, each recipe in a fresh process."""

    def measure(case: Case) -> Iterator[Row]:
        for recipe in (LIBRARIES, OFFICIAL, "full", OURS):
            yield Row(case.name, recipe, numbers=peak_memory(recipe, case))

    return each_case(setup, [case], measure)


def start(_: Setup) -> Iterator[Row]:
    """Fresh processes: Python alone, the import, the help."""
    commands = {
        "python": ("-c", "pass"),
        "import frostformer": ("-c", "import frostformer"),
        "frostformer --help": ("-m", "frostformer", "--help"),
    }
    found = compare({name: partial(_process, arguments) for name, arguments in commands.items()}, seconds=0)
    return rows_of("start", found)


def _process(arguments: tuple[str, ...]) -> Block:
    run = partial(subprocess.run, (sys.executable, *arguments), check=True, capture_output=True)
    return timed(run, torch.device("cpu"))


MEASUREMENTS: dict[str, Callable[[Setup], Iterator[Row]]] = {
    "steps": steps,
    "compiled": compiled,
    "trainer": trainer,
    "peak": peak,
    "growth": growth,
    "shares": shares,
    "cohort": cohort,
    "cached": cached,
    "data": data,
    "memory": memory,
    "start": start,
}
