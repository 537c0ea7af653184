"""What lies in the folder of a verdict for one arm, as far as its replicates are complete. Nothing is scored here.

k replicates, n tested sequences, R read positions, G predictions, V validation sequences.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import mean

import numpy as np

from frostformer.verdicts.store import Store, Stored, place_of

POINT = 0.01
_OF_ERROR, _OF_MAE = 0.25, 0.05  # of the rival's validation error


@dataclass(frozen=True)
class Collected:
    """One arm."""

    name: str
    stored: tuple[Stored, ...]
    """Of all trainings, replicate by replicate."""

    answers: tuple[np.ndarray, ...]
    """(k times) (n, R, G), of all folds."""

    validation: tuple[tuple[np.ndarray, ...], ...]
    """(k times) the scores (V,) of each fold's validation."""

    @property
    def replicates(self) -> int:
        """Complete replicates."""
        return len(self.answers)

    @property
    def score(self) -> float | None:
        """Mean of the validation scores that chose; None where one was not finite."""
        scores = [one.score for one in self.stored if one.score is not None]
        return mean(scores) if scores and len(scores) == len(self.stored) else None

    @property
    def validation_mean(self) -> float:
        """Mean score of a validation sequence."""
        return mean(float(own.mean()) for row in self.validation for own in row)


def collect(store: Store, name: str, replicates: int, folds: int) -> Collected:
    """The arm's complete replicates, from the first on."""
    stored: list[Stored] = []
    answers, validation = [], []
    for replicate, found in enumerate(_complete(store, name, replicates, folds)):
        stored += found
        arrays = [store.arrays(place_of(replicate, fold), name) for fold in range(folds)]
        answers.append(np.concatenate([own for own, _ in arrays]))
        validation.append(tuple(own for _, own in arrays))
    return Collected(name, tuple(stored), tuple(answers), tuple(validation))


def _complete(store: Store, name: str, replicates: int, folds: int) -> list[list[Stored]]:
    """What is kept of each complete replicate of an arm, fold by fold, from the first replicate on."""
    complete = []
    for replicate in range(replicates):
        found = [store.find(place_of(replicate, fold), name) for fold in range(folds)]
        kept = [one for one in found if one is not None]
        if len(kept) < folds:
            break
        complete.append(kept)
    return complete


def margin_against(rival: Collected, given: float | None, is_share: bool) -> float:
    """The gain below which nothing counts as help; it follows from validation alone.

    A point, or a quarter of the rival's validation error if that is less; of numbers, a twentieth of its mean absolute
    error. A point is the customary region of equivalence of classifiers (Benavoli et al. 2017).
    """
    if given is not None:
        return given
    if not is_share:
        return _OF_MAE * -rival.validation_mean
    score = rival.score if rival.score is not None else rival.validation_mean
    return min(POINT, _OF_ERROR * max(0.0, 1 - score)) or POINT * _OF_ERROR


def margin_in_words(given: float | None, is_share: bool) -> str:
    """Where the margin comes from."""
    if given is not None:
        return "given by the user"
    if is_share:
        return "one point, or a quarter of the rival's validation error if that is less"
    return "a twentieth of the rival's mean absolute error on validation"
