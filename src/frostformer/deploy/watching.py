"""The bar that an estimator shows while it is fitted, if asked."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from frostformer.training.records import Record


class Bar:
    """Steps, and the score of the last evaluation, on stderr."""

    def __init__(self, steps: int, *, shown: bool) -> None:
        self._steps, self._shown = steps, shown
        self._bar: Any = None

    def __enter__(self) -> Self:
        if self._shown:
            from tqdm import tqdm

            self._bar = tqdm(total=self._steps, desc="fit", unit="step")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def watch(self, step: int, record: Record | None = None) -> None:
        """Move to a step, and show what an evaluation found."""
        if self._bar is None:
            return
        self._bar.update(step - self._bar.n)
        if record is not None:
            self._bar.set_postfix(loss=f"{record.train_loss:.4f}", score=f"{record.validation_score:.4f}")
