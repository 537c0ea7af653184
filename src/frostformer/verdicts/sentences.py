"""What a verdict says, in sentences that claim no more than its error rates allow."""

from __future__ import annotations

from collections.abc import Iterator

from frostformer.results.metrics import METRICS
from frostformer.results.verdict import USE, ArmFound, Compared, Verdict
from frostformer.verdicts.arms import PRETRAINED, RANDOM, STATISTICS
from frostformer.verdicts.baselines import TRIVIAL
from frostformer.verdicts.rule import in_points

_HIDDEN_FAILURES = 0.05
_NOTABLE_R2 = 0.05


def sentences(verdict: Verdict) -> Iterator[str]:
    """The whole answer: both questions first, then how sure it is, then what may turn it."""
    arms = verdict.by_name
    yield _first(verdict)
    if PRETRAINED in arms:
        yield f"{USE} {_usable(verdict)}"
        believed = not verdict.cannot_tell  # what intervals say
        if believed:
            yield from _no_skill(verdict)
        yield _how_sure(verdict, arms)
        if believed:
            yield from _scale(arms[RANDOM], arms.get(STATISTICS))
        yield from _doubts(verdict, arms)
    said = verdict.cannot_tell[:1] if RANDOM in arms else ()  # in the first sentence
    yield from (f"{one[0].upper()}{one[1:]}." for one in verdict.cannot_tell if one not in said)
    yield _readings(verdict)


def _first(verdict: Verdict) -> str:
    """The first question and its answer, with the budget."""
    head = {"helps": "It helps", "does not help": "It does not help", "cannot tell": "Cannot tell"}[verdict.answer]
    if verdict.hurts:
        head = "It does not help, it hurts"
    elif verdict.answer == "does not help" and (rival := verdict.by_name[RANDOM].against) and rival.low > 0:
        head = "It does not help enough: it is better, but by less than the margin"
    labels = "" if verdict.labels is None else f" with {verdict.labels:,} labelled sequences"
    head = f"Does pretraining help{labels}? {head} under this budget ({_budget(verdict)})"
    found = verdict.by_name.get(RANDOM)
    if found is None or found.against is None:
        return f"{head}: too little was trained for an answer."
    if verdict.cannot_tell:
        return f"{head}, whatever the scores are: {verdict.cannot_tell[0]}."
    one = found.against
    chosen = f"at a learning rate of {found.chosen[0]}"
    if verdict.rates > 1:
        chosen = f"with the learning rate that was best of {verdict.rates} on validation after {verdict.steps // 3:,}"
    return (
        f"{head}. Trained for {verdict.steps:,} steps, {chosen}, the frozen "
        f"transformer {_gets(verdict, one.difference)} with pretrained weights than with random ones treated the same "
        f"way ({_interval(verdict, one)}; {verdict.replicates} replicates each, {verdict.tested:,} test sequences)."
    )


def _budget(verdict: Verdict) -> str:
    return f"{verdict.budget} trainings" if verdict.budget.strip().isdecimal() else verdict.budget


def _gets(verdict: Verdict, value: float) -> str:
    """Such as `gets 8.9 points more of the test right`."""
    if not verdict.is_share:
        return f"has a mean absolute error {size(verdict, abs(value))} {'lower' if value >= 0 else 'higher'}"
    what = "balanced accuracy" if verdict.metric == "balanced_accuracy" else "of the test right"
    return f"gets {size(verdict, abs(value))} {'more' if value >= 0 else 'less'} {what}"


def _interval(verdict: Verdict, one: Compared) -> str:
    level = 100 * (1 - 2 * one.alpha)
    return f"{level:.4g} % interval {_number(verdict, one.low)} to {_number(verdict, one.high)}"


def _how_sure(verdict: Verdict, arms: dict[str, ArmFound]) -> str:
    pretrained, random = arms[PRETRAINED], arms[RANDOM]
    assert random.against is not None
    won, pairs = random.against.wins
    said = [
        f"Ranges over the replicates: {_range(verdict, pretrained)} with pretrained weights, {_range(verdict, random)} "
        f"with random ones; comparing every pretrained replicate with every random one, the pretrained one is better "
        f"in {won} of {pairs} pairs.",
        *([] if verdict.cannot_tell else _findable(verdict, random.against.margin)),
        f"A gain counts from {size(verdict, random.against.margin)} on ({verdict.margin_by}).",
    ]
    return " ".join(said)


def _findable(verdict: Verdict, margin: float) -> Iterator[str]:
    """How large a gain could be found."""
    if verdict.smallest is not None and verdict.is_share and verdict.smallest >= 1:
        if verdict.answer != "helps":
            yield "So few sequences are tested, or the replicates differ so much, that hardly any gain could show."
    elif verdict.smallest is not None:
        yield f"A gain of {size(verdict, verdict.smallest)} would have been found in 4 of 5 cases."
    if verdict.needed is not None and verdict.answer == "cannot tell":
        gain = "2 points" if verdict.is_share else f"{size(verdict, 2 * margin)}"
        yield f"To find a gain of {gain} takes about {verdict.needed:,} test sequences."


def _no_skill(verdict: Verdict) -> Iterator[str]:
    """Whether both arms may have learned nothing, so that their comparison says little."""
    trivial = next((arm for arm in verdict.arms if arm.name in TRIVIAL.values()), None)
    if trivial is not None and trivial.against is not None and trivial.against.low <= 0:
        what = "the commonest answer" if verdict.is_share else "the mean of the training answers"
        yield f"The pretrained transformer itself is not surely better than always giving {what}."


