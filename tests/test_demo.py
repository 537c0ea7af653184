"""The demo, made small: both arms get the same budget, finished runs are kept, the report is written."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from frostformer import demo
from frostformer.errors import InputError


def test_the_arms_differ_by_their_weights_alone():
    configs = demo.demo_configs(seeds=3)
    assert len(configs) == 12
    for task in demo.STEPS:
        for seed in range(3):
            pretrained, random = (asdict(configs[f"{task}-{weights}-{seed}"]) for weights in ("pretrained", "random"))
            assert {key for key in pretrained if pretrained[key] != random[key]} == {"weights"}


def test_runs_prints_and_reports(tmp_path, folders, monkeypatch, capsys):
    full = demo.demo_configs
    monkeypatch.setattr(
        demo,
        "demo_configs",
        lambda seeds: {
            name: replace(config, backbone=str(folders["gpt2"]), steps=4, evaluate_every=2)
            for name, config in full(seeds).items()
        },
    )
    demo.run_demo(tmp_path, seeds=1)
    printed = capsys.readouterr().out
    assert "99%" in printed
    assert "90%" in printed
    first = (tmp_path / "report.html").read_text()
    assert "digits" in first
    results = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("result.json")}
    assert len(results) == 4
    demo.run_demo(tmp_path, seeds=1)
    assert results == {path: path.stat().st_mtime_ns for path in results}


def test_no_seeds_is_refused(tmp_path):
    with pytest.raises(InputError, match="seeds is 0"):
        demo.run_demo(tmp_path, seeds=0)
