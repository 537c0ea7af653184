"""The paper's studies: what each compares, that it can be run, and that runs are shared between tables."""

from dataclasses import asdict, replace

import pytest

from frostformer.errors import InputError
from frostformer.runs.rates import FROZEN_RATES, TRAINED_RATES
from frostformer.studies.paper import STUDIES
from frostformer.studies.planning import Request, plan_study
from frostformer.studies.registry import STUDIES as ALL_STUDIES
from frostformer.studies.scales import LAPTOP, PAPER, SCALES, SMOKE, TASKS
from frostformer.studies.study import Backbones, Model
from frostformer.tasks.registry import build_task

PICTURES = Model("models/pictures", 3)
FULL = Backbones("embedded", Model("models/bits"), PICTURES, 6, (Model("models/minilm"), Model("models/big", 4)))
ARM = {"backbone", "weights", "layers", "width", "trainable", "learning_rate"}


def cells(name, scale=LAPTOP, backbones=FULL):
    return STUDIES[name].make(scale, backbones)


def runs(name, scale=LAPTOP, **request):
    return plan_study(STUDIES[name], Request(scale, FULL, scale.seeds, **request))[1]


def test_all_tables_and_figures_are_there():
    named = {f"table-{n}" for n in range(1, 18)} | {"figure-3", "figure-4", "rothermel-2021", "tables-18-21"}
    assert STUDIES.keys() == named


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_a_docstring_gives_question_command_time_and_expectation(study):
    text = study.make.__doc__ or ""
    assert study.question.endswith("?")
    assert "Expected" in text
    assert "Takes " in text or "Its runs are those of" in text


@pytest.mark.parametrize("scale", SCALES.values(), ids=SCALES)
@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_within_a_column_only_the_arm_differs(study, scale):
    columns = {}
    for cell in study.make(scale, FULL):
        if cell.run is not None:
            rest = {name: str(value) for name, value in asdict(cell.run).items() if name not in ARM}
            assert columns.setdefault(cell.column, rest) == rest
        assert (cell.run is None) == bool(cell.missing)


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_rows_differ(study):
    asked = [(cell.column, cell.run) for cell in study.make(LAPTOP, FULL) if cell.run is not None]
    assert len(set(asked)) == len(asked)


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_the_reference_is_a_row(study):
    assert study.reference in {"", *(cell.row for cell in study.make(LAPTOP, FULL))}


@pytest.mark.parametrize("scale", SCALES.values(), ids=SCALES)
def test_a_folder_means_one_run_in_all_studies(scale):
    found = {}
    for name in STUDIES:
        for folder, run in runs(name, scale).items():
            assert found.setdefault(folder, run) == run


def test_table_6_needs_no_run_of_its_own():
    assert runs("table-6").keys() <= runs("table-2").keys()
    assert runs("figure-4").keys() <= runs("table-9").keys()
    assert runs("table-7").keys() <= runs("table-1").keys()


def test_without_a_backbone_the_row_says_which_option_names_one():
    missing = {cell.row: cell.missing for cell in cells("table-2", backbones=Backbones("embedded")) if not cell.run}
    assert missing == {
        "pretrained on bit memory": "no backbone was given: add --bit-memory",
        "pretrained on images": "no backbone was given: add --images",
    }


def test_tuning_gives_every_seed_its_own_choice():
    plan, _ = plan_study(STUDIES["table-13"], Request(LAPTOP, FULL, 2, tuned=True))
    frozen, trained = (next(cell for cell in plan.cells if cell.row == row) for row in ("pretrained", "+ feed-forward"))
    for cell, rates in ((frozen, FROZEN_RATES), (trained, TRAINED_RATES)):
        assert [[folder.endswith(f"seed-{seed}") for folder in found] for seed, found in enumerate(cell.runs)] == [
            [True] * 3
        ] * 2
        assert all(f"rate-{rate}" in folder for seed in cell.runs for rate, folder in zip(rates, seed, strict=True))


def test_the_rebuttal_sweeps_rates_unasked():
    assert len({run.learning_rate for run in runs("rothermel-2021").values()}) == 6


@pytest.mark.parametrize("asked", [False, True])
def test_our_study_of_tuned_rates_tunes_unasked_and_shares_runs(asked):
    plan, made = plan_study(ALL_STUDIES["tuned"], Request(LAPTOP, FULL, 3, tuned=asked))
    assert (plan.name, plan.tuned) == ("tuned", True)
    assert {len(seed) for cell in plan.cells for seed in cell.runs} == {3}
    of_table_2 = plan_study(STUDIES["table-2"], Request(LAPTOP, FULL, 3))[1]
    assert len(made.keys() & of_table_2.keys()) == 18  # two arms on three tasks, at 1e-3


