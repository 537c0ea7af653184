"""`python -m benchmarks.readme`: writes README's table of the paper's arms, from the runs in results/paper."""

from __future__ import annotations

from pathlib import Path
from statistics import mean

from benchmarks.markdown import table, with_table
from frostformer.files import write_whole
from frostformer.report.study_tables import finite_scores, mean_text, trivial_text
from frostformer.studies.answers import NOT_MEASURED, Answer, answers
from frostformer.studies.published import PAPER, published
from frostformer.studies.registry import STUDIES
from frostformer.studies.scales import TASKS
from frostformer.studies.study import Plan, find_plans

README = Path("README.md")
RESULTS = Path("results/paper")
ARMS = {
    "pretrained": "frozen, pretrained on language",
    "statistics": "frozen, random with the same mean and deviation",
    "shuffled": "frozen, pretrained and shuffled",
    "random": "frozen, random",
    "pretrained on bit memory": "frozen, pretrained on bit memory",
    "pretrained on images": "frozen, pretrained on images",
    "fully trained": "fully trained, 3 blocks",
    "LSTM, fully trained": "LSTM, fully trained",
    "random LSTM": "LSTM, frozen, random",
    "random LSTM*": "LSTM*, frozen, random",
}
"""Row of a study -> what README calls it, in its order."""

Cells = dict[tuple[str, str], tuple[Plan, Answer]]


def main() -> None:
    """Writes it."""
    text = with_table(README.read_text("utf-8"), str(RESULTS), paper_table(RESULTS))
    write_whole(README, text.encode())


def paper_table(folder: Path) -> str:
    """Rows are arms, columns the paper's tasks; an arm of which nothing is measured has no row. In Markdown."""
    cells: Cells = {}
    for places, plan in find_plans([folder], list(STUDIES))[0]:
        for answer in answers(places, plan):
            cells.setdefault((answer.asked.row, answer.asked.column), (plan, answer))
    smaller = {column: answer.asked.smaller for (_, column), (_, answer) in cells.items()}
    heads = [f"{task} ({smaller[task]})" if smaller.get(task) else task for task in TASKS]
    lines = []
    for arm, label in ARMS.items():
        if any((arm, task) in cells and cells[arm, task][1].results for task in TASKS):
            lines.append([label, *(_cell(cells, arm, task) for task in TASKS)])
    lines.append(["rule without a model", *(_trivial(cells, task) for task in TASKS)])
    return table(["test accuracy in %", *heads], lines)


def _cell(cells: Cells, arm: str, task: str) -> str:
    """Such as `98.0 ± 0.4<br>paper 98`."""
    plan, answer = cells.get((arm, task), (None, None))
    if plan is None or answer is None:
        return NOT_MEASURED
    number = published(plan.study, arm, task).get(PAPER)
    ours = _mean(answer)
    return ours if number is None or not number.is_plain else f"{ours}<br>paper {number.value:g}"


def _mean(answer: Answer) -> str:
    """Such as `98.0 ± 0.4`; where seeds are missing, their number in place of the interval."""
    scores, wanted = finite_scores(answer.results, "test"), len(answer.asked.runs)
    if not scores or len(scores) == wanted > 1:
        return mean_text(scores)
    return f"{100 * mean(scores):.1f} ({len(scores)} of {wanted} seeds)"


def _trivial(cells: Cells, task: str) -> str:
    """The best score of a rule that needs no model."""
    found = [result for (_, column), (_, one) in cells.items() if column == task for result in one.results]
    return trivial_text(found[0]) if found else ""


if __name__ == "__main__":
    main()
