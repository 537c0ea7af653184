"""The arrays that a run which has ended writes beside its result: test scores and attention maps."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from frostformer.files import write_whole
from frostformer.results.attention import ATTENTION_NAME
from frostformer.results.scores import SCORES_NAME
from frostformer.runs.folder import staged
from frostformer.tasks.scoring.scoring import compact
from frostformer.tasks.shape import TaskShape
from frostformer.training.evaluation import Evaluation


def stage_scores(out: Path, test: Evaluation, shape: TaskShape) -> None:
    """Row, score and answer of every test sequence, in the split's order, as an .npz file without objects.

    `row` (N,) int64; `score` (N,) float64, see `Scoring.scores`; `answer` (N,), or (N, G), (N, R) or (N, R, G) where a
    sequence has several predictions.
    """
    content = io.BytesIO()
    np.savez(
        content,
        row=np.arange(len(test.split), dtype=np.int64),
        score=test.scores,
        answer=compact(test.answers, shape),
    )
    write_whole(staged(out, SCORES_NAME), content.getvalue())


def stage_attention(out: Path, content: bytes | None) -> None:
    """The attention maps; of a run without any an empty file, if an older run's maps are there, which must go."""
    if content is not None or (out / ATTENTION_NAME).exists():
        write_whole(staged(out, ATTENTION_NAME), content or b"")
