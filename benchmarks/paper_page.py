"""`python -m benchmarks.paper_page`: writes docs/paper.md, the paper's tables and ours, from runs in results/paper."""

from __future__ import annotations

from pathlib import Path

from frostformer.report.page import write_report
from frostformer.results.result import find_results
from frostformer.studies.paper import STUDIES as OF_THE_PAPER
from frostformer.studies.plan_file import find_plans
from frostformer.studies.registry import STUDIES

PAGE, RESULTS = Path("docs/paper.md"), Path("results/paper")
TITLE = "The paper's tables, measured here"


def write_page(page: Path, folder: Path) -> None:
    """Every table and figure of the paper: those that were measured, then the names of the others."""
    plans, _ = find_plans([folder], list(STUDIES))
    results, _ = find_results([folder])
    write_report(results, page, TITLE, form="markdown", studies=plans)
    there = {plan.study for _, plan in plans}
    lines = [f"- `{name}`: {STUDIES[name].question}" for name in OF_THE_PAPER if name not in there]
    missing = (
        "\n## Not measured yet\n\nEach of these is one command, `frostformer reproduce NAME --scale laptop`; see\n"
        "[Reproducing](reproducing.md).\n\n" + "\n".join(lines) + "\n"
    )
    page.write_text(page.read_text("utf-8").rstrip("\n") + "\n" + missing, "utf-8")


if __name__ == "__main__":
    write_page(PAGE, RESULTS)