def test_the_paper_scale_is_the_official_recipe():
    run = cells("table-2", PAPER)[TASKS.index("cifar10")].run
    assert (run.task, run.batch_size, run.dropout, run.learning_rate) == ("cifar10-lu2021", 4, 0.1, 1e-3)
    random = next(cell.run for cell in cells("table-2", PAPER) if cell.row == "random")
    assert random.weights == "random-2021"
    assert {cell.run.batch_size for cell in cells("rothermel-2021", PAPER)} == {8}


def test_random_weights_are_drawn_as_today_and_as_in_2021():
    drawn = {cell.row: cell.run.weights for cell in cells("table-9", LAPTOP) if cell.row.startswith("random")}
    assert drawn == {"random": "random", "random, drawn as in 2021": "random-2021"}
    of_a_user = STUDIES["table-9"].make(LAPTOP, Backbones("a/model"))  # may be of another architecture
    assert {cell.run.weights for cell in of_a_user} == {"pretrained", "statistics", "shuffled", "random"}


@pytest.mark.parametrize("scale", [SMOKE, LAPTOP, PAPER])
@pytest.mark.parametrize("task", ["bit-memory", "bit-xor", "listops"])
def test_generated_tasks_take_their_options(scale, task):
    if task == "listops" and scale is not SMOKE:
        pytest.skip("generating 96,000 trees takes long")
    assert build_task(scale.run(task).task, scale.run(task).task_options).name.startswith(task)


@pytest.mark.parametrize("scale", SCALES.values(), ids=SCALES)
def test_every_task_is_evaluated_at_its_last_step(scale):
    assert scale.budgets.keys() == set(TASKS)
    assert all(budget.steps % budget.evaluate_every == 0 for budget in scale.budgets.values())


def test_models_of_one_folder_name_are_two_runs_or_refused():
    two = Backbones("embedded", Model("a/model"), Model("b/model"))
    _, runs_of_two = plan_study(STUDIES["table-2"], Request(SMOKE, two, 1))
    assert {run.backbone for run in runs_of_two.values()} == {"embedded", "a/model", "b/model"}
    same = Backbones("embedded", others=(Model("a/model"), Model("b/model")))
    with pytest.raises(InputError, match="two of the models are called 'model'"):
        plan_study(STUDIES["table-17"], Request(SMOKE, same, 1))
    versions = Backbones("embedded", others=(Model("m/llama-3.2"), Model("n/llama-3.5")))
    assert len(plan_study(STUDIES["table-17"], Request(SMOKE, versions, 1))[0].cells) == 10


def test_only_gpt2_of_a_size_stands_beside_its_number():
    rows = {cell.row: cell for cell in STUDIES["table-8"].make(PAPER, replace(FULL, language="gpt2"))}
    assert rows["minilm, pretrained"].run.backbone == "models/minilm"
    assert rows["big, 4 blocks, pretrained"].run.layers == 4
    assert rows["gpt2-large, random"].missing == "no backbone was given: add --models"
    assert rows["gpt2, random"].run.weights == "random-2021"


def test_another_model_is_named_in_place_of_the_scales_own():
    plan, _ = plan_study(STUDIES["table-6"], Request(LAPTOP, Backbones("models/mine"), 1))
    assert plan.changes.startswith("The backbone is models/mine. Batches")
    own, _ = plan_study(STUDIES["table-6"], Request(LAPTOP, Backbones("embedded"), 1))
    assert own.changes.startswith("The backbone is a small GPT-2 of 6 blocks")


def test_listops_of_the_rebuttal_keeps_its_brackets():
    assert {cell.run.task for cell in cells("rothermel-2021", PAPER)} >= {"listops"}
    assert "listops-lu2021" in {cell.run.task for cell in cells("table-2", PAPER) if cell.run}


def test_remote_homology_has_the_papers_rate():
    rates = {cell.run.task: cell.run.learning_rate for cell in cells("table-9", PAPER)}
    assert rates["remote-homology-lu2021"] == 1e-4
    assert rates["mnist"] == 1e-3


def test_lstms_of_the_paper_scale_have_the_official_quirks():
    assert {cell.run.backbone for cell in cells("table-4", PAPER)} == {"lstm-2021"}
    assert {cell.run.backbone for cell in cells("table-4", LAPTOP)} == {"lstm"}


def test_a_field_that_a_later_version_adds_gives_no_finished_run_another_folder(monkeypatch):
    before = set(runs("table-9"))
    monkeypatch.setattr("frostformer.studies.planning.asdict", lambda one: asdict(one) | {"invented": "as ever"})
    assert set(runs("table-9")) == before


def test_a_table_says_which_models_its_rows_are_of():
    plan, made = plan_study(STUDIES["table-2"], Request(LAPTOP, FULL, 1))
    assert "The model that was pretrained on images is pictures, 3 blocks." in plan.changes
    depths = {run.layers for run in made.values() if run.backbone == "models/pictures"}
    assert depths == {3}
