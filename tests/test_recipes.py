"""A recipe sets what the official code has, what is given beside it wins, and nothing of the word itself is kept."""

from __future__ import annotations

import shlex
import sys
from dataclasses import asdict, fields

import pydantic
import pytest

from frostformer.cli.app import app
from frostformer.config import AskedConfig, RunConfig
from frostformer.data.files.options import FileOptions
from frostformer.errors import InputError
from frostformer.models.backbones.registry import WITHOUT_CHECKPOINT
from frostformer.models.backbones.shapes import KNOWN
from frostformer.recipes import DRAWN_AS_TODAY, RECIPES, expand
from frostformer.report.making import commands
from frostformer.results.seeds import summarise
from frostformer.runs.one import run
from frostformer.tasks.registry import TASKS
from results.made import result

OFFICIAL = {  # scripts/run.py, experiment.py and trainer.py of the official code
    "batch_size": 4,
    "learning_rate": 1e-3,
    "dropout": 0.1,
    "gradient_clip": 1.0,
    "evaluate_every": 100,
    "backbone_precision": "fp32",
    "weight_decay": 0.0,
    "schedule": "constant",
    "trainable": "frozen",
}


def typed(text: str, verb: str = "run --out o") -> RunConfig:
    """The configuration that the command line makes of these options."""
    _, bound, _ = app.parse_args([*shlex.split(verb), *shlex.split(text)], exit_on_error=False, print_error=False)
    return bound.arguments.get("config", RunConfig())


@pytest.mark.parametrize("task", TASKS)
def test_lu2021_sets_what_the_official_code_has(task):
    config = RunConfig.lu2021(task=task)
    assert {name: getattr(config, name) for name in OFFICIAL} == OFFICIAL
    official = f"{task.removesuffix('-lu2021')}-lu2021"
    assert config.task == (official if official in TASKS else task)
    assert typed(f"--recipe lu2021 --task {task}") == config


@pytest.mark.parametrize("verb", ["run --out o", "explain"])
def test_what_is_given_wins_even_where_it_is_our_default(verb):
    given = {"batch_size": 32, "dropout": 0.0, "evaluate_every": 50, "backbone_precision": "auto"}
    assert all(getattr(RunConfig(), name) == value for name, value in given.items())  # so only its being given tells
    text = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in given.items())
    for order in (f"--recipe lu2021 {text}", f"{text} --recipe lu2021"):
        assert typed(order, verb) == RunConfig.lu2021(**given) == RunConfig()
    assert typed("--recipe lu2021", verb) == RunConfig.lu2021() != RunConfig()


def test_task_options_reach_the_official_task():
    config = typed("--recipe lu2021 --task cifar10 --task-options.augment false")
    assert (config.task, config.task_options) == ("cifar10-lu2021", {"augment": "false"})


@pytest.mark.parametrize("backbone", ["embedded", *KNOWN, *WITHOUT_CHECKPOINT])
def test_random_weights_are_those_of_2021_where_these_differ(backbone):
    differ = backbone == "embedded" or (backbone in KNOWN and KNOWN[backbone].model_type == "gpt2")
    assert RunConfig.lu2021(backbone=backbone, weights="random").weights == ("random-2021" if differ else "random")
    assert RunConfig.lu2021(backbone=backbone).weights == "auto"
    assert set(DRAWN_AS_TODAY) == {*WITHOUT_CHECKPOINT, *KNOWN} - {name for name in KNOWN if "gpt2" in name}
    assert RunConfig.lu2021(weights="shuffled").weights == "shuffled"


def test_a_run_by_recipe_is_the_run_with_its_options(tiny_config, tmp_path):
    asked = asdict(tiny_config(batch_size=4, dropout=0.1, evaluate_every=100, backbone_precision="fp32"))
    by_options, given = RunConfig(**asked), {name: asked[name] for name in ("task", "backbone", "steps", "device")}
    assert RunConfig.lu2021(**given) == by_options
    made = run(RunConfig.lu2021(**given), tmp_path)
    assert made.config == asked | {"weights": "pretrained"}  # of `auto`
    assert run(by_options, tmp_path, resume=True) == made


def test_the_printed_command_makes_the_same_run():
    asked = RunConfig.lu2021(task="cifar10-lra", weights="random", seed=3)
    command = commands(1, summarise([result(**asdict(asked))])[0])
    assert "recipe" not in command
    assert typed(command.removeprefix("frostformer run"), "run") == asked


def test_an_unknown_recipe_is_one_sentence():
    for make in (lambda: typed("--recipe lu202"), lambda: expand("lu202", {})):
        with pytest.raises(InputError, match=r"^unknown recipe 'lu202'; known: lu2021\. Did you mean 'lu2021'\?$"):
            make()
    assert expand(None, {"seed": 1}) == {"seed": 1}


def test_the_command_line_works_whether_or_not_pydantic_is_loaded(monkeypatch):
    assert "pydantic" in sys.modules  # by this file; cyclopts then checks every value with it
    assert typed("--recipe lu2021") == RunConfig.lu2021()
    with pytest.raises(pydantic.ValidationError):
        pydantic.TypeAdapter(AskedConfig).validate_python(3)
    monkeypatch.delitem(sys.modules, "pydantic")
    assert typed("--recipe lu2021") == RunConfig.lu2021()


def test_the_word_is_an_option_and_no_field_of_a_run():
    known = {field.name for kind in (RunConfig, FileOptions) for field in fields(kind)}
    assert {field.name for field in fields(AskedConfig)} - known == {"recipe"}
    assert type(AskedConfig(recipe="lu2021")) is RunConfig
    assert set(RECIPES) == {"lu2021"}
