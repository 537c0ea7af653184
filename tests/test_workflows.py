"""The files that the repository's host reads are well-formed and name what exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_has_jobs_with_steps(path):
    found = yaml.safe_load(path.read_text("utf-8"))
    assert set(found) >= {"name", True, "jobs"}  # YAML reads the key `on` as a truth value
    for job in found["jobs"].values():
        assert job["runs-on"]
        assert all(("uses" in step) != ("run" in step) for step in job["steps"])
        for step in job["steps"]:
            for target in re.findall(r"\bmake (\w+)", step.get("run", "")):
                assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
            for script in re.findall(r"\b(?:bash|sh) (\S+)", step.get("run", "")):
                assert (ROOT / script).is_file()


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_an_issue_form_has_fields(path):
    found = yaml.safe_load(path.read_text("utf-8"))
    if path.stem == "config":
        assert isinstance(found["blank_issues_enabled"], bool)
        return
    assert found["name"]
    assert found["description"]
    fields = [one["id"] for one in found["body"]]
    assert len(fields) == len(set(fields)) > 0
    assert all(one["attributes"]["label"] for one in found["body"])
