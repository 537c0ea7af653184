"""Runs in one pass through their backbone: each ends as it would alone."""

import contextlib
import itertools
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
import transformers

from frostformer.config import RunConfig
from frostformer.errors import InputError
from frostformer.models import build
from frostformer.models.build import build_model, share_frozen
from frostformer.models.freezing import PRESETS, trained_names
from frostformer.results.result import read_result
from frostformer.runs.adapters import FILE_NAME
from frostformer.runs.folder import RESULT_NAME
from frostformer.runs.job import Watch
from frostformer.runs.one import run
from frostformer.runs.together import run_together as run_cohort
from frostformer.training.checkpoints import read_tensors
from frostformer.training.cohort import Cohort, cohort_key
from frostformer.training.loop import Training
from helpers import FAMILIES, VECTORS_SHAPE, save_model
from killing import KilledError, killed_before

_OWN_POSITIONS = ("t5", "t5-encoder", "opt")  # of pairs; a table called by keyword


def members(config):
    """Five runs that differ in everything that may differ."""
    return [
        config,
        replace(config, seed=1),
        replace(config, seed=2, learning_rate=1e-2),
        replace(config, seed=3, gradient_clip=0.1, steps=9),
        replace(config, seed=4, learning_rate=3e-3, patience=1, evaluate_every=2),
    ]


@pytest.fixture
def passes_of_two(monkeypatch):
    """Five members go in passes of 2, 2 and 1."""
    monkeypatch.setattr("frostformer.training.cohort._runs_in_a_pass", lambda _: 2)
    monkeypatch.setattr("frostformer.training.cohort._FEWEST_RUNS", 2)


def same_run(one, other, close):
    """Two finished runs agree in curve, scores and adapter."""
    (result, folder), (expected, other_folder) = one, other
    assert result.config == expected.config
    assert (result.steps, result.milestones) == (expected.steps, expected.milestones)
    for record, wanted in zip(result.curve, expected.curve, strict=True):
        assert record["step"] == wanted["step"]
        assert record["train_loss"] == pytest.approx(wanted["train_loss"], rel=close)
        assert record["validation_loss"] == pytest.approx(wanted["validation_loss"], rel=close)
    if close > 0.01:
        return  # Adam makes much of the small differences of bfloat16
    tensors, wanted_tensors = (read_tensors(path / FILE_NAME)[0] for path in (folder, other_folder))
    assert tensors.keys() == wanted_tensors.keys()
    for name, tensor in tensors.items():
        torch.testing.assert_close(tensor, wanted_tensors[name], rtol=close, atol=close)


