"""The README's commands, as a newcomer would type them."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

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
    done = subprocess.run(["bash", "-euc", as_module], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    made = sorted(path.name for path in (tmp_path / "runs/xor").iterdir())
    assert made == ["adapter.safetensors", "result.json", "test_scores.npz"]
    assert (tmp_path / "report.html").is_file()


def test_the_python_block_runs(tmp_path):
    (code,) = blocks("python")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"0\.\d+ \[[01] [01] [01]\]\n", done.stdout)


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)h#][^)]*)\)", README))
def test_links_lead_somewhere(link):
    assert (ROOT / link).exists()
