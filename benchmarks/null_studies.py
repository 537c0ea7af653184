"""Forty whole verdicts on arms that are equal, fixed beforehand: how often does one say *helps*?

In half of them the labels are shuffled, so that nothing can be learned; in the other half the two arms are copies of
one, with other seeds. A rule at exactly 2.5 % says *helps* in more than 3 of 40 in 2 % of cases.

    python -m benchmarks.null_studies results/verdicts/null_studies.json

Each study is kept when it has ended, and none is drawn again; the same command goes on.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from frostformer.data.sequences import Sequences, joined
from frostformer.files import write_whole
from frostformer.results.verdict import Verdict
from frostformer.tasks.registry import build_task
from frostformer.tasks.task import Task
from frostformer.verdicts.arms import PRETRAINED, RANDOM, VERDICT_ARMS, Arm, arms_of
from frostformer.verdicts.asked import Asked
from frostformer.verdicts.trial import trial_of_task
from frostformer.verdicts.verdict import answer

STUDIES = 40
ASKED = Asked(budget="25", steps=54, layers=2)
_LABELLED, _TESTED, _CLASSES = 300, 300, 4


def task_of(study: int, *, shuffled: bool) -> Task:
    """Digits 0 to 3 in even studies, noisy waves of four frequencies in odd ones; other sequences in each."""
    generator = np.random.default_rng([2021, study])
    pool = _digits(generator) if study % 2 == 0 else _waves(generator)
    if shuffled:
        pool = replace(pool, targets=generator.permutation(pool.targets))
    names = ("train", "validation", "test")
    ends = (0, _LABELLED * 4 // 5, _LABELLED, _LABELLED + _TESTED)
    parts = {name: pool[start:end] for name, start, end in zip(names, ends, ends[1:], strict=False)}
    given: dict[str, Any] = {name: (part.inputs, part.targets[:, 0, 0]) for name, part in parts.items()}
    return Task.from_arrays(name=f"study {study}", **given)


def _digits(generator: np.random.Generator) -> Sequences:
    task = build_task("digits")
    assert isinstance(task.train, Sequences)
    every = joined(joined(task.train, task.validation), task.test)
    rows = (every.targets[:, 0, 0] < _CLASSES).nonzero()[0]
    return every[generator.permutation(rows)[: _LABELLED + _TESTED]]


def _waves(generator: np.random.Generator) -> Sequences:
    count, time = _LABELLED + _TESTED, np.arange(24)
    labels = generator.integers(0, _CLASSES, count)
    phase = generator.uniform(0, 6.3, (count, 1))
    waves = np.sin(time * (0.3 + 0.15 * labels[:, None]) + phase) + generator.normal(0, 0.8, (count, 24))
    return Sequences(waves[..., None].astype(np.float32), np.full(count, 24), labels[:, None, None])


def copies(width: int) -> dict[str, Arm]:
    """The usual arms, but the random one is the pretrained one again."""
    usual = arms_of(ASKED.backbone, ASKED.layers, width)
    kept = {name: usual[name] for name in VERDICT_ARMS}
    return kept | {RANDOM: replace(usual[PRETRAINED], name=RANDOM)}


def study(number: int, out: Path) -> Verdict:
    """One verdict."""
    shuffled = number < STUDIES // 2
    trial = trial_of_task(task_of(number, shuffled=shuffled))
    arms = None if shuffled else copies(256)
    return answer(trial, replace(ASKED, seed=number), out, arms=arms)


def row(number: int, verdict: Verdict) -> dict[str, Any]:
    """What is kept of it."""
    against = verdict.by_name[RANDOM].against
    assert against is not None
    return {
        "study": number,
        "kind": "shuffled labels" if number < STUDIES // 2 else "two copies of one arm",
        "answer": verdict.answer,
        "use": verdict.use,
        "hurts": verdict.hurts,
        "difference": against.difference,
        "low": against.low,
        "high": against.high,
        "scores": {arm.name: arm.scores for arm in verdict.arms},
        "seconds": round(verdict.seconds, 1),
    }


def write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write a JSON list with a line for each row, whole or not at all."""
    lines = ",\n".join(json.dumps(one) for one in rows)
    write_whole(path, f"[\n{lines}\n]\n")


def main(words: list[str]) -> None:
    """Make the studies that are missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    path = parser.parse_args(words).file
    found = json.loads(path.read_text()) if path.is_file() else []
    for number in range(len(found), STUDIES):
        with tempfile.TemporaryDirectory() as folder:
            found.append(row(number, study(number, Path(folder) / "verdict")))
        write_rows(path, found)
        last = found[-1]
        print(f"study {number + 1} of {STUDIES}, {last['kind']}: {last['answer']}, {last['seconds']} s", flush=True)
    helped = sum(one["answer"] == "helps" for one in found)
    print(f"{helped} of {len(found)} say that pretraining helps")


if __name__ == "__main__":
    main(sys.argv[1:])