_TEXT = {"vocab_size": 40, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
_DEBERTA = _TEXT | {"max_position_embeddings": 64, "relative_attention": True, "pos_att_type": ["c2p", "p2c"]}
_UNLIKE = {  # their trained modules see other than (batch, ...): positions in front, relative tables
    "xlnet": (
        transformers.XLNetModel,
        {"vocab_size": 40, "d_model": 32, "n_layer": 2, "n_head": 2, "d_inner": 64},
    ),
    "mpnet": (transformers.MPNetModel, _TEXT | {"max_position_embeddings": 64}),
    "deberta-v2": (
        transformers.DebertaV2Model,
        _DEBERTA | {"norm_rel_ebd": "layer_norm", "position_buckets": 8, "position_biased_input": False},
    ),
}


@pytest.mark.parametrize("task", ["digits", "bit-xor"])
@pytest.mark.parametrize("family", [*FAMILIES, *_UNLIKE])
def test_twenty_steps_together_are_those_of_each_alone(tmp_path, tasks, monkeypatch, family, task):
    monkeypatch.setattr("helpers.FAMILIES", FAMILIES | _UNLIKE)
    config = RunConfig(task=task, backbone=str(save_model(tmp_path, family)), batch_size=16, device="cpu")
    config = replace(config, backbone_precision="fp32", weights="pretrained")
    configs = [config, replace(config, seed=1, learning_rate=3e-3), replace(config, seed=2, learning_rate=1e-2)]
    task = tasks[task]

    def started():
        return [Training(build_model(one, task.shape)[0].train(), task, one) for one in configs]

    alone, together = started(), started()
    before = [{name: one.detach().clone() for name, one in training.trained.items()} for training in alone]
    for training in together:
        share_frozen(training.model, together[0].model, set(training.trained))
    cohort = Cohort(together)
    agrees = cohort.agrees()
    assert agrees == (family not in ("t5", "t5-encoder", "opt", "mamba", *_UNLIKE))
    for training, old in zip(together, before, strict=True):  # the trial leaves no trace
        assert all(torch.equal(one, old[name]) and one.grad is None for name, one in training.trained.items())
    if not agrees:
        return
    for training in alone + together:
        training.begin()
    for _ in range(20):
        cohort.take_step([0, 1, 2])
        for training in alone:
            training.take_step()
    for one, other, old in zip(together, alone, before, strict=True):
        for name, tensor in other.trained.items():
            change = (tensor - old[name]).detach().abs().max()
            assert (one.trained[name] - tensor).detach().abs().max() <= 1e-5 * change, name


def test_a_member_that_diverges_disturbs_no_other(tiny_config, tmp_path):
    config = tiny_config(steps=6, evaluate_every=2)
    configs = [config, replace(config, seed=2, learning_rate=1e30), replace(config, seed=1)]
    folders = [tmp_path / str(number) for number in range(3)]
    results = run_cohort(dict(zip(folders, configs, strict=True)))
    assert [result.diverged is None for result in results] == [True, False, True]
    assert [result.steps for result in results] == [6, 2, 6]
    for number in range(3):
        run(configs[number], tmp_path / "alone" / str(number))
        one, other = (path / str(number) / FILE_NAME for path in (tmp_path, tmp_path / "alone"))
        assert one.read_bytes() == other.read_bytes()


def test_the_seconds_of_the_members_add_up_to_what_all_took(tiny_config, tmp_path, monkeypatch):
    laps = []

    class Ticks:
        def lap(self):
            laps.append(1.0)
            return 1.0

    monkeypatch.setattr("frostformer.training.cohort.Clock", Ticks)
    config = tiny_config(steps=6, evaluate_every=2)
    configs = [config, replace(config, seed=1), replace(config, seed=2, steps=2)]
    results = run_cohort({tmp_path / str(number): one for number, one in enumerate(configs)})
    assert sum(result.own_seconds for result in results) == pytest.approx(len(laps), abs=0.01)
    assert results[2].own_seconds < results[0].own_seconds


def test_a_cohort_builds_and_hashes_its_backbone_once(tiny_config, tmp_path, monkeypatch):
    calls = []
    for name in ("build_backbone", "fingerprint"):
        was = getattr(build, name)
        monkeypatch.setattr(build, name, lambda *given, was=was, name=name: (calls.append(name), was(*given))[1])
    run_cohort({tmp_path / str(seed): tiny_config(seed=seed, steps=2) for seed in range(3)})
    assert calls == ["build_backbone", "fingerprint"]


@pytest.mark.slow
@pytest.mark.parametrize(("overwrite", "first"), [(False, 0), (True, 1)])
def test_a_cohort_killed_before_a_change_of_a_file_goes_on_to_the_same_bytes(
    tiny_config, tmp_path, monkeypatch, overwrite, first
):
    monkeypatch.setattr("frostformer.runs.job.CHECKPOINT_SECONDS", 0)
    monkeypatch.setattr("frostformer.runs.job.WRITING_SHARE", 1e9)
    config = tiny_config("llama", task="bit-xor", steps=4, evaluate_every=2)
    configs = {"a": config, "b": replace(config, seed=1, steps=2), "c": replace(config, seed=2, learning_rate=3e-3)}

    def train(part, **options):
        return run_cohort({tmp_path / part / name: one for name, one in configs.items()}, **options)

    def left(part):
        results = [read_result(tmp_path / part / name) for name in configs]
        said = [
            replace(result, seconds=0, curve=[point | {"seconds": 0} for point in result.curve]) for result in results
        ]
        return said, [(tmp_path / part / name / FILE_NAME).read_bytes() for name in configs]

    train("whole")
    for name, one in configs.items():
        run(one, tmp_path / "old" / name)
    for change in itertools.count(first, 3):  # every third; it takes long
        part = f"killed-{change}"
        if overwrite:
            shutil.copytree(tmp_path / "old", tmp_path / part)
        with killed_before(change, monkeypatch) as changes, contextlib.suppress(KilledError):
            train(part, overwrite=overwrite)
        together = [result.together for result in train(part, resume=True)]
        assert together in ([3, 3, 3], [1, 1, 1] if overwrite else []), change  # all new ones, or all old ones
        if together != [1, 1, 1]:
            assert left(part) == left("whole"), change
        for name in configs:
            names = [sorted(path.name for path in (tmp_path / one / name).iterdir()) for one in (part, "whole")]
            assert names[0] == names[1], change
        if len(changes) < change:
            break
    assert change > 40


def test_a_member_of_a_killed_cohort_goes_on_alone(tiny_config, tmp_path, monkeypatch):
    monkeypatch.setattr("frostformer.runs.job.CHECKPOINT_SECONDS", 0)
    configs = {tmp_path / str(seed): tiny_config(seed=seed, steps=8, evaluate_every=2) for seed in range(3)}

    def stop(out, training, record):
        if record.step == 6:
            raise KilledError

    with pytest.raises(KilledError):
        run_cohort(configs, watch=Watch(progress=stop))
    run(configs[tmp_path / "1"], tmp_path / "1", resume=True)
    run_cohort(configs, resume=True)
    for seed in range(3):
        run(configs[tmp_path / str(seed)], tmp_path / "alone" / str(seed))
        one, other = (path / str(seed) / FILE_NAME for path in (tmp_path, tmp_path / "alone"))
        assert one.read_bytes() == other.read_bytes()


def together_as_alone(configs, out, close):
    """Each of these runs ends as it would alone; returns with how many each was trained."""
    folders = [out / str(number) for number in range(len(configs))]
    results = run_cohort(dict(zip(folders, configs, strict=True)))
    for config, folder, result in zip(configs, folders, results, strict=True):
        alone = out / f"{folder.name}-alone"
        same_run((result, folder), (run(config, alone), alone), close)
    return {result.together for result in results}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("family", "task", "changes"),
    [
        ("gpt2", "digits", {}),
        ("gpt2", "digits", {"backbone_precision": "bf16"}),
        ("t5", "digits", {}),
        *((family, "digits", {"trainable": "output+layer_norm"}) for family in ("llama", "t5", "opt", "mamba")),
    ],
)
def test_a_member_ends_as_it_would_alone(tiny_config, tmp_path, family, task, changes):
    configs = members(tiny_config(family, task=task, steps=12, evaluate_every=3, **changes))
    positions_train = changes.get("trainable", "frozen") == "frozen"
    looks_at_its_norms = family == "mamba"
    one_by_one = looks_at_its_norms or (family in _OWN_POSITIONS and positions_train)
    close = 1e-3 if changes.get("backbone_precision") != "bf16" else 0.1
    assert together_as_alone(configs, tmp_path, close) == {1 if one_by_one else len(configs)}


