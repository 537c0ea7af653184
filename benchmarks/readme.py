"""`python -m benchmarks.readme`: writes README's tables of the paper's arms and of speed, from results/."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import mean

from benchmarks.markdown import table, with_table
from frostformer.files import write_whole
from frostformer.report.study_tables import finite_scores, mean_text, trivial_text
from frostformer.studies.answers import NOT_MEASURED, Answer, answers
from frostformer.studies.plan_file import Plan, find_plans
from frostformer.studies.published import DRAWN_IN_2021, PAPER, published
from frostformer.studies.registry import STUDIES
from frostformer.studies.scales import TASKS

README = Path("README.md")
RESULTS = Path("results/paper")
BENCH = Path("results/bench/bench.json")
CASES = {
    "embedded 32 x 64 x 48": "embedded, 32 x 64",
    "gpt2 16 x 64 x 48": "GPT-2 base, 16 x 64",
    "gpt2 1 x 1024 x 1": "GPT-2 base, 1 x 1,024",
}
"""Case of the bench -> what README calls it."""

RECIPES = {
    "full": "full fine-tuning",
    "by-hand": "a frozen loop written by hand",
    "ours-fp32": "float32",
    "ours-bf16": "bfloat16",
    "ours-int8": "8 bits",
}
"""Recipe of the bench -> what README calls it."""

ARMS = {
    "pretrained": "frozen, pretrained on language",
    "statistics": "frozen, random with the same mean and deviation",
    "shuffled": "frozen, pretrained and shuffled",
    f"random{DRAWN_IN_2021}": "frozen, random, drawn as in 2021",
    "random": "frozen, random, drawn as today",
    "pretrained on bit memory": "frozen, pretrained on bit memory",
    "pretrained on images": "frozen, pretrained on images",
    "fully trained": "fully trained, 3 blocks",
    "LSTM, fully trained": "LSTM, fully trained",
    "random LSTM": "LSTM, frozen, random",
    "random LSTM*": "LSTM*, frozen, random",
}
"""Row of a study -> what README calls it, in its order."""

Cells = dict[tuple[str, str], list[tuple[Plan, Answer]]]
"""(row, column) -> the cell in each study that has it; their runs are the same."""


def main() -> None:
    """Writes it."""
    text = with_table(README.read_text("utf-8"), str(RESULTS), paper_table(RESULTS))
    text = with_table(text, str(BENCH), speed_table(BENCH))
    write_whole(README, text.encode())


def paper_table(folder: Path) -> str:
    """Rows are arms, columns the paper's tasks; an arm of which nothing is measured has no row. In Markdown."""
    cells: Cells = {}
    for places, plan in find_plans([folder], list(STUDIES))[0]:
        for answer in answers(places, plan):
            cells.setdefault((answer.asked.row, answer.asked.column), []).append((plan, answer))
    asked = [(column, answer.asked) for (_, column), found in cells.items() for _, answer in found]
    smaller = {column: cell.smaller for column, cell in asked if cell.smaller}  # a cell that is not asked has no size
    heads = [f"{task} ({smaller[task]})" if smaller.get(task) else task for task in TASKS]
    lines = []
    for arm, label in ARMS.items():
        if any(answer.results for task in TASKS for _, answer in cells.get((arm, task), [])):
            lines.append([label, *(_cell(cells, arm, task) for task in TASKS)])
    lines.append(["rule without a model", *(_trivial(cells, task) for task in TASKS)])
    return table(["test accuracy in %", *heads], lines)


def speed_table(path: Path) -> str:
    """How many times as fast as the official training step each recipe is, medians. In Markdown."""
    rows = json.loads(path.read_text("utf-8"))["steps"]
    speedups = {(row["case"], row["recipe"]): row["speedup"]["median"] for row in rows if "speedup" in row}
    lines = []
    for case, label in CASES.items():
        found = [speedups.get((case, recipe)) for recipe in RECIPES]
        lines.append([label, *(NOT_MEASURED if one is None else f"{one:.1f}" for one in found)])
    return table(["backbone, batch x positions", *RECIPES.values()], lines)


def _cell(cells: Cells, arm: str, task: str) -> str:
    """Such as `98.0 ± 0.4<br>paper 98`."""
    found = cells.get((arm, task), [])
    if not found:
        return NOT_MEASURED
    numbers = [published(plan.study, arm, task).get(PAPER) for plan, _ in found]
    paper = next((f"<br>paper {one.value:g}" for one in numbers if one is not None and one.is_plain), "")
    return _mean(found[0][1]) + ("" if arm == "random" else paper)  # the paper's were drawn as in 2021


def _mean(answer: Answer) -> str:
    """Such as `98.0 ± 0.4`; where seeds are missing, their number in place of the interval."""
    scores, wanted = finite_scores(answer.results, "test"), len(answer.asked.runs)
    if not scores or len(scores) == wanted > 1:
        return mean_text(scores)
    return f"{100 * mean(scores):.1f} ({len(scores)} of {wanted} seeds)"


def _trivial(cells: Cells, task: str) -> str:
    """The best score of a rule that needs no model."""
    same_task = [one for (_, column), cell in cells.items() if column == task for _, one in cell]
    found = [result for one in same_task for result in one.results]
    return trivial_text(found[0]) if found else ""


if __name__ == "__main__":
    main()
