"""`python -m benchmarks.verdict_table` writes docs/verdict.md's table of verdicts on real data."""

from __future__ import annotations

from pathlib import Path
from statistics import mean

from benchmarks.markdown import table, with_table
from frostformer.files import write_whole
from frostformer.results.metrics import METRICS
from frostformer.results.verdict import ArmFound, Verdict, read_verdict
from frostformer.verdicts.arms import PRETRAINED, RANDOM, STATISTICS

PAGE, RESULTS = Path("docs/verdict.md"), Path("results/verdicts")
HEAD = (
    "data, backbone",
    "tested, trained on",
    "minutes, replicates x parts x steps",
    "pretrained",
    "random",
    "gain",
    "does pretraining help?",
    "statistics",
    "best simple model",
    "should you use it?",
)


def main() -> None:
    """Writes it."""
    text = with_table(PAGE.read_text("utf-8"), str(RESULTS), verdict_table(RESULTS))
    write_whole(PAGE, text.encode())


def verdict_table(folder: Path) -> str:
    """A row for each verdict in the folder; scores are means over the replicates, in percent."""
    return table(HEAD, [_row(read_verdict(one.parent)) for one in sorted(folder.glob("*/verdict.json"))])


def _row(verdict: Verdict) -> list[str]:
    arms, best = verdict.by_name, verdict.best_baseline
    trained = "endless" if verdict.trained_on is None else f"{verdict.trained_on:,}"
    return [
        f"{verdict.task}, {Path(verdict.backbone).name}",
        f"{verdict.tested:,}, {trained}",
        f"{verdict.seconds / 60:.0f}, {verdict.replicates} x {verdict.folds} x {verdict.steps:,}",
        _score(verdict, arms[PRETRAINED]),
        _score(verdict, arms[RANDOM]),
        _gain(arms[RANDOM]),
        verdict.answer,
        _score(verdict, arms[STATISTICS]) if STATISTICS in arms else "",
        f"{best.name}: {_score(verdict, best)}" if best else "",
        verdict.use,
    ]


def _score(verdict: Verdict, arm: ArmFound) -> str:
    return METRICS[verdict.metric].text(mean(arm.scores)).removesuffix(" %")


def _gain(rival: ArmFound) -> str:
    one = rival.against
    return "" if one is None else f"{100 * one.difference:z.1f} ({100 * one.low:z.1f} to {100 * one.high:z.1f})"


if __name__ == "__main__":
    main()