def _scale(random: ArmFound, statistics: ArmFound | None) -> Iterator[str]:
    """Whether what was learned matters, or only how large the weights are."""
    if statistics is None or statistics.against is None:
        yield "Weights drawn with the same mean and spread were not compared: too little of them was trained."
    elif statistics.against.high < 0:
        yield "Weights drawn with the same mean and spread are even better than the pretrained ones."
    elif statistics.against.low <= 0:
        gains = random.against is not None and random.against.low > 0
        why = ": the gain may come from their scale, not from what was learned" if gains else ""
        yield f"Weights drawn with the same mean and spread could not be told from the pretrained ones{why}."


def _usable(verdict: Verdict) -> str:
    """The second answer: whether it is better than every simple model."""
    rivals = [arm for arm in verdict.arms if arm.kind == "baseline" and arm.against]
    if not rivals:
        return "Cannot tell: no simple model fitted into the budget."
    best = verdict.best_baseline if verdict.use != "cannot tell" else verdict.unbeaten or verdict.best_baseline
    if best is None or best.against is None:
        return "Cannot tell: the best simple model has too few replicates."
    one = best.against
    side = "better" if one.difference >= 0 else "worse"
    about = f"{size(verdict, abs(one.difference))} {side} than {best.name} ({_interval(verdict, one)})"
    if verdict.use == "helps":
        return (
            f"It helps: it is better than each of {len(rivals)} simple models, and {about}, on validation their best."
        )
    if verdict.use == "does not help":
        counts = "" if one.high < 0 else f"; a gain over that counts from {size(verdict, one.margin)} on"
        return f"It does not help: it is {about}{counts}."
    if verdict.cannot_tell:
        return f"Cannot tell, whatever the scores are: {verdict.cannot_tell[0]}."
    if one.low > 0:
        return f"Cannot tell: it is {about}, but not every simple model was compared."
    return f"Cannot tell whether it is better than every simple model: it is {about}."


def up_to(verdicts: list[Verdict]) -> str:
    """From how many labelled sequences on the answer changes, of the answers with more and more of them."""
    helped = None
    for one in verdicts:
        if one.answer != "helps":
            break
        helped = one
    each = "By number of labelled sequences: " + "; ".join(f"{one.labels:,}: {one.answer}" for one in verdicts)
    if helped is None:
        return f"{each}. With the fewest of them it is not shown to help."
    return f"{each}. It helps up to {helped.labels:,} labels, and at each smaller number asked."


def _doubts(verdict: Verdict, arms: dict[str, ArmFound]) -> Iterator[str]:
    """What may turn the answer: arms that still learn, runs that diverged or were rescued, failures that are rare."""
    pretrained, random = arms[PRETRAINED], arms[RANDOM]
    gains = [arm.gain for arm in (pretrained, random)]
    assert random.against is not None
    notable = random.against.margin if verdict.is_share else _NOTABLE_R2
    if gains[0] is not None and gains[1] is not None and abs(gains[0] - gains[1]) > notable:
        more, less = (random, pretrained) if gains[1] > gains[0] else (pretrained, random)
        leader = pretrained if random.against.difference >= 0 else random
        yield (
            f"In its last {verdict.steps // 3:,} steps the {more.name} arm changed by {_gain(verdict, more.gain)} on "
            f"validation, the {less.name} one by {_gain(verdict, less.gain)}: with more steps the difference may "
            f"{'grow' if more is leader else 'shrink or turn'}."
        )
    if verdict.untrained:
        yield (
            f"{100 * verdict.untrained:.1f} % of the tested sequences are of classes that no training sequence has; "
            "they count as wrong for every arm."
        )
    for arm in (pretrained, random):
        trainings = len(arm.chosen)
        if arm.diverged:
            yield f"Training diverged in {arm.diverged} of {trainings} trainings of the {arm.name} arm; they count."
        if arm.rescued:
            yield (
                f"In {arm.rescued} of {trainings} trainings of the {arm.name} arm the chosen rate got worse later, so "
                "the second-best rate was trained to the end, too."
            )
    runs = verdict.replicates * verdict.folds
    rare = 1 - _HIDDEN_FAILURES ** (1 / runs)
    yield (
        f"Each arm was trained only {runs} times, so a failure that happens in up to {100 * rare:.0f} % of trainings "
        "may have gone unseen."
    )


def _readings(verdict: Verdict) -> str:
    if not verdict.arms:
        return "The test sequences were not read."
    if verdict.reading == 1:
        return "This was the first reading of the test sequences."
    return (
        f"This was reading number {verdict.reading} of these test sequences; each further reading is allowed a third "
        "of the error rate of the one before."
    )


def size(verdict: Verdict, value: float) -> str:
    """Such as `8.9 points`, or a number in the unit of the targets."""
    return in_points(value, is_share=verdict.is_share)


def _number(verdict: Verdict, value: float) -> str:
    return f"{100 * value:z.1f}" if verdict.is_share else METRICS["mae"].text(value)


def _gain(verdict: Verdict, value: float | None) -> str:
    """Such as `+6.1 points`, of the metric that chooses."""
    value = value or 0.0
    return f"{100 * value:+z.1f} points" if METRICS[verdict.chosen_by].is_percent else f"{value:+z.3f}"


def _range(verdict: Verdict, arm: ArmFound) -> str:
    low, high = min(arm.scores), max(arm.scores)
    if verdict.is_share:
        return METRICS["accuracy"].range_text([low, high])
    return METRICS["mae"].range_text([-high, -low])
