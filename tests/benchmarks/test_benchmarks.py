"""What `frostformer bench` compares, counts and writes; no test here depends on how fast anything is."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

import pytest
import torch

from benchmarks import measurements, recipes, suite, trainer
from benchmarks.cases import BATCHES, Case, made_up_batches
from benchmarks.clock import FEWEST_ROUNDS, MOST_ROUNDS, Comparison, Spread, compare
from benchmarks.measurements import MEASUREMENTS, rates, useful_flops
from benchmarks.memory import LIBRARIES, peak_memory
from benchmarks.official import official_model, official_step
from benchmarks.predict_memory import table as predictions_table
from benchmarks.predict_memory import write_rows
from benchmarks.products import products_of
from benchmarks.recipes import OURS, RECIPES, start_cohort, start_training
from benchmarks.rows import Row, Setup, each_case, rows_of
from benchmarks.shares import kind_of
from benchmarks.table import cells, print_table
from benchmarks.trainer import peft_model, peft_trainer
from frostformer.data.files.options import FileOptions
from frostformer.data.files.reading import read_cases
from frostformer.errors import InputError
from frostformer.models.build import build_model
from frostformer.models.freezing import freeze, parse_trainable
from frostformer.training.batch import inputs_on
from helpers import TOKENS_SHAPE, VECTORS_SHAPE

CPU = torch.device("cpu")
SETUP = Setup(seconds=0.01, device="cpu")


@pytest.fixture
def case(tiny_config):
    return Case(tiny_config(batch_size=2), VECTORS_SHAPE)


def fixed(durations, log):
    """Builders of blocks whose every step takes the given seconds; each block is noted in `log`."""

    def build(name):
        def block(steps):
            log.append((name, steps))
            return steps * durations[name]

        return block

    return {name: partial(build, name) for name in durations}


def test_blocks_alternate_after_a_warm_up():
    log = []
    found = compare(fixed({"a": 1.0, "b": 2.0}, log), seconds=0)
    assert log == [("a", 1), ("b", 1)] * (2 + FEWEST_ROUNDS)  # to warm up, to see how long a step takes, to measure
    assert found.seconds == {"a": [1.0] * FEWEST_ROUNDS, "b": [2.0] * FEWEST_ROUNDS}
    assert found.skipped == {}


def test_the_budget_is_shared_equally_among_the_blocks():
    log = []
    compare(fixed({"a": 1.0, "b": 0.25}, log), seconds=80)
    assert log[4:] == [("a", 4), ("b", 16)] * MOST_ROUNDS  # 80 seconds, 20 blocks, 4 seconds each
    log.clear()
    compare(fixed({"a": 3.0, "b": 1.0}, log), seconds=28)
    assert log[4:] == [("a", 1), ("b", 2)] * 7


def test_what_cannot_be_built_or_run_is_left_out_with_its_reason():
    def refuse():
        raise InputError("no such thing here")

    def too_large():
        def block(steps):
            raise torch.OutOfMemoryError("tried to allocate 9 GiB\nand more")

        return block

    found = compare({"a": refuse, "b": too_large, **fixed({"c": 1.0}, [])}, seconds=1)
    assert found.skipped == {"a": "no such thing here", "b": "tried to allocate 9 GiB"}
    assert list(found.seconds) == ["c"]
    assert compare({"a": refuse}, seconds=1).seconds == {}


def test_a_ratio_is_the_median_of_the_rounds_ratios():
    found = Comparison({"slow": [2.0, 40.0, 3.0], "fast": [1.0, 10.0, 1.0]}, {})  # the machine slept in the second
    assert found.speedup("fast", against="slow") == Spread(3.0, 2.5, 3.5)


def test_rows_hold_spreads_ratios_and_reasons():
    found = Comparison({"old": [2.0, 2.0, 4.0], "new": [1.0, 1.0, 1.0]}, {"lost": "why"})
    old, new, lost = rows_of("case", found, "old", {"new": {"apples": 3.0}})
    assert (old.seconds, old.rounds, old.speedup, old.against) == (Spread(2.0, 2.0, 3.0), 3, None, "")
    assert (new.speedup, new.against, new.numbers) == (Spread(2.0, 2.0, 3.0), "old", {"apples": 3.0})
    assert lost == Row("case", "lost", skipped="why")
    without = rows_of("case", Comparison({"new": [1.0, 1.0]}, {"old": "why"}), "old")
    assert next(without).speedup is None


def test_a_case_that_does_not_fit_the_machine_is_one_row(case):
    (row,) = each_case(SETUP, [replace(case, gigabytes=10**6)], lambda case: pytest.fail("measured"))
    assert "needs about 1000000 GB of memory" in row.skipped


@pytest.mark.parametrize("shape", [VECTORS_SHAPE, TOKENS_SHAPE], ids=["vectors", "tokens"])
def test_the_official_model_is_the_function_of_ours(case, shape):
    case = replace(case, shape=shape)
    theirs, (ours, _) = official_model(case).eval(), build_model(case.config, shape)
    theirs.gpt2.load_state_dict(ours.backbone.model.state_dict(), strict=False)
    first = ours.input_layer if shape is TOKENS_SHAPE else ours.input_layer[0]
    theirs.input_layer[0].load_state_dict(first.state_dict())
    theirs.output_layer.load_state_dict(ours.output_layer.state_dict())
    inputs, lengths = inputs_on(CPU, next(made_up_batches(case)))
    torch.testing.assert_close(theirs(inputs), ours.eval()(inputs, lengths), rtol=1e-4, atol=1e-4)


def test_the_official_recipe_is_that_of_2021(case):
    model = official_model(case).train()
    assert model.gpt2.config._attn_implementation == "eager"
    assert type(model.gpt2.h[0].mlp.act).__name__ == "NewGELUActivation"
    dropouts = {module.p for module in model.modules() if isinstance(module, torch.nn.Dropout)}
    assert dropouts == {0.1}
    names = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    model_of_ours, _ = build_model(case.config, case.shape)
    assert len(names) == len(freeze(model_of_ours, parse_trainable("frozen")))
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    losses = [one() for one in [official_step(model, case, CPU)] * 30]
    changed = {name for name, parameter in model.named_parameters() if not torch.equal(parameter, before[name])}
    assert changed == names
    assert all(isinstance(loss, float) for loss in losses)
    assert sum(losses[-5:]) < sum(losses[:5])


def test_the_trainer_trains_norms_and_new_layers_and_counts_steps(case, monkeypatch):
    model = peft_model(case)
    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    norms = {name for name in trained if "ln_" in name}
    assert trained - norms == {f"model.{name}" for name in ("input_layer.0.weight", "input_layer.0.bias")} | {
        f"model.output_layer.{name}" for name in ("weight", "bias")
    }
    assert len(norms) == 2 * (2 * 2 + 1)
    calls = []
    model.register_forward_hook(lambda module, *_: calls.append(module.training))
    monkeypatch.setattr(trainer, "peft_model", lambda _: model)
    block = peft_trainer(case)
    assert block(1) > 0
    assert block(3) > 0
    assert calls == [True] * (2 + 4)  # each block has one step more, which is not timed


def test_recipes_side_by_side_keep_their_precision(case):
    def losses(training):
        batch = training.next_batch()
        return training.scoring.losses(training.network(*batch[:2]), batch[2]).sum().item() / batch.known.item()

    (full,) = [losses(start_training(case))]
    runs = [start_training(case.with_config(backbone_precision=precision)) for precision in ("fp32", "bf16", "fp32")]
    first, half, last = map(losses, runs)
    assert first == last == full
    assert half != full
    assert half == pytest.approx(full, rel=0.05)


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_runs_or_says_why_not(case, name):
    found = compare({name: partial(RECIPES[name], case)}, seconds=0)
    assert found.skipped or len(found.seconds[name]) == FEWEST_ROUNDS
    if name in ("ours-tf32", "ours-bf16-captured", "ours-bf16-compiled"):
        assert found.skipped == {name: "it is for cuda, this is cpu"}
    elif name != "ours-int8":
        assert not found.skipped


def test_int8_is_left_out_where_there_is_no_kernel(case, monkeypatch):
    monkeypatch.setattr("frostformer.models.kernels.int8.int8_available", lambda: False)
    rows = {row.recipe: row for row in measurements.steps(SETUP, [case])}
    assert set(rows) == set(RECIPES)
    assert "int8 needs a CPU" in rows["ours-int8"].skipped
    assert {row.against for name, row in rows.items() if not row.skipped and name != "official"} == {"official"}


def test_a_cohort_steps_all_its_members_as_they_would_alone(case):
    cohort, (alone,) = start_cohort(case, 3), start_cohort(case.with_config(), 1).members
    frozen = [member.model.backbone.model.h[0].attn.c_attn.weight for member in cohort.members]
    assert len({id(tensor) for tensor in frozen}) == 1
    for _ in range(2):
        cohort.take_step([0, 1, 2])
        alone.take_step()
    assert [member.step for member in cohort.members] == [2, 2, 2]
    torch.testing.assert_close(
        cohort.members[0].trained["output_layer.weight"], alone.trained["output_layer.weight"], rtol=1e-3, atol=1e-5
    )
    weights = [member.trained["output_layer.weight"] for member in cohort.members]
    assert not torch.equal(weights[0], weights[1])  # of different batches


def test_causal_attention_counts_half_of_its_pairs(case):
    def flops(length):
        model = build_model(case.config, replace(case.shape, length=length, read_positions=1))[0]
        freeze(model, parse_trainable("frozen"))
        return useful_flops(model)

    blocks, width, few = 2, 32, 8
    curvature = flops(3 * few) - 2 * flops(2 * few) + flops(few)  # 2 few^2 times the coefficient of length^2
    assert curvature == 2 * few**2 * (blocks - 1) * (2 + 5) * width


def test_the_share_of_the_peak_is_taken_round_by_round():
    found = Comparison({OURS: [2.0, 8.0], "small": [1.0, 2.0], "large": [2.0, 16.0]}, {})
    numbers = rates(found, {OURS: 10**9, "small": 10**9, "large": 4 * 10**9})
    assert numbers[OURS]["share_of_peak"] == Spread.of([0.5 / 2.0, 0.125 / 0.5])
    assert numbers["small"]["gflop_per_second"] == Spread.of([1.0, 0.5])
    assert rates(replace(found, skipped={"large": "why"}), {}) == {}


@pytest.mark.slow
def test_the_other_measurements_on_tiny_models(case, tasks):
    peak = list(measurements.peak(SETUP, [case], square=8))
    assert [row.recipe for row in peak] == [
        recipe
        for precision in products_of("cpu")
        for recipe in (f"ours-{precision}", f"{precision} product 24 x 32 x 128", f"{precision} product 8 x 8 x 8")
    ]
    growth = list(measurements.growth(SETUP, case, (1, 2), (4, 8), (1, 2), (32,)))
    assert [row.recipe for row in growth] == [
        *("batch 1", "batch 2", "length 4", "length 8", "depth 1", "depth 2"),
        "width 32",
    ]
    cohort = list(measurements.cohort(SETUP, [case], runs=2))
    assert [row.recipe for row in cohort] == ["2 runs alone", "cohort of 2", "one plain batch"]
    shares = list(measurements.shares(SETUP, [case]))
    assert [row.recipe for row in shares][:2] == ["ours-fp32", "ours-bf16"]
    for row in shares:
        assert sum(row.numbers.values()) == pytest.approx(1)
        assert row.numbers["share_of_products"] > 0
    data = list(measurements.data(SETUP, case, {"digits": lambda: tasks["digits"]}))
    assert [row.recipe for row in data] == ["data path", "whole step"]
    others = list(measurements.trainer(SETUP, case))
    assert [row.recipe for row in others] == ["peft-ln", "by-hand", OURS]
    for row in (*peak, *growth, *cohort, *data, *others):
        assert not row.skipped
        assert row.seconds is not None
    assert {row.numbers["sequences_per_second"].median > 0 for row in growth} == {True}
    assert data[0].numbers["share_of_step"].median > 0


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("aten::addmm", "products"),
        ("aten::_int_mm", "products"),
        ("aten::_scaled_dot_product_flash_attention_for_cpu_backward", "attention"),
        ("aten::native_layer_norm_backward", "norms"),
        ("aten::_foreach_mul_", "optimizer"),
        ("aten::add_", "copies"),
        ("aten::gelu", "activation"),
        ("aten::sigmoid", "other"),
    ],
)
def test_kinds_of_work(operation, kind):
    assert kind_of(operation) == kind


def test_a_task_without_its_files_is_left_out(case):
    def missing():
        raise InputError("no files")

    assert list(measurements.data(SETUP, case, {"mnist": missing})) == [Row("mnist", "all", skipped="no files")]


def test_one_of_the_two_kinds_of_epochs_is_cached(case, monkeypatch):
    started = []

    def note(case, task):
        started.append(recipes.start_training(case, task))
        return started[-1]

    monkeypatch.setattr(measurements, "start_training", note)
    rows = list(measurements.cached(SETUP, case, sequences=10))
    assert [row.recipe for row in rows] == ["computed", "cached"]
    assert [training._repeated is training.model for training in started] == [True, False]
    assert all(training.step % 5 == 0 for training in started)  # whole epochs


@pytest.mark.slow
def test_memory_is_that_of_a_fresh_process(case):
    ballast = bytearray(b"1" * 900_000_000)  # of this process, which must not be counted
    libraries, ours = (peak_memory(recipe, case)["resident_megabytes"] for recipe in (LIBRARIES, OURS))
    del ballast
    assert 50 < libraries < ours < 800


def test_memory_is_asked_of_three_recipes_and_says_what_went_wrong(case, monkeypatch):
    monkeypatch.setattr(measurements, "peak_memory", lambda recipe, _: {"resident_megabytes": len(recipe)})
    rows = list(measurements.memory(SETUP, case))
    assert [row.recipe for row in rows] == [LIBRARIES, "official", "full", OURS]
    with pytest.raises(InputError, match="no/such"):
        peak_memory(OURS, case.with_config(backbone="no/such/folder"))


def test_start_measures_fresh_processes():
    python, package, shown = measurements.start(SETUP)
    assert (python.recipe, package.recipe, shown.recipe) == ("python", "import frostformer", "frostformer --help")
    assert {row.rounds for row in (python, package, shown)} == {FEWEST_ROUNDS}


def tell(rows, *, then=None):
    def measure(setup):
        """Told rows."""
        yield from rows
        if then:
            raise then

    return measure


def test_the_suite_writes_after_every_row(monkeypatch, tmp_path, capsys):
    first = Row("case", "recipe", seconds=Spread(0.001234567, 0.001, 0.002), rounds=5, numbers={"apples": 3.25})
    told = {"one": tell([first]), "two": tell([Row("case", "lost", skipped="why")], then=KeyboardInterrupt())}
    monkeypatch.setattr(suite, "MEASUREMENTS", told)
    monkeypatch.setattr("os.getloadavg", lambda: (1.75, 0.0, 0.0))
    with pytest.raises(KeyboardInterrupt):
        suite.run_suite([], tmp_path / "out", 1.0, "cpu")
    record = json.loads((tmp_path / "out" / "bench.json").read_text())
    assert list(record) == ["environment", "threads", "load", "seconds", "one", "two"]
    assert (record["load"], record["threads"], record["environment"]["device"]) == (1.75, 1, "cpu")
    assert record["one"] == [
        {
            "case": "case",
            "recipe": "recipe",
            "seconds": {"median": 0.0012346, "low": 0.001, "high": 0.002},
            "rounds": 5,
            "numbers": {"apples": 3.25},
        }
    ]
    assert record["two"] == [{"case": "case", "recipe": "lost", "skipped": "why"}]
    shown = capsys.readouterr()
    assert "left out: case, lost: why" in shown.out
    assert "The load was 1.8 when this began" in shown.out
    assert "one: Told rows." in shown.err


def test_the_suite_measures_what_is_named_and_refuses_other_names(monkeypatch, tmp_path, capsys):
    told = {name: tell([Row(name, "recipe", numbers={"apples": 1.0})]) for name in ("one", "two", "three")}
    monkeypatch.setattr(suite, "MEASUREMENTS", told)
    suite.run_suite(["three", "one", "three"], tmp_path, 1.0, "auto")
    assert [name for name in json.loads((tmp_path / "bench.json").read_text()) if name in told] == ["three", "one"]
    for names, seconds, sentence in ((["twoo"], 1.0, "Did you mean 'two'"), ([], 0.0, "seconds is 0")):
        with pytest.raises(InputError, match=sentence):
            suite.run_suite(names, tmp_path, seconds, "cpu")


def test_the_table_has_a_line_per_row(capsys):
    quick = Row(
        "gpt2 1 x 2",
        "quick",
        seconds=Spread(0.00123456, 0.001, 1.5),
        speedup=Spread(2.5, 2.25, 3.0),
        against="slow",
        numbers={"share_of_peak": Spread(0.625, 0.5, 0.75), "resident_megabytes": 1234.5},
    )
    assert cells(quick) == (
        "gpt2 1 x 2",
        "quick",
        "1.23",
        "1 to 1,500",
        "2.5 (2.25 to 3) slow",
        "0.625 share of peak, 1,234 resident megabytes",
    )
    print_table({"steps": [quick]}, {"steps": "what it is"}, load=0.1)
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[1] == "steps"
    assert lines[2].endswith(cells(quick)[-1])
    assert lines[3:] == ["steps: what it is"]


def test_every_measurement_has_a_title_and_the_help_names_it(capsys):
    from benchmarks.__main__ import bench

    for name, title in suite.titles().items():
        assert title.endswith(".")
        assert name in bench.__doc__
    assert list(suite.titles()) == list(MEASUREMENTS)


def test_made_up_data_comes_in_whole_batches(case):
    batch = next(made_up_batches(case))
    assert batch.inputs.shape == (2, case.shape.length, case.shape.channels)
    assert BATCHES > 1


@pytest.mark.parametrize(("form", "sequences", "steps"), [("series", 40, 20), ("wide", 40, 2), ("long", 4, 10)])
def test_the_files_that_are_predicted_have_as_many_sequences_as_is_said(tmp_path, form, sequences, steps):
    path = tmp_path / "rows.csv"
    write_rows(path, form, 40)
    cases = read_cases(path, FileOptions(target="label", id="id" if form == "long" else None)).cases
    assert [case.values.shape for case in cases] == [(steps, 1)] * sequences
    row = {"what": form, "rows": 40, "bytes_of_file": 1_500_000, "peak": 2.5e8, "seconds": 1.25}
    assert predictions_table([row]).splitlines()[-1] == f"| {form} | 40 | 1.5 | 250 | 1.2 |"
