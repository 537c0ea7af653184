"""Runs that differ only by their seed, pooled: what the numbers say, and where they cannot tell. No torch here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import mean, stdev
from typing import Any

from frostformer.config import RunConfig
from frostformer.results.result import Result

_NOT_COMPARED = ("seed", "device")
_NAMED_BY_TASK = ("task", "task_options")
_NAMED_BY_ARM = (
    "backbone",
    "weights",
    "trainable",
    "layers",
    "width",
    "extend_positions",
    "lora_rank",
    "backbone_precision",
)
_MOST_NAMED = 4  # arms in a sentence; the tables have them all


@dataclass(frozen=True)
class Summary:
    """One arm on one task: runs that differ by nothing but their seed (and their device)."""

    task: str
    """As `task_label` gives it."""

    arm: str
    """As `arm_label` gives it, then the settings that other runs of this task have otherwise."""

    results: tuple[Result, ...]
    """One per seed, in order of the seeds."""

    repeats: int
    """Further results of the same seeds, left out: to count a seed twice would understate the spread."""

    @property
    def runs(self) -> int:
        """How many."""
        return len(self.results)

    @property
    def seeds(self) -> list[int]:
        """Each once, rising."""
        return [result.config["seed"] for result in self.results]

    @property
    def test_accuracies(self) -> list[float]:
        """In order of the seeds, 0 to 1."""
        return [result.metrics["test"]["accuracy"] for result in self.results]

    @property
    def mean(self) -> float:
        """Of the test accuracies."""
        return mean(self.test_accuracies)

    @property
    def deviation(self) -> float | None:
        """Sample standard deviation of the test accuracies; None for one run."""
        return _deviation(self.test_accuracies)

    @property
    def lowest(self) -> float:
        """Of the test accuracies."""
        return min(self.test_accuracies)

    @property
    def highest(self) -> float:
        """Of the test accuracies."""
        return max(self.test_accuracies)

    @property
    def accuracy_text(self) -> str:
        """Mean and deviation of the test accuracies, such as `97.3 ± 0.4 %`."""
        return f"{_mean_text([100 * accuracy for accuracy in self.test_accuracies], '.1f')} %"

    @property
    def marked_text(self) -> str | None:
        """The same of the predictions that the task marks, such as `hidden bits 61.2 ± 0.3 %`; None if none."""
        if self.results[0].task["marked"] is None:
            return None
        marked = [100 * result.metrics["test"]["marked_accuracy"] for result in self.results]
        return f"{self.results[0].task['marked']} {_mean_text(marked, '.1f')} %"

    @property
    def range_text(self) -> str:
        """Lowest and highest, such as `96.9 to 97.7 %`, or one number where both read the same."""
        ends = dict.fromkeys((f"{100 * self.lowest:.1f}", f"{100 * self.highest:.1f}"))
        return f"{' to '.join(ends)} %"

    def steps_to(self, level: str) -> list[int | None]:
        """By seed, the first evaluated step with a validation accuracy of `level`, such as "0.9"; None if never."""
        return [result.milestones.get(level) for result in self.results]

    def steps_text(self, level: str) -> str:
        """Mean and deviation of `steps_to`, never without the number of seeds that they are of."""
        reached = [step for step in self.steps_to(level) if step is not None]
        if not reached:
            return f"not reached (0 of {self.runs})"
        if len(reached) < self.runs:
            return f"reached by {len(reached)} of {self.runs} only: {_mean_text(reached, ',.0f')}"
        return f"{_mean_text(reached, ',.0f')} ({self.runs} of {self.runs})"

    def overlaps(self, other: Summary) -> bool:
        """Whether the ranges of the test accuracies have a value in common."""
        return self.lowest <= other.highest and other.lowest <= self.highest


def task_label(result: Result) -> str:
    """What was asked, such as `bit-xor, length 20, version 2`; scores of different labels do not compare."""
    options = [f"{name} {value}" for name, value in _options(result)]
    version = [f"version {result.task['version']}"] if result.task["version"] != 1 else []
    return ", ".join([result.task["name"], *options, *version])


def arm_label(result: Result) -> str:
    """One side of a comparison, such as `embedded, pretrained, frozen`."""
    config = _config(result)
    parts = [config["backbone"], config["weights"], config["trainable"]]
    for name, form in (("layers", "{} layers"), ("width", "width {}"), ("lora_rank", "LoRA of rank {}")):
        if config[name] is not None:
            parts.append(form.format(config[name]))
    if config["extend_positions"]:
        parts.append("positions extended")
    if config["backbone_precision"] != "fp32":
        parts.append(config["backbone_precision"])
    return ", ".join(parts)


def summarise(results: list[Result]) -> list[Summary]:
    """Pool the results that differ only by seed, sorted by task and then by first appearance of the arm."""
    groups: dict[tuple[str, str, frozenset[Any]], list[Result]] = {}
    for result in results:
        key = (task_label(result), arm_label(result), frozenset(_settings(result).items()))
        groups.setdefault(key, []).append(result)
    heads = [group[0] for group in groups.values()]
    arms = list(dict.fromkeys(map(arm_label, results)))
    summaries = []
    for (task, arm, _), group in sorted(groups.items(), key=lambda item: (item[0][0], arms.index(item[0][1]))):
        by_seed = {result.config["seed"]: result for result in reversed(group)}  # the first of a seed stays
        label = ", ".join([arm, *_differing(group[0], heads)])
        summaries.append(Summary(task, label, tuple(by_seed[s] for s in sorted(by_seed)), len(group) - len(by_seed)))
    return summaries


def short_labels(labels: list[str]) -> list[str]:
    """The labels without the parts that all of them share: `pretrained` and `random`."""
    parts = [label.split(", ") for label in labels]
    shared = set.intersection(*map(set, parts))
    return [
        ", ".join(part for part in own if part not in shared) or label for own, label in zip(parts, labels, strict=True)
    ]


def compare(summaries: list[Summary]) -> str:
    """In sentences, the test accuracies of one task's arms and whether their seeds can tell them apart."""
    names = dict(zip((s.arm for s in summaries), short_labels([s.arm for s in summaries]), strict=True))
    best, *others = sorted(summaries, key=lambda summary: -summary.mean)
    sentences = [f"Test accuracy: {listed([f'{names[s.arm]} {_numbers(s)}' for s in (best, *others)])}."]
    single = [names[s.arm] for s in others if 1 in (s.runs, best.runs)]
    overlapping = [names[s.arm] for s in others if names[s.arm] not in single and best.overlaps(s)]
    apart = [names[s.arm] for s in others if names[s.arm] not in (*single, *overlapping)]
    if not others:
        sentences.append("There is no other arm to compare it with.")
    if apart:
        sentences.append(f"Every seed of {names[best.arm]} scored above every seed of {listed(apart)}.")
    if overlapping:
        sentences.append(
            f"The seeds of {names[best.arm]} overlap in range with those of {listed(overlapping)}: "
            "which is better cannot be told from these runs."
        )
    if single:
        sentences.append(
            f"For {names[best.arm]} against {listed(single)} there is an arm with one seed only: "
            "a difference cannot be told from chance."
        )
    rule, level = max(summaries[0].results[0].task["trivial"].items(), key=lambda item: item[1], default=("", 0.0))
    if beaten := [names[s.arm] for s in summaries if s.mean <= level]:
        sentences.append(f"No better than the rule “{rule}” ({100 * level:.1f} %): {listed(beaten)}.")
    return " ".join(sentences)


