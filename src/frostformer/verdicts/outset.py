"""The outset of one comparison: speed, replicates, steps and baselines are fixed and written down, and told."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from frostformer.config import RunConfig
from frostformer.models.build import build_model
from frostformer.report.making import duration
from frostformer.results.metrics import METRICS
from frostformer.runs.makers import HERE, Makers
from frostformer.runs.rates import rates_to_try
from frostformer.training.devices import Place
from frostformer.verdicts import baselines as simple
from frostformer.verdicts.arms import PRETRAINED, VERDICT_ARMS, Arm, arms_of
from frostformer.verdicts.baselines import FEWEST_TO_CHOOSE
from frostformer.verdicts.budget import Budget
from frostformer.verdicts.clock import Clock
from frostformer.verdicts.collecting import margin_in_words
from frostformer.verdicts.comparison import Comparison, Tell
from frostformer.verdicts.plan import Plan, check_same, read_plan
from frostformer.verdicts.rule import alpha_of_reading, in_points
from frostformer.verdicts.sizing import OF_BASELINES, OF_THE_VERDICT, size
from frostformer.verdicts.smallest import smallest_by_assumption, units_of
from frostformer.verdicts.speed import measure
from frostformer.verdicts.store import Store, digest_of, readings_in
from frostformer.verdicts.training import rates_for, rows_seen
from frostformer.verdicts.trial import Trial

_LEAST_FOR_BASELINES = 3.0  # seconds of a replicate, where trainings take next to nothing


@dataclass(frozen=True)
class Terms:
    """What is asked, the same for every comparison of a verdict."""

    config: RunConfig
    """What all arms share, with the backbone in question; nothing in it is `auto`."""

    place: Place
    budget: Budget
    """Of one comparison."""

    steps: int | None
    margin: float | None
    seed: int
    sizes: tuple[int, ...]
    """Numbers of labels, one for each comparison; empty where all are used."""

    command: str
    tell: Tell
    labels: int | None = None
    ledger: Path | None = None
    """Where readings of the test are counted, if not in the folder of the comparison."""

    arms: dict[str, Arm] | None = None
    """In place of the usual ones; it must have the three that always run."""

    makers: Makers = HERE
    """Who trains."""

    def asked(self, trial: Trial) -> dict[str, Any]:
        """What a plan must agree with to be gone on with."""
        return {
            "task": trial.task.name,
            "fingerprints": tuple(fold.fingerprint for fold in trial.folds),
            "backbone": self.config.backbone,
            "layers": self.config.layers,
            "precision": self.config.backbone_precision,
            "batch_size": self.config.batch_size,
            "margin": self.margin,
            "seed": self.seed,
            "labels": self.labels,
            "sizes": self.sizes,
            "most_steps": self.steps,
            "budget": self.budget.text,
        }

    def check(self, folder: Path, trial: Trial) -> None:
        """Refuse a folder whose verdict was asked something else."""
        if (before := read_plan(folder)) is not None:
            check_same(folder, before, self.asked(trial))


def comparison_of(terms: Terms, trial: Trial, folder: Path, *, anew: bool) -> Comparison:
    """The comparison in a folder, to be gone on with, or planned; nothing is written yet.

    Args:
        terms: what is asked.
        trial: what the arms are tried on.
        folder: of the comparison.
        anew: plan it, whatever is in the folder.
    """
    clock, chosen, ledger = Clock(terms.budget), _baselines(trial), terms.ledger or folder
    if terms.labels is not None:
        terms.tell(f"with {terms.labels:,} labelled sequences:")
    plan = None if anew else read_plan(folder)
    is_new = plan is None
    if plan is None:
        with clock.running():
            plan, chosen = _planned(terms, trial, len(readings_in(ledger)) + 1, clock, chosen)
    store = Store(folder, ledger, digest_of([plan.fields]))
    if not is_new:
        seconds, steps = store.spent()
        clock = Clock(terms.budget, (seconds, steps / plan.steps))
    by_name = {one.name: one for one in chosen}
    kept = tuple(by_name[name] for name in plan.baselines)
    _tell(terms, trial, plan)
    shared, tell = _shared(terms), terms.tell
    return Comparison(trial, plan, store, shared, terms.place, clock, kept, tell, terms.makers)


def _planned(
    terms: Terms, trial: Trial, reading: int, clock: Clock, usual: tuple[simple.Baseline, ...]
) -> tuple[Plan, tuple[simple.Baseline, ...]]:
    """Measure, and fix everything that could be chosen; `reading` is the number of the reading of the test."""
    task, folds = trial.task, len(trial.folds)
    model = build_model(terms.config, task.shape)[0]  # for its width; the first build loads libraries, too
    arms = terms.arms or arms_of(terms.config.backbone, terms.config.layers, model.backbone.width)
    rates = {name: rates_to_try(replace(terms.config, **arm.fields)) for name, arm in arms.items()}
    terms.tell("measuring how fast a training is ...")
    speed = measure(replace(terms.config, weights="pretrained"), task, terms.place)
    counts = [len(rates_for(rates[name], task)) for name in VERDICT_ARMS]
    left = terms.budget
    if left.seconds is not None:
        left = replace(left, seconds=max(1e-3, clock.left()))
    comparisons = len(terms.sizes) or 1
    fitting = size(left, speed, folds, counts, terms.steps, comparisons)
    each = speed.training(fitting.steps, fitting.evaluations, max(counts))
    seconds = max(_LEAST_FOR_BASELINES, OF_BASELINES / OF_THE_VERDICT * len(VERDICT_ARMS) * each)
    kept, left_out = _fitting(usual, trial, replace(terms.config, steps=fitting.steps), seconds)
    alpha = alpha_of_reading(reading, fitting.replicates, comparisons, folds)
    plan = Plan(
        **terms.asked(trial),
        command=terms.command,
        metric=task.scoring.chosen_by,
        arms={name: dict(arm.fields) for name, arm in arms.items()},
        rates=rates,
        baselines=tuple(one.name for one in kept),
        left_out=left_out,
        **asdict(fitting),
        margin_by=margin_in_words(terms.margin, task.scoring.kind != "regression"),
        alpha=alpha,
        reading=reading,
        smallest=smallest_by_assumption(trial, fitting.replicates, alpha),
        seconds_of_a_training=each,
    )
    return plan, kept


def _baselines(trial: Trial) -> tuple[simple.Baseline, ...]:
    return simple.baselines_for(
        trial.task, lengths_tell="length" in trial.tells, missing_tells="missing" in trial.tells
    )


def _fitting(
    usual: tuple[simple.Baseline, ...], trial: Trial, config: RunConfig, seconds: float
) -> tuple[tuple[simple.Baseline, ...], tuple[str, ...]]:
    """The baselines that fit into so many seconds of each replicate and fold, and what is said of the others."""
    kept: list[simple.Baseline] = []
    left_out = (
        [] if len(usual) > 1 else ["logistic regression, boosting and neighbours: a sequence has too many answers"]
    )
    spent = 0.0
    for one in usual:
        takes = simple.seconds_of_fit(one, trial.task, config.seed, rows_seen(config, trial.task))
        if spent + takes <= seconds or not kept:
            kept.append(one)
            spent += takes
        else:
            left_out.append(f"{one.name}: it would take about {duration(takes)} in each replicate")
    return tuple(kept), tuple(left_out)


def _shared(terms: Terms) -> RunConfig:
    """What all arms share: what makes an arm is left to the arm."""
    usual = RunConfig()
    return replace(
        terms.config,
        backbone=usual.backbone,
        weights=usual.weights,
        layers=None,
        width=None,
        trainable=usual.trainable,
    )


def _tell(terms: Terms, trial: Trial, plan: Plan) -> None:
    """What is going to be done, and what can come of it, before anything is trained."""
    tell, folds = terms.tell, len(trial.folds)
    tested = len(trial.fold_of)
    how = f"each in one of {folds} parts" if folds > 1 else "in one part"
    rows = "endless sequences" if trial.trained_on is None else f"{trial.trained_on:,} sequences"
    tell(f"{tested:,} sequences are tested, {how}; a training has {rows}")
    parts = f" x {folds} parts" if folds > 1 else ""
    trainings = len(VERDICT_ARMS) * plan.replicates * folds
    tell(
        f"{len(VERDICT_ARMS)} arms x {plan.replicates} replicates{parts} = {trainings} trainings of {plan.steps:,} "
        f"steps, about {duration(plan.seconds_of_a_training)} each; score: {METRICS[_shown(trial)].label}"
    )
    if len(rates_for(plan.rates[PRETRAINED], trial.task)) > 1:
        tell(f"each chooses among {len(plan.rates[PRETRAINED])} learning rates, on validation")
    else:
        tell(f"each has one learning rate: there are fewer than {FEWEST_TO_CHOOSE} validation sequences to choose one")
    tell(f"a gain counts as help from this margin on: {_margin(trial, plan)}")
    for sentence in plan.left_out:
        tell(f"left out: {sentence}")
    for sentence in trial.cannot_tell:
        tell(f"the answer will be “cannot tell”, whatever the scores are: {sentence}")
    if trial.cannot_tell:
        tell("Ctrl-C stops here, before anything is trained and the test is read")
    if plan.smallest is None:
        return
    units = f"{units_of(trial):,} tested {'sequences' if trial.units is None else 'groups'}"
    most = trial.largest_gain
    if most is not None and plan.smallest > most:
        tell(
            f"{units} are too few: even a model with every answer right, {100 * most:.1f} points above always giving "
            "the commonest one, could hardly be shown to be better; give more of them"
        )
        return
    text = in_points(plan.smallest, is_share=most is not None)
    tell(f"the smallest gain that is likely to be found with these {units}: about {text}")


def _margin(trial: Trial, plan: Plan) -> str:
    """How large it is, or where it comes from."""
    if plan.margin is None:
        return plan.margin_by
    return f"{in_points(plan.margin, is_share=trial.task.scoring.kind != 'regression')}, {plan.margin_by}"


def _shown(trial: Trial) -> str:
    if trial.task.scoring.kind == "regression":
        return "mae"
    return "balanced_accuracy" if trial.is_balanced else "accuracy"
