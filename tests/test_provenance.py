"""A result says which source made it: its hash always, its commit only where that commit holds it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import torch

import frostformer
from frostformer import provenance
from frostformer.provenance import PACKAGE, environment, git_state, source_hash

COMMIT = r"[0-9a-f]{12}"


def git(folder: Path, *arguments: str) -> str:
    settings = ("user.name=a", "user.email=a@b", "commit.gpgsign=false", "core.hooksPath=/dev/null")
    command = ["git", *(part for setting in settings for part in ("-c", setting)), *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def package(tmp_path) -> Path:
    """A package of two modules whose repository has committed them, and a file beside it."""
    folder = tmp_path / "repository" / "src" / "package"
    (folder / "room").mkdir(parents=True)
    (folder / "__init__.py").write_text("one = 1\n")
    (folder / "room" / "module.py").write_text("two = 2\n")
    (tmp_path / "repository" / "notes.md").write_text("notes\n")
    (tmp_path / "repository" / ".gitignore").write_text("ignored.py\n.venv/\n")
    git(tmp_path / "repository", "init", "--quiet")
    commit_all(folder)
    return folder


def commit_all(package: Path) -> None:
    git(package, "add", ":/")
    git(package, "commit", "--quiet", "--message", "all")


def test_a_clean_checkout_is_its_commit(package):
    assert git_state(package) == git(package, "rev-parse", "--short=12", "HEAD")
    (package / "data.txt").write_text("not a module")
    assert re.fullmatch(COMMIT, git_state(package))


@pytest.mark.parametrize("name", ["__init__.py", "room/module.py", "../../notes.md"])
def test_a_changed_file_is_dirty(package, name):
    (package / name).write_text("changed\n")
    assert re.fullmatch(f"{COMMIT}-dirty", git_state(package))


@pytest.mark.parametrize("name", ["new.py", "room/new.py", "ignored.py"])
def test_a_module_that_is_not_tracked_is_dirty(package, name):
    (package / name).write_text("three = 3\n")
    assert re.fullmatch(f"{COMMIT}-dirty", git_state(package))


def test_a_deleted_module_is_dirty(package):
    (package / "room" / "module.py").unlink()
    assert re.fullmatch(f"{COMMIT}-dirty", git_state(package))


@pytest.mark.parametrize("place", ["vendored/package", ".venv/lib/site-packages/package"])
def test_a_copy_in_another_repository_is_not_of_its_commit(package, tmp_path, place):
    copy = tmp_path / "repository" / place
    shutil.copytree(package, copy)
    assert git_state(copy) is None
    assert source_hash(copy) == source_hash(package)


def test_a_copy_that_is_tracked_is_of_that_commit(package, tmp_path):
    copy = tmp_path / "repository" / "vendored"
    shutil.copytree(package, copy)
    commit_all(copy)
    assert git_state(copy) == git(copy, "rev-parse", "--short=12", "HEAD")


def test_another_repository_in_the_environment_is_not_asked(package, tmp_path, monkeypatch):
    git(tmp_path, "init", "--quiet", "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    assert re.fullmatch(COMMIT, git_state(package))


def test_without_a_repository_or_git_there_is_no_commit(package, tmp_path, monkeypatch):
    shutil.copytree(package, tmp_path / "plain")
    assert git_state(tmp_path / "plain") is None
    monkeypatch.setenv("PATH", os.devnull)
    assert git_state(package) is None


def test_the_hash_is_of_names_and_contents(package):
    before = source_hash(package)
    provenance.source_hash.cache_clear()
    assert source_hash(package) == before
    for change in (
        lambda: (package / "room" / "module.py").write_text("two = 3\n"),
        lambda: (package / "room" / "module.py").rename(package / "module.py"),
        lambda: (package / "new.py").write_text(""),
    ):
        change()
        provenance.source_hash.cache_clear()
        assert source_hash(package) != before
        before = source_hash(package)
    (package / "data.txt").write_text("not a module")
    provenance.source_hash.cache_clear()
    assert source_hash(package) == before


def test_the_environment_is_plain_and_complete():
    found = environment("cpu", 2)
    assert json.loads(json.dumps(found)) == found
    assert (found["device"], found["processes"], found["threads"]) == ("cpu", 2, torch.get_num_threads())
    assert found["source"] == source_hash(PACKAGE)
    assert found["git"] == git_state(PACKAGE)
    assert found["versions"]["frostformer"] == version("frostformer")
    assert found["versions"]["torch"] == version("torch")
    assert "cuda" not in found


def test_a_gpu_is_told_with_its_cuda():
    found = environment("cuda:0 (A GPU)", 1)
    assert found["device"] == "cuda:0 (A GPU)"
    assert found["cuda"] == torch.version.cuda


def test_the_threads_are_those_of_the_process():
    code = (
        "import torch; torch.set_num_threads(3); from frostformer.provenance import environment; "
        "print(environment('cpu', 1)['threads'])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown == "3\n"


def test_a_package_that_is_not_installed_has_no_version(monkeypatch):
    monkeypatch.setattr(provenance, "_LIBRARIES", ("frostformer", "no-such-package"))
    assert environment("cpu", 1)["versions"] == {"frostformer": version("frostformer"), "no-such-package": None}


def test_the_version_is_public():
    assert frostformer.__version__ == version("frostformer")
