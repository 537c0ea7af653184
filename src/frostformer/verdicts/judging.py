"""Reads the test, once: scores what every training answered, and decides by the rule of `rule.py`.

k replicates, n tested sequences, R read positions, G predictions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from frostformer.results.interval import difference
from frostformer.results.verdict import ArmFound, Compared, Curve, Disputed, Verdict, Word
from frostformer.tasks.divisions import strata
from frostformer.verdicts.arms import ABOUT, PRETRAINED, RANDOM, VERDICT_ARMS
from frostformer.verdicts.collecting import Collected, collect, margin_against
from frostformer.verdicts.comparison import Comparison
from frostformer.verdicts.rule import against_all, alpha_of_reading, balanced_weights, decide, in_points, wins
from frostformer.verdicts.sentences import sentences
from frostformer.verdicts.smallest import needed_by_validation, smallest_by_validation, units_of
from frostformer.verdicts.training import rates_for

_FEWEST_TO_COMPARE = 2  # runs, sequences or units, of which a spread can be computed
_MOST_DISPUTED = 10  # each way


@dataclass(frozen=True)
class Settled:
    """What was trained for one comparison, with all that is settled before its test is read."""

    comparison: Comparison
    arms: dict[str, Collected]
    """By name, baselines among them."""

    margins: dict[str, float]
    """Of each rival of the pretrained arm."""

    alpha: float
    smallest: float | None
    """The smallest gain that is likely to be found."""

    @property
    def replicates(self) -> int:
        """That are complete in both arms of the verdict."""
        return min(self.arms[name].replicates for name in (PRETRAINED, RANDOM))

    @property
    def needed(self) -> int:
        """Replicates without which the test is not read; on several folds fewer, since every fold has its own."""
        return 3 if len(self.comparison.trial.folds) == 1 else 2

    @property
    def is_ready(self) -> bool:
        """Whether the test can be read."""
        return self.replicates >= self.needed


def settled(comparison: Comparison) -> Settled:
    """Fix the margins by validation, and write them down; no test score is computed here."""
    plan, folds, is_share = comparison.plan, len(comparison.trial.folds), comparison.is_share
    names = [*plan.arms, *(one.name for one in comparison.baselines)]
    arms = {name: collect(comparison.store, name, plan.replicates, folds) for name in names}
    ready = min(arms[name].replicates for name in (PRETRAINED, RANDOM))
    rivals = {name: arm for name, arm in arms.items() if name != PRETRAINED and arm.replicates and ready}
    margins = {name: margin_against(arm, plan.margin, is_share) for name, arm in rivals.items()}
    comparison.store.write_margins(margins)
    alpha = alpha_of_reading(plan.reading, max(ready, 1), len(plan.sizes) or 1, folds)
    smallest = smallest_by_validation(comparison, arms[PRETRAINED], arms[RANDOM], alpha)
    if smallest is not None and not (is_share and smallest >= 1):
        text = in_points(smallest, is_share=is_share)
        comparison.say(f"by the validation scores, a gain of about {text} is likely to be found")
    return Settled(comparison, arms, margins, alpha, smallest)


def judge(ended: Settled) -> Verdict:
    """Read the test for one comparison, which was trained as far as its budget allowed; `note_reading` comes before."""
    comparison, arms, margins = ended.comparison, ended.arms, ended.margins
    if not ended.is_ready:
        reason = f"only {ended.replicates} of the {ended.needed} replicates that are needed fitted into the budget"
        return _told(_verdict(comparison, [], ended.smallest, (*comparison.trial.cannot_tell, reason)))
    test = _Test(comparison)
    scores = {name: test.scores(arm) for name, arm in arms.items() if arm.replicates}
    against = {name: test.compare(scores[PRETRAINED], scores[name], margin) for name, margin in margins.items()}
    found = [_found(comparison, arms[name], test.means(scores[name]), against.get(name)) for name in scores]
    verdict = _verdict(comparison, found, ended.smallest, comparison.trial.cannot_tell)
    verdict = replace(verdict, needed=needed_by_validation(comparison, arms[PRETRAINED], arms[RANDOM], ended.alpha))
    if not verdict.cannot_tell:
        answer = against[RANDOM]
        assert answer is not None
        use = _use(comparison, arms, against)
        verdict = replace(verdict, answer=answer.word, hurts=answer.high < 0, use=use)
    return _told(replace(verdict, disputed=test.disputed(scores[PRETRAINED], scores[RANDOM])))


def _told(verdict: Verdict) -> Verdict:
    return replace(verdict, sentences=tuple(sentences(verdict)))


@dataclass(frozen=True)
class _Test:
    """The tested sequences with their targets."""

    comparison: Comparison

    @cached_property
    def _labels(self) -> np.ndarray | None:
        """(n,) classes, where each counts as much as any other."""
        trial = self.comparison.trial
        return strata(trial.targets) if trial.is_balanced else None

    @cached_property
    def _weights(self) -> np.ndarray:
        """(n,) of the tested sequences in a score, with sum 1."""
        trial, labels = self.comparison.trial, self._labels
        each = np.concatenate(
            [np.ones(len(fold.test)) if fold.test.weights is None else fold.test.weights for fold in trial.folds]
        )
        if labels is not None:
            each = each * balanced_weights(labels)
        found: np.ndarray = each / each.sum()
        return found

    def scores(self, arm: Collected) -> np.ndarray:
        """(k, n); numbers were standardised on the training rows of each division, which has a scoring of its own."""
        comparison = self.comparison
        trial, targets, is_share = comparison.trial, comparison.trial.targets, comparison.is_share
        found = np.empty((arm.replicates, len(targets)))
        for number, answers in enumerate(arm.answers):
            for fold, task in enumerate(trial.folds):
                own = trial.fold_of == fold
                scoring = task.scoring if is_share else comparison.divided(number, fold).scoring
                found[number, own] = scoring.scores(np.nan_to_num(answers[own]), targets[own])
        return found

    def means(self, scores: np.ndarray) -> tuple[float, ...]:
        """(k,) the score of each replicate."""
        return tuple((scores @ self._weights).tolist())

    def compare(self, one: np.ndarray, other: np.ndarray, margin: float) -> Compared | None:
        """The pretrained arm against another; None where one replicate says nothing of others."""
        runs = min(len(one), len(other))
        if runs < _FEWEST_TO_COMPARE or one.shape[1] < _FEWEST_TO_COMPARE:
            return None
        one, other = one[:runs], other[:runs]  # the replicates that both have
        trial, plan = self.comparison.trial, self.comparison.plan
        folds = len(trial.folds)
        found = difference(
            one,
            other,
            trial.trained_on,
            self.comparison.is_share,
            weights=self._weights,
            labels=self._labels,
            units=trial.units if units_of(trial) >= _FEWEST_TO_COMPARE else None,
            folds=trial.fold_of if folds > 1 else None,
        )
        alpha = alpha_of_reading(plan.reading, runs, len(plan.sizes) or 1, folds)
        decided = decide(found, margin, alpha)
        won = wins(one @ self._weights, other @ self._weights)
        word: Word = "cannot tell" if trial.cannot_tell else decided.word  # too few to believe an interval
        most = 1.0 if self.comparison.is_share else np.inf  # no two shares differ by more
        return Compared(word, decided.difference, max(decided.low, -most), min(decided.high, most), alpha, margin, won)

    def disputed(self, pretrained: np.ndarray, random: np.ndarray) -> tuple[Disputed, ...]:
        """The sequences on which the two arms differ most, either way."""
        names, means = self.comparison.trial.names, (pretrained.mean(0), random.mean(0))
        gap = means[0] - means[1]
        order = np.argsort(-gap, kind="stable")
        chosen = [*order[:_MOST_DISPUTED][gap[order[:_MOST_DISPUTED]] > 0]]
        chosen += [row for row in order[::-1][:_MOST_DISPUTED] if gap[row] < 0 and row not in chosen]
        ids = np.arange(1, len(gap) + 1).astype(str) if names is None else names
        return tuple(Disputed(str(ids[row]), float(means[0][row]), float(means[1][row])) for row in chosen)


def _use(comparison: Comparison, arms: Mapping[str, Collected], against: Mapping[str, Compared | None]) -> Word:
    """Whether the pretrained arm is better than every simple baseline."""
    decisions = {one.name: found for one in comparison.baselines if (found := against.get(one.name))}
    best = best_baseline(comparison, arms)
    if best is None or best not in decisions:
        return "cannot tell"  # there are too few replicates
    families = {one.model.family for one in comparison.baselines}
    those_that_matter = families >= {"linear", "boosting"}  # others of them may have been left out for want of time
    return against_all(decisions, best, are_all_there=those_that_matter and len(decisions) == len(comparison.baselines))


def best_baseline(comparison: Comparison, arms: Mapping[str, Collected]) -> str | None:
    """The simple baseline with the best validation score; None where none was fitted."""
    names = [one.name for one in comparison.baselines if arms[one.name].replicates]
    return max(names, key=lambda name: -np.inf if (score := arms[name].score) is None else score, default=None)


def _found(comparison: Comparison, arm: Collected, scores: tuple[float, ...], against: Compared | None) -> ArmFound:
    """What a verdict says of an arm."""
    baselines = {one.name: one for one in comparison.baselines}
    folds = len(comparison.trial.folds)
    gains = [one.gain for one in arm.stored if one.gain is not None]
    is_baseline = arm.name in baselines
    return ArmFound(
        name=arm.name,
        kind="baseline" if is_baseline else "verdict" if arm.name in VERDICT_ARMS else "beside",
        about="" if is_baseline else ABOUT.get(arm.name, ""),
        scores=scores,
        validation=arm.score,
        seconds=sum(one.seconds for one in arm.stored),
        chosen=tuple(one.chosen for one in arm.stored),
        rescued=sum(one.rescued for one in arm.stored),
        diverged=sum(one.diverged for one in arm.stored),
        gain=sum(gains) / len(gains) if gains else None,
        trained=arm.stored[0].trained,
        curves=tuple(Curve(number // folds, one.curve) for number, one in enumerate(arm.stored) if one.curve),
        against=against,
        code=baselines[arm.name].code(_most_common([one.chosen for one in arm.stored])) if is_baseline else "",
    )


def _most_common(texts: list[str]) -> str:
    return max(dict.fromkeys(texts), key=texts.count)


def _verdict(
    comparison: Comparison, found: list[ArmFound], smallest: float | None, cannot_tell: tuple[str, ...]
) -> Verdict:
    """All but the answers."""
    plan, trial = comparison.plan, comparison.trial
    ran = {arm.name for arm in found}
    spent = "no time was left" if comparison.clock.left() < float("inf") else "no training of the budget was left"
    late = [f"{name}: {comparison.skipped.get(name, spent)}" for name in plan.arms if found and name not in ran]
    return Verdict(
        answer="cannot tell",
        hurts=False,
        use="cannot tell",
        sentences=(),
        metric="balanced_accuracy" if trial.is_balanced else "accuracy" if comparison.is_share else "r2",
        chosen_by=plan.metric,
        is_share=comparison.is_share,
        task=plan.task,
        backbone=plan.backbone,
        arms=tuple(sorted(found, key=lambda arm: ("verdict", "baseline", "beside").index(arm.kind))),
        margin_by=plan.margin_by,
        replicates=min((len(arm.scores) for arm in found if arm.name in (PRETRAINED, RANDOM)), default=0),
        folds=len(trial.folds),
        steps=plan.steps,
        rates=len(rates_for(plan.rates[PRETRAINED], trial.task)),
        tested=len(trial.fold_of),
        trained_on=trial.trained_on,
        reading=plan.reading,
        smallest=smallest,
        budget=plan.budget,
        seconds=comparison.clock.seconds,
        seed=plan.seed,
        command=plan.command,
        traps=trial.traps,
        untrained=trial.untrained,
        cannot_tell=cannot_tell,
        left_out=(*plan.left_out, *late),
        labels=plan.labels,
    )
