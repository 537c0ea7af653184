"""Every block of code in docs/, as a reader would type it: those of a page in order, in one folder, made small."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import textwrap
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from frostformer.cli.app import app
from frostformer.studies.registry import STUDIES
from frostformer.studies.study import Cell, Study

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(path.name for path in DOCS.glob("*.md") if "```" in path.read_text("utf-8"))
ELSEWHERE = (
    "python3 -m venv",
    "pip install",
    "sbatch",
    "torchrun",
    "dask ",
    "frostformer reproduce table-2 --engine dask",
)
"""What needs a network, a cluster or GPUs, or is run by a test of its own."""

SMALL = {
    r"--steps \d+": "--steps 2 --evaluate-every 1 --batch-size 2",
    r"--tokens \d+": "--tokens 640 --batch-size 2",
    r"\bRUN\b": "runs/heart",
    r"\bOUT\b": "runs/smoke",
    r"steps=\d+, evaluate_every=\d+": "steps=2, evaluate_every=1",
    r"steps=\d+, batch_size=16": "steps=2, batch_size=16",
}


def blocks(page: str) -> list[tuple[str, str]]:
    """(language, code) of each."""
    found = re.findall(r"^( *)```(\w+)\n(.*?)^ *```$", (DOCS / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [(language, textwrap.dedent(code)) for _, language, code in found]


def small(code: str) -> str:
    for long, short in SMALL.items():
        code = re.sub(long, short, code)
    return code


def run(line: str, tiny: Path) -> None:
    words = shlex.split(line, comments=True)
    assert words[0] == "frostformer", line
    if words[1] in ("run", "verdict") and "--backbone" not in words:
        words += ["--backbone", str(tiny), "--device", "cpu"]
    app(words[1:], result_action="return_value", exit_on_error=False)


@pytest.fixture
def desk(tmp_path, folders, tiny_config, monkeypatch):
    """A folder with what the pages speak of."""
    rng = np.random.default_rng(0)

    def write(name: str, head: str, rows: list[list]) -> None:
        (tmp_path / name).write_text("\n".join([head, *(",".join(map(str, row)) for row in rows)]) + "\n")

    waves = [[f"q{at}", *rng.normal(at % 2, 1, 4).round(3), ("well", "ill")[at % 2]] for at in range(60)]
    write("heart.csv", "id,t0,t1,t2,t3,label", waves)
    write("new.csv", "id,t0,t1,t2,t3,label", waves[:3])
    write("wards.csv", "t0,t1,has_fever,has_cough", [[*rng.normal(size=2), at % 2, at % 3 % 2] for at in range(60)])
    write("walks.csv", "id,walk,speed,step", [[at, at // 6, rng.normal(), "ab"[at % 2]] for at in range(360)])
    write("sensor.csv", "x,y,activity", [[*rng.normal(size=2), ("rest", "run")[at // 500 % 2]] for at in range(6000)])
    (tmp_path / "novels.txt").write_text("the quick brown fox jumps over the lazy dog\n" * 500)
    small_study = Study("table-2", lambda *_: [Cell("one", "digits", tiny_config())])
    monkeypatch.setitem(STUDIES, "table-2", small_study)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "page", [page if page == "start.md" else pytest.param(page, marks=pytest.mark.slow) for page in PAGES]
)
def test_the_code_of_a_page_runs(page, desk, folders):
    if page == "predict.md":  # it goes on where own-data.md ends
        run("frostformer run --data heart.csv --steps 2 --evaluate-every 1 --out runs/heart", folders["gpt2"])
    for language, code in blocks(page):
        code = small(code)
        if code.startswith("python -c"):
            continue  # a count that takes long; tests/tasks has one like it
        if language == "sh":
            for line in code.splitlines():
                if ".parquet" in line and find_spec("pyarrow") is None:
                    continue
                if line and not line.startswith(ELSEWHERE):
                    run(line, folders["gpt2"])
        elif language in ("python", "py"):
            if named := re.match(r"# (\w+\.py)\n", code):
                (desk / named[1]).write_text(code)
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
        else:
            assert language in ("bibtex", "toml", "bash")


def test_the_paper_page_is_of_the_runs_that_are_kept(tmp_path, monkeypatch):
    from benchmarks.paper_page import RESULTS, write_page

    monkeypatch.chdir(DOCS.parent)
    write_page(tmp_path / "paper.md", RESULTS)
    assert (tmp_path / "paper.md").read_text("utf-8") == (DOCS / "paper.md").read_text("utf-8"), (
        "write it with `python -m benchmarks.paper_page`"
    )


def test_what_the_findings_say_stands_on_the_paper_page():
    findings, page = ((DOCS / name).read_text("utf-8") for name in ("findings.md", "paper.md"))
    number = r"[-+]?\d+\.\d+"
    said, known = (set(re.findall(rf"{number} (?:to|±) {number}", " ".join(text.split()))) for text in (findings, page))
    assert len(said) > 20
    assert said - known == set(), "numbers of docs/findings.md that have changed"


def test_the_picture_of_the_idea_is_the_one_that_its_command_makes():
    from benchmarks.pictures import idea

    assert (DOCS / "pictures/idea.svg").read_text("utf-8") == idea()


def test_every_page_is_in_the_site():
    """Its other faults, such as links to nowhere, are seen where the site is built."""
    nav = re.findall(r": (\S+\.md)$", (DOCS.parent / "mkdocs.yml").read_text("utf-8"), re.MULTILINE)
    assert sorted(nav) == sorted(path.name for path in DOCS.glob("*.md"))


def test_the_reference_has_every_public_name():
    import frostformer

    text = (DOCS / "reference.md").read_text("utf-8")
    for name, module in frostformer._PUBLIC.items():
        assert f"::: frostformer.{module}.{name}\n" in text
