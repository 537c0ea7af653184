"""The README's commands, as a newcomer would type them."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from frostformer.cli.app import VERBS, app
from frostformer.config import RunConfig
from frostformer.runs.one import run
from frostformer.studies.registry import STUDIES
from frostformer.studies.study import Cell, Study

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_two_commands_stand_within_the_first_20_lines():
    first = "\n".join(README.splitlines()[:20])
    makefile = (ROOT / "Makefile").read_text()
    for target in ("demo", "test"):
        assert f"make {target}" in first
        assert f"\n{target}:" in makefile


def test_the_commands_run_in_order(tmp_path):
    session = next(block for block in blocks("sh") if "frostformer run" in block)
    assert "frostformer run --task bit-xor --backbone embedded --seed 0 --steps 400 --out runs/xor" in session
    as_module = session.replace("frostformer ", f"{shlex.quote(sys.executable)} -m frostformer ")
    shorter = as_module.replace("--steps 400", "--steps 40 --evaluate-every 20")
    done = subprocess.run(["bash", "-euc", shorter], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    made = sorted(path.name for path in (tmp_path / "runs/xor").iterdir())
    assert made == ["adapter.safetensors", "attention.npz", "curve.csv", "result.json", "test_scores.npz"]
    assert (tmp_path / "report.html").is_file()


def test_the_commands_for_files_run_in_order(tmp_path, folders):
    session = next(block for block in blocks("sh") if "frostformer data" in block)
    rng = np.random.default_rng(0)
    for name, count in (("heart.csv", 40), ("new.csv", 3)):
        beats = [
            [f"patient {row}", *rng.normal(row % 2, 1, 8).round(3), ("well", "ill")[row % 2]] for row in range(count)
        ]
        lines = [["id", *(f"t{step}" for step in range(8)), "label"], *beats]
        text = "\n".join(",".join(map(str, line)) for line in lines)
        (tmp_path / name).write_text(text + "\n")
    quick = f"--backbone {folders['gpt2']} --steps 5 --evaluate-every 5"
    as_module = session.replace("frostformer ", f"{shlex.quote(sys.executable)} -m frostformer ").replace(
        "--steps 500", quick
    )
    done = subprocess.run(["bash", "-euc", as_module], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "2 classes: ill (20), well (20)" in done.stdout
    header, *answers = (tmp_path / "answers.csv").read_text().splitlines()
    assert header == "id,class,probability of ill,probability of well"
    assert [answer.split(",")[0] for answer in answers] == ["patient 0", "patient 1", "patient 2"]


def test_the_commands_for_a_verdict_run_in_order(tmp_path, folders):
    session = next(block for block in blocks("sh") if "frostformer verdict" in block)
    rng = np.random.default_rng(0)
    rows = [[*rng.normal(row % 2, 1, 4).round(3), ("well", "ill")[row % 2]] for row in range(100)]
    for name, count in (("heart.csv", 100), ("new.csv", 3)):
        lines = [["t0", "t1", "t2", "t3", "label"], *rows[:count]]
        (tmp_path / name).write_text("\n".join(",".join(map(str, line)) for line in lines) + "\n")
    quick = f"--budget 30 --steps 27 --backbone {folders['gpt2']}"
    as_module = session.replace("frostformer ", f"{shlex.quote(sys.executable)} -m frostformer ")
    shorter = as_module.replace("--budget 10m", quick)
    done = subprocess.run(["bash", "-euc", shorter], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "under this budget (30 trainings)" in done.stdout
    assert (tmp_path / "runs/v/report.html").is_file()
    assert done.stdout.count('"class"') == 3


def test_the_python_block_runs(tmp_path):
    (code,) = blocks("python")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"0\.\d+ \[[01] [01] [01]\]\n", done.stdout)


TABLES = [code for line in README.splitlines() if line.startswith("| ") for code in re.findall(r"`([^`]+)`", line)]
COMMANDS = [code for code in TABLES if code.startswith("frostformer ")]
STANDS_FOR = {  # what the README leaves out, small enough for a test
    "...": "--backbone tiny --steps 2 --evaluate-every 1 --batch-size 2 --device cpu --out runs",
    "FOLDER": "made --layers 1 --width 16 --heads 2 --tokens 640 --batch-size 2",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_tables_runs(command, tmp_path, folders, tiny_config, fake_mnist, monkeypatch):
    (tmp_path / "tiny").symlink_to(folders["gpt2"])
    (tmp_path / "runs").mkdir()
    rows = "".join(f"{at * 7 % 11},{at * 5 % 13},{'ab'[at % 2]}\n" for at in range(24))
    (tmp_path / "heartbeat.csv").write_text("t0,t1,label\n" + rows)
    (tmp_path / "novels.txt").write_text("the quick brown fox jumps over the lazy dog\n" * 500)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FROSTFORMER_DATA", str(fake_mnist[0].parent))
    monkeypatch.setattr("frostformer.tasks.images._MNIST_FILES", fake_mnist[-1])
    for name in ("arms", "table-2"):
        small_study = Study(name, lambda *_: [Cell("one", "digits", tiny_config())])
        monkeypatch.setitem(STUDIES, name, small_study)
    if command.startswith("frostformer export"):
        pytest.importorskip("onnxruntime")
    if command.startswith(("frostformer export", "frostformer card")):
        run(tiny_config(), tmp_path / "runs/xor")
    if "--track tensorboard" in command:
        pytest.importorskip("tensorboard")
    for left_out, small in STANDS_FOR.items():
        command = command.replace(left_out, small)
    app(shlex.split(command)[1:], result_action="return_value", exit_on_error=False)


def test_the_readme_shows_every_verb():
    shown = {code.split()[1] for code in COMMANDS} | set(re.findall(r"^frostformer (\w+)", README, re.MULTILINE))
    assert shown | {"demo"} == {verb.__name__ for verb in VERBS}  # `make demo`


VALUES = {"--backbone": ["gpt2"], "--weights": ["random"], "--trainable": ["full"]}  # of options shown without one


@pytest.mark.parametrize("option", [code for code in TABLES if re.fullmatch(r"--[\w-]+( \d+)?", code)])
def test_every_option_of_the_tables_is_one_of_a_run(option):
    words = ["run", *option.split(), *VALUES.get(option, []), "--out", "o"]
    _, bound, _ = app.parse_args(words, exit_on_error=False, print_error=False)
    assert bound.arguments["config"] != RunConfig()


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)h#][^)]*)\)", README))
def test_links_lead_somewhere(link):
    assert (ROOT / link).exists()