def listed(names: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`, with commas in the names `a; b and c`, and no more than a sentence can bear."""
    if len(names) > _MOST_NAMED:
        names = [*names[: _MOST_NAMED - 1], f"{len(names) - _MOST_NAMED + 1} more"]
    comma = "; " if any("," in name for name in names) else ", "
    return " and ".join([comma.join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def _deviation(values: Sequence[float]) -> float | None:
    return stdev(values) if len(values) > 1 else None


def _mean_text(values: Sequence[float], form: str) -> str:
    deviation = _deviation(values)
    return f"{mean(values):{form}}" + ("" if deviation is None else f" ± {deviation:{form}}")


def _options(result: Result) -> list[tuple[str, str]]:
    """The task's options without the folder: where files lie does not change the question."""
    return sorted((name, value) for name, value in result.config["task_options"].items() if name != "folder")


def _numbers(summary: Summary) -> str:
    if summary.runs == 1:
        return f"{summary.accuracy_text} (one seed)"
    return f"{summary.accuracy_text} ({summary.runs} seeds, {summary.range_text})"


def _settings(result: Result) -> dict[str, Any]:
    """What runs must have in common to be pooled, beside task and arm."""
    named = (*_NOT_COMPARED, *_NAMED_BY_TASK, *_NAMED_BY_ARM)
    settings = {name: value for name, value in _config(result).items() if name not in named}
    if result.config["weights"] == "pretrained":  # what is drawn has another fingerprint for every seed
        settings["fingerprint"] = result.backbone["fingerprint"][:12]
    settings["parameters"] = sum(row["parameters"] for row in result.groups)
    settings["causal"] = result.backbone.get("causal")
    return settings


def _config(result: Result) -> dict[str, Any]:
    return asdict(RunConfig.read(result.config))


def _differing(own: Result, heads: list[Result]) -> list[str]:
    """The settings of `own` that another group of its task has otherwise; backbones' marks compare within one arm."""
    rivals = [head for head in heads if task_label(head) == task_label(own)]
    return [
        f"{name} {value}"
        for name, value in _settings(own).items()
        if any(
            _settings(rival).get(name) != value
            for rival in rivals
            if name not in ("fingerprint", "parameters", "causal") or arm_label(rival) == arm_label(own)
        )
    ]