@pytest.mark.slow
@pytest.mark.parametrize(("precision", "close"), [("fp32", 1e-3), ("bf16", 0.1)])
def test_members_of_several_passes_end_as_they_would_alone(tiny_config, tmp_path, passes_of_two, precision, close):
    configs = members(tiny_config(steps=12, evaluate_every=3, backbone_precision=precision))
    assert together_as_alone(configs, tmp_path, close) == {5}


def test_ragged_members_are_padded_to_one_length(tiny_config, tasks, monkeypatch, tmp_path, passes_of_two):
    monkeypatch.setattr("frostformer.tasks.registry.build_task", lambda name, options: tasks[name])
    configs = members(tiny_config("bert", task="listops", steps=6))
    assert together_as_alone(configs, tmp_path, 1e-3) == {5}


@pytest.mark.parametrize("in_passes", [False, True])
def test_an_interrupted_cohort_goes_on(tiny_config, tmp_path, monkeypatch, request, in_passes):
    if in_passes:
        request.getfixturevalue("passes_of_two")
    monkeypatch.setattr("frostformer.runs.job.CHECKPOINT_SECONDS", 0)
    monkeypatch.setattr("frostformer.runs.job.WRITING_SHARE", 1e9)
    configs = members(tiny_config(steps=12, evaluate_every=3))
    whole, torn = (
        {tmp_path / part / str(number): config for number, config in enumerate(configs)} for part in ("whole", "torn")
    )
    expected = run_cohort(whole)

    class StoppedError(Exception):
        pass

    def stop(out, training, record):
        if record.step == 9:
            raise StoppedError

    with pytest.raises(StoppedError):
        run_cohort(torn, watch=Watch(progress=stop))
    with pytest.raises(InputError, match="--resume"):
        run_cohort(torn)
    for result, other, folder, other_folder in zip(run_cohort(torn, resume=True), expected, torn, whole, strict=True):
        same_run((result, folder), (other, other_folder), 1e-3)


