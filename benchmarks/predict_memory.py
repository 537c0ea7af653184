"""`python -m benchmarks.predict_memory`: most memory of predictions and of the reader alone, for files of many sizes.

python -m benchmarks.predict_memory --out results/predict_memory
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from cyclopts import App, Parameter

from benchmarks.memory import resident_peak
from frostformer.data.files.options import DataFile
from frostformer.data.files.schema import Schema
from frostformer.errors import InputError
from frostformer.files import write_whole
from frostformer.provenance import environment
from frostformer.runs.adapters import read_adapter

STEPS = 20  # of a sequence that is predicted
FORMS = ("wide", "long")
"""What the reader reads: sequences of two steps, one in a row; and sequences of ten rows."""

Sizes = Annotated[tuple[int, ...], Parameter(consume_multiple=True)]

app = App(name="predict_memory", help_format="plaintext")


@app.default
def predict_memory(
    *, rows: Sizes = (10_000, 100_000), read: Sizes = (100_000, 10_000_000), out: Path = Path("runs/predict_memory")
) -> None:
    """Measure in processes of their own, on files made in a temporary folder; writes OUT/predict_memory.json.

    Parameters
    ----------
    rows
        Sequences of the files that are predicted.
    read
        Rows of the files that are only read; 10 million take some minutes and 100 MB of disk.
    out
        Folder for the table.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = [_measured(folder, "predict", count) for count in rows]
        found += [_measured(folder, form, count) for form in FORMS for count in read]
    content = {"rows": found, "environment": environment("cpu", 1)}
    write_whole(out / "predict_memory.json", json.dumps(content, indent=1) + "\n")
    write_whole(out / "README.md", table(found))


def _measured(folder: Path, what: str, count: int) -> dict[str, Any]:
    """Peak in bytes and seconds of one process that predicts or reads a file of so many rows."""
    form = "series" if what == "predict" else what
    run = folder / form
    if not run.exists():
        write_rows(folder / f"{form}.csv", form, 300)
        _child("train", run, folder / f"{form}.csv", form)
    path = folder / "new.csv"
    write_rows(path, form, count)
    found = json.loads(_child("predict" if what == "predict" else "read", run, path, folder / "answers.csv"))
    if found["count"] != (count // 10 if what == "long" else count):
        raise InputError(f"of {count:,} rows {found['count']:,} sequences came out")
    return {"what": what, "rows": count, "bytes_of_file": path.stat().st_size, **found}


def write_rows(path: Path, form: str, count: int) -> None:
    """A CSV file of small values: one sequence of 20 steps in a row (`series`), of 2 (`wide`), or of ten rows."""
    with path.open("w") as file:
        steps = ",".join(f"v{step}" for step in range(STEPS if form == "series" else 2))
        file.write("id,v,label\n" if form == "long" else f"{steps},label\n")
        lines = _lines(form)
        while block := list(islice(lines, min(count, 10_000))):
            file.write("".join(block))
            count -= len(block)


def _lines(form: str) -> Iterator[str]:
    generator, row = np.random.default_rng(0), 0
    columns = {"series": STEPS, "wide": 2, "long": 1}[form]
    while True:
        for values in generator.integers(-9, 10, (1000, columns)).tolist():
            cells = ",".join(map(str, values))
            number = row // 10
            yield f"{number},{cells},{'ab'[number % 2]}\n" if form == "long" else f"{cells},{'ab'[row % 2]}\n"
            row += 1


def table(rows: list[dict[str, Any]]) -> str:
    """A line for each file."""
    lines = [
        "# Most memory of predictions",
        "",
        "Made by `python -m benchmarks.predict_memory`: the most resident memory of a process, libraries included. "
        f"`predict` answers for sequences of {STEPS} steps with the embedded backbone and writes a CSV file; `wide` "
        "and `long` only read a file of two steps in a row, and one of ten rows for each sequence.",
        "",
        "| what | rows | file, MB | peak, MB | seconds |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        size, peak = row["bytes_of_file"] / 1e6, row["peak"] / 1e6
        lines.append(f"| {row['what']} | {row['rows']:,} | {size:,.1f} | {peak:,.0f} | {row['seconds']:,.1f} |")
    return "\n".join([*lines, ""])


def _child(*arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.predict_memory", *map(str, arguments)], capture_output=True, text=True
    )
    if done.returncode:
        raise InputError((done.stderr.strip().splitlines() or ["a process ended without a word"])[-1])
    return done.stdout.splitlines()[-1] if done.stdout else ""


def _train(run: Path, path: Path, form: str) -> None:
    import frostformer as ff

    data = DataFile(path=str(path), target="label", id="id" if form == "long" else None)
    ff.run(ff.RunConfig(task="rows", data=data, steps=2, evaluate_every=2, device="cpu"), run)


def _predict(run: Path, path: Path, out: Path) -> int:
    from frostformer.deploy.answer_files import write_answers
    from frostformer.deploy.predict import Predictor

    found = Predictor(run, device="cpu").file(path)
    write_answers(out, found.blocks())
    return found.remarks.answers


def _read(schema: Schema, path: Path) -> int:
    from frostformer.data.files.reading import stream

    return sum(1 for _ in stream(path, schema))


def _main(what: str, run: str, path: str, last: str) -> None:
    if what == "train":
        _train(Path(run), Path(path), last)
        return
    _, _, adapter = read_adapter(Path(run))
    assert adapter.schema is not None
    started = time.perf_counter()
    reads = what == "read"
    count = _read(adapter.schema, Path(path)) if reads else _predict(Path(run), Path(path), Path(last))
    found = {"count": count, "peak": resident_peak(), "seconds": time.perf_counter() - started}
    print(json.dumps(found))


if __name__ == "__main__":
    try:
        if sys.argv[1:2] and sys.argv[1] in ("train", "predict", "read"):
            _main(*sys.argv[1:])
        else:
            app()
    except InputError as error:
        sys.exit(f"predict_memory: {error}")
