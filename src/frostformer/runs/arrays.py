"""The arrays that a run which has ended writes beside its result: test scores and attention maps."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from frostformer.data.sequences import Sequences
from frostformer.files import write_whole
from frostformer.results.attention import ATTENTION_NAME
from frostformer.results.scores import SCORES_NAME
from frostformer.runs.folder import staged
from frostformer.tasks.scoring.scoring import compact
from frostformer.tasks.task import SPLITS, Task
from frostformer.training.evaluation import Evaluation


def stage_scores(out: Path, test: Evaluation, task: Task) -> None:
    """Row, score and answer of every test sequence, in the split's order, as a packed .npz file without objects.

    `row` (N,) int64; `score` (N,) float64, see `Scoring.scores`; `answer` (N,), or (N, G), (N, R) or (N, R, G) where a
    sequence has several predictions. Where the task is a user's file, `train`, `validation` and `test` are the ids of
    the sequences in each part, as predictions have them; of windows also `test first row` and so on.
    """
    arrays = {
        "row": np.arange(len(test.split), dtype=np.int64),
        "score": test.scores,
        "answer": compact(test.answers, task.shape),
    }
    if task.names is not None and isinstance(task.train, Sequences):
        ends = np.cumsum([len(task.train), len(task.validation)])
        for key, names in task.names.items():
            parts = SPLITS if key == "id" else [f"{part} {key}" for part in SPLITS]
            arrays |= dict(zip(parts, np.split(names, ends), strict=True))
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)  # type: ignore[arg-type]
    write_whole(staged(out, SCORES_NAME), content.getvalue())


def stage_attention(out: Path, content: bytes | None) -> None:
    """The attention maps; of a run without any an empty file, if an older run's maps are there, which must go."""
    if content is not None or (out / ATTENTION_NAME).exists():
        write_whole(staged(out, ATTENTION_NAME), content or b"")
