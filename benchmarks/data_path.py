"""Is the data path ever the bottleneck? Its time per batch beside that of a whole training step, in one process.

    make bench                                   (needs CIFAR-10 in the data folder, or downloads it)
    python benchmarks/data_path.py results/bench/data_path.json

The data path is drawing a batch, moving it to the device, patching, scaling and, where asked for, augmenting. The step
is that of the embedded backbone, frozen, data included. Blocks of both alternate; medians and ranges are over blocks.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path
from statistics import median

from frostformer.adapters import build_model
from frostformer.config import RunConfig
from frostformer.data import training_batches
from frostformer.evaluation import to_device
from frostformer.files import write_whole
from frostformer.results import environment
from frostformer.tasks.catalog import build_task
from frostformer.tasks.task import Task
from frostformer.training import Training

TASKS = {"bit-memory": {}, "mnist": {}, "cifar10": {}, "cifar10, augmented": {"augment": "true"}}
BLOCKS, BATCHES, STEPS, BATCH_SIZE = 5, 20, 4, 32


def main(out: Path) -> None:
    """Measure every task, print a table, write the JSON."""
    rows = {name: measure(build_task(name.split(",")[0], options)) for name, options in TASKS.items()}
    for name, row in rows.items():
        print(f"{name:20}  data {row['data_ms']:8.2f} ms   step {row['step_ms']:8.1f} ms   share {row['share']:.2%}")
    record = {"batch_size": BATCH_SIZE, "blocks": BLOCKS, "tasks": rows, "environment": environment("cpu", 1)}
    write_whole(out, json.dumps(record, indent=2) + "\n")


def measure(task: Task) -> dict[str, float | list[float]]:
    """Milliseconds per batch of the data path and per training step."""
    config = RunConfig(task=task.name, batch_size=BATCH_SIZE, steps=10**6, evaluate_every=STEPS, device="cpu")
    model, _ = build_model(config, task.shape)
    training = Training(model, replace(task, validation=task.validation[:1]), config)
    steps, batches = training.run(), training_batches(task.train, BATCH_SIZE, seed=0)
    next(steps)  # warm
    data, whole = [], []
    for _ in range(BLOCKS):
        started = time.perf_counter()
        for batch in islice(batches, BATCHES):
            to_device(batch, training.accelerator.device)
        data.append(1000 * (time.perf_counter() - started) / BATCHES)
        started = time.perf_counter()
        next(steps)  # STEPS steps and the evaluation of one sequence
        whole.append(1000 * (time.perf_counter() - started) / STEPS)
    return {
        "data_ms": round(median(data), 3),
        "data_range_ms": [round(min(data), 3), round(max(data), 3)],
        "step_ms": round(median(whole), 3),
        "step_range_ms": [round(min(whole), 3), round(max(whole), 3)],
        "share": round(median(data) / median(whole), 5),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "results/bench/data_path.json"))
