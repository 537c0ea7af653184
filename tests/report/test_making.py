"""Commands that a reader can type: each is read back by the real command line."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import Field, asdict, fields, replace
from pathlib import Path
from types import NoneType
from typing import Literal, get_args, get_origin, get_type_hints

import pytest

from frostformer.cli.app import app
from frostformer.config import RunConfig
from frostformer.data.files.options import DataFile
from frostformer.report.making import commands, environment, making
from frostformer.results.result import find_results
from frostformer.results.seeds import Summary, summarise
from results.made import result


def other_values(field: Field) -> list[object]:
    """Allowed values of a field of `RunConfig` that are not its default, whatever fields there will be."""
    kind, default = get_type_hints(RunConfig)[field.name], asdict(RunConfig())[field.name]
    if NoneType in get_args(kind):
        (kind,) = set(get_args(kind)) - {NoneType}
    values: dict[object, Sequence[object]] = {
        bool: (True, False),
        int: (7, 1000),
        float: (0.25, 1e-05, 0.1 + 0.2),
        str: ("other", "none", "--x", "it's [1, 2] *", "ü", "a=b"),
        dict[str, str]: ({"length": "20"}, {"a-b": "-3", "c_d": "x y=z"}),
        DataFile: (
            DataFile(path="my heart.csv"),
            DataFile("-a,b", drop_rare=True, patch=4, axes="case,time", path="-x"),
        ),
    }
    known = get_args(kind) if get_origin(kind) is Literal else values[kind]
    return [value for value in known if value != default]


EVERY_FIELD = {
    f"{field.name}={value}": {field.name: value} for field in fields(RunConfig) for value in other_values(field)
}
CONFIGS = EVERY_FIELD | {
    "defaults": {},
    "switches": {"compile": True, "extend_positions": True},
    "precision": {"backbone_precision": "bf16", "device": "cpu"},
    "auto": {"weights": "auto", "backbone_precision": "auto"},
    "task options": {"task_options": {"length": "20", "folder": "my data/it's here", "max_len": "-3", "x": "--y"}},
    "odd options": {"task_options": {"star": "*", "list": "[1, 2]"}},
    "sizes": {"lora_rank": 8, "layers": 2, "width": 64, "patience": 3},
    "numbers": {"learning_rate": 1e-05, "dropout": 0.1, "gradient_clip": 0.5, "steps": 7},
    "names": {"backbone": "-odd name", "trainable": "output+layer_norm", "weights": "random-2021"},
}


def read_back(text: str, out: str) -> list[RunConfig]:
    """What the command line makes of the printed commands."""
    if not text.startswith("for seed in "):
        lines = [text]
    else:
        head, line, tail = text.split("\n")
        seeds = re.fullmatch(r"for seed in ([\d ]+); do", head).group(1).split()
        assert tail == "done"
        lines = [line.replace("$seed", seed) for seed in seeds]
    configs = []
    for line in lines:
        program, *tokens = shlex.split(line)
        assert program == "frostformer"
        function, bound, _ = app.parse_args(tokens, exit_on_error=False, print_error=False)
        assert function.__name__ == "run"
        assert Path(out) in (bound.arguments["out"], bound.arguments["out"].parent)
        configs.append(bound.arguments.get("config", RunConfig()))
    return configs


def test_every_field_at_once_can_be_typed():
    every = {name: value for changes in EVERY_FIELD.values() for name, value in changes.items()}
    assert every.keys() == {field.name for field in fields(RunConfig)}
    (summary,) = summarise([result(**every)])
    out = f"runs/{'-'.join(['1', *re.findall('[a-z0-9]+', summary.task.lower())])}"
    assert read_back(commands(1, summary), out) == [RunConfig(**every)]


@pytest.mark.parametrize("seeds", [(0,), (3,), (0, 1, 7)])
@pytest.mark.parametrize("changes", CONFIGS.values(), ids=CONFIGS)
def test_every_command_makes_its_runs_again(changes, seeds):
    (summary,) = summarise([result(**{"seed": seed} | changes) for seed in seeds[: 1 if "seed" in changes else None]])
    out = f"runs/{'-'.join(['2', *re.findall('[a-z0-9]+', summary.task.lower())])}"
    asked = [RunConfig.read(one.config) for one in summary.results]
    assert read_back(commands(2, summary), out) == asked


def test_commands_of_old_results_can_be_typed():
    for summary in summarise(find_results([Path(__file__).parents[2] / "results" / "demo"])[0]):
        asked = [RunConfig.read(one.config) for one in summary.results]
        assert read_back(commands(1, summary), f"runs/1-{summary.task}") == asked


def test_a_command_gives_what_is_not_the_default_and_nothing_else():
    (summary,) = summarise([result(weights="auto", backbone_precision="auto", compile=True, layers=2, seed=4)])
    assert commands(1, summary) == ("frostformer run --task bit-xor --layers 2 --compile --seed 4 --out runs/1-bit-xor")


def test_several_seeds_are_a_loop():
    made = [result(seed=s, weights="random", task_options={"length": "20", "folder": "my data"}) for s in (0, 1)]
    assert commands(1, summarise(made)[0]) == (
        "for seed in 0 1; do\n"
        "  frostformer run --task bit-xor --weights random --backbone-precision fp32 --task-options.length 20 "
        "--task-options.folder 'my data' --seed $seed --out runs/1-bit-xor-length-20/$seed\n"
        "done"
    )


def test_what_auto_became_is_told_once_where_runs_agree():
    said = {"device": "cpu: no GPU here"}
    made = [
        result(seed=0, resolved=said | {"weights": "pretrained: a"}),
        result(seed=1, resolved=said),
        result(seed=2, resolved={"device": "cuda: a GPU is here"}),
    ]
    told = making(1, Summary("t", "a", tuple(made), 0), [environment(made[0])]).resolved
    assert told == {"device": "cpu: no GPU here; cuda: a GPU is here", "weights": "pretrained: a"}


def test_numbers_of_several_runs_are_spans():
    made = [replace(result(seed=0), seconds=30.0), replace(result(seed=1), seconds=8000.0, chosen_step=7)]
    told = making(1, summarise(made)[0], [environment(made[0])])
    assert (told.time, told.chosen, told.steps) == ("30.0 s to 2.2 h", "7 to 1,500", "3,000")
    assert (told.adapter, told.environments) == ("22.0 kB", "1")