def test_finished_members_are_kept(tiny_config, tmp_path):
    one, other = members(tiny_config())[:2]
    run(one, tmp_path / "0")
    before = (tmp_path / "0" / RESULT_NAME).stat().st_mtime_ns
    results = run_cohort({tmp_path / "0": one, tmp_path / "1": other}, resume=True)
    assert [result.config["seed"] for result in results] == [one.seed, other.seed]
    assert (tmp_path / "0" / RESULT_NAME).stat().st_mtime_ns == before


def test_frozen_tensors_are_in_memory_once(tiny_model):
    one, other = (tiny_model(VECTORS_SHAPE, seed=seed) for seed in range(2))
    trained = set(trained_names(one, PRESETS["frozen"]))
    share_frozen(other, one, trained)
    for (name, mine), (_, theirs) in zip(other.named_parameters(), one.named_parameters(), strict=True):
        assert (mine is theirs) == (name.startswith("backbone.") and name not in trained)


@pytest.mark.parametrize(
    ("backbone", "trainable", "steps"),
    [  # 90 steps are more than an epoch: features that stay the same are computed once
        ("identity", "output-norms", 90),
        ("identity", "output+position", 90),
        ("lstm-2021", "frozen", 4),
        ("lstm", "frozen", 4),
        ("one-attention", "frozen", 4),
    ],
)
def test_backbones_without_a_checkpoint_end_as_they_would_alone(tmp_path, backbone, trainable, steps):
    config = RunConfig(
        task="digits",
        backbone=backbone,
        weights="random",
        width=4,
        trainable=trainable,
        steps=steps,
        batch_size=16,
        evaluate_every=steps // 2,
        device="cpu",
    )
    together_as_alone([replace(config, learning_rate=rate) for rate in (1e-3, 1e-2)], tmp_path, 1e-3)


def test_different_backbones_are_refused(tiny_config, tmp_path):
    configs = {tmp_path / str(seed): tiny_config(weights="random", seed=seed) for seed in range(2)}
    with pytest.raises(InputError, match="different backbones"):
        run_cohort(configs)


def test_what_goes_together():
    base = RunConfig()
    key = cohort_key(base)
    assert key is not None
    for changes in ({"seed": 1}, {"learning_rate": 1.0}, {"steps": 5}, {"patience": 2}, {"gradient_clip": 2.0}):
        assert cohort_key(replace(base, **changes)) == key
    for changes in ({"task": "digits"}, {"batch_size": 2}, {"backbone": "gpt2"}, {"weights": "random"}, {"layers": 2}):
        assert cohort_key(replace(base, **changes)) not in (key, None)
    for weights in ("random", "statistics", "shuffled"):
        drawn = replace(base, weights=weights)
        assert cohort_key(drawn) == cohort_key(replace(drawn, learning_rate=1.0))
        assert cohort_key(drawn) != cohort_key(replace(drawn, seed=1))
    other_ways = ({"dropout": 0.1}, {"compile": True}, {"lora_rank": 2}, {"micro_batch": 2})
    for changes in (*other_ways, {"trainable": "full"}, {"trainable": "output-only"}):
        assert cohort_key(replace(base, **changes)) is None


def test_members_of_one_step_make_one_pass(tiny_model, tiny_config, tasks):
    config = tiny_config(steps=3, evaluate_every=3)
    models = [tiny_model(tasks["digits"].shape, seed=seed) for seed in range(2)]
    calls = []
    models[0].backbone.model.h[0].register_forward_hook(lambda block, *_: calls.append(block.training))
    trainings = [Training(model.train(), tasks["digits"], config) for model in models]
    list(Cohort(trainings).run())
    assert calls.count(True) == 3


def test_a_pass_has_so_many_positions_at_most(tiny_model, tiny_config, tasks, monkeypatch):
    config = tiny_config(steps=2, evaluate_every=2)
    of_a_run = config.batch_size * tasks["digits"].shape.length

    def sizes(positions, runs):
        monkeypatch.setattr("frostformer.training.cohort._MOST_POSITIONS", {"cpu": positions})
        models = [tiny_model(tasks["digits"].shape, seed=seed) for seed in range(runs)]
        seen = []
        for model in models:
            model.backbone.model.h[0].register_forward_hook(
                lambda block, _, states: seen.append(len(states) // config.batch_size) if block.training else None
            )
        list(Cohort([Training(model.train(), tasks["digits"], config) for model in models]).run())
        return seen

    assert sizes(4 * of_a_run, 4) == [4] * 2
    assert sizes(4 * of_a_run, 5) == [3, 2] * 2
    assert sizes(of_a_run - 1, 2) == [1, 1] * 2


def test_runs_with_large_batches_go_one_after_the_other(tiny_config, tasks, tmp_path, monkeypatch):
    configs = [tiny_config(seed=seed) for seed in range(3)]
    enough = 6 * configs[0].batch_size * tasks["digits"].shape.length

    def finished(positions):
        """Runs that have a result whenever one is evaluated, and what the results say of it."""
        monkeypatch.setattr("frostformer.training.cohort._MOST_POSITIONS", {"cpu": positions})
        out = tmp_path / str(positions)
        counts = []
        watch = Watch(progress=lambda *_: counts.append(len(list(out.glob(f"*/{RESULT_NAME}")))))
        results = run_cohort({out / str(number): config for number, config in enumerate(configs)}, watch=watch)
        return sorted(set(counts)), {result.together for result in results}

    assert finished(enough - 1) == ([0, 1, 2], {1})
    assert finished(enough) == ([0], {3})


def test_weights_count_in_a_cohort_as_they_do_alone(tiny_config, tasks):
    digits = tasks["digits"]
    task = replace(digits, train=replace(digits.train, weights=np.linspace(0.5, 1.5, len(digits.train))))
    curves = []
    for side_by_side in (True, False):
        models = [build_model(tiny_config(seed=seed), task.shape)[0] for seed in (0, 1)]
        trainings = [Training(model, task, tiny_config(seed=seed)) for seed, model in enumerate(models)]
        share_frozen(models[1], models[0], set(trainings[0].trained))
        for one in [Cohort(trainings)] if side_by_side else trainings:
            list(one.run())
        curves.append([record.train_loss for training in trainings for record in training.curve])
    assert curves[0] == pytest.approx(curves[1], rel=1e-6)
    plain = Training(build_model(tiny_config(), digits.shape)[0], digits, tiny_config())
    assert next(plain.run()).train_loss != pytest.approx(curves[0][0], rel=1e-4)
