"""The whole way: from a file to the answer, the page and predictions; kills, further readings, wrong input."""

from __future__ import annotations

import itertools
import json
import shutil
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import frostformer as ff
from frostformer.cli.app import app
from frostformer.data.files.options import FileOptions
from frostformer.deploy.averaged import averaged, predictor_at
from frostformer.errors import InputError
from frostformer.models.build import build_model
from frostformer.report.verdict_page import verdict_page
from frostformer.results.verdict import read_verdict
from frostformer.results.verdict_folder import plans_in, refuse_unfinished
from frostformer.tasks.scoring.classification import Classification
from frostformer.tasks.scoring.multilabel import MultiLabel
from frostformer.tasks.scoring.regression import Regression
from frostformer.verdicts import baselines as simple
from frostformer.verdicts import comparison as module
from frostformer.verdicts.asked import Asked
from frostformer.verdicts.own_trials import trial_of_file
from frostformer.verdicts.sentences import sentences
from frostformer.verdicts.store import Store, Stored, digest_of, start_anew
from frostformer.verdicts.trial import trial_of_task
from frostformer.verdicts.verdict import answer, trial_of
from killing import KilledError, killed_before

RNG = np.random.default_rng(0)
QUICK = {"budget": "30", "steps": 27, "device": "cpu", "backbone_precision": "fp32"}


def run(words):
    app(words, result_action="return_value", exit_on_error=False)


@pytest.fixture(autouse=True, scope="module")
def few_baselines():
    """The cheapest two baselines, and boosting on the summary: all of them are tested in a file of their own."""
    with pytest.MonkeyPatch.context() as patched:
        every = simple.baselines_for
        patched.setattr(simple, "baselines_for", lambda *given, **how: [every(*given, **how)[at] for at in (0, 1, 4)])
        yield


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A file of 90 sequences of two classes, which their mean tells apart."""
    path = tmp_path_factory.mktemp("data") / "waves.csv"
    rows = [[f"w{row}", *RNG.normal(1.5 * (row % 2), 1, 6).round(3), ["no", "yes"][row % 2]] for row in range(90)]
    head = ["id", *(f"t{step}" for step in range(6)), "label"]
    path.write_text("\n".join(",".join(map(str, row)) for row in [head, *rows]) + "\n")
    return path


@pytest.fixture(scope="module")
def made(table, folders, tmp_path_factory):
    """The folder of a finished verdict, two replicates in each of five parts."""
    out = tmp_path_factory.mktemp("verdict") / "v"
    ff.verdict(table, target="label", out=out, backbone=str(folders["gpt2"]), **QUICK)
    return out


def _trial_of(table):
    return trial_of_file(table, FileOptions(target="label"), 0)


def asked(folders, **changes):
    return Asked(backbone=str(folders["gpt2"]), **QUICK | changes)


def test_the_answer_is_one_of_three_and_says_its_budget(made):
    found = read_verdict(made)
    assert found.answer in ("helps", "does not help", "cannot tell")
    assert found.use in ("helps", "does not help", "cannot tell")
    assert found.sentences[0].startswith("Does pretraining help? ")
    assert "under this budget (30 trainings)" in found.sentences[0]
    assert found.sentences[1].startswith("Should you use it? ")
    if found.answer == "cannot tell" and found.needed:
        assert f"To find a gain of 2 points takes about {found.needed:,} test sequences." in " ".join(found.sentences)
    assert (found.replicates, found.folds, found.steps, found.tested, found.reading) == (2, 5, 27, 90, 1)
    names = [arm.name for arm in found.arms]
    assert names[:3] == ["pretrained", "random", "statistics"]
    assert {"majority class", "logistic regression on summary features"} <= set(names)
    assert all(len(arm.scores) == 2 for arm in found.arms if arm.kind != "beside")
    assert all(arm.curves for arm in found.arms if arm.kind == "verdict")


def test_scores_are_those_of_the_answers(made, table):
    found, plan = read_verdict(made), json.loads((made / "plan.json").read_text())
    trial = _trial_of(table)
    store = Store(made, made, digest_of([plan]))
    right = []
    for replicate in range(2):
        decisions = [store.arrays(f"replicate-{replicate}-fold-{fold}", "pretrained")[0] for fold in range(5)]
        answers = np.concatenate(decisions)[:, 0, 0] > 0  # of two classes the second logit minus the first
        right.append((answers == trial.targets[:, 0, 0]).mean())
    assert found.by_name["pretrained"].scores == pytest.approx(right)
    assert plan["rates"]["pretrained"] == [3e-4, 1e-3, 3e-3]
    assert plan["rates"]["fine-tuned"] == [3e-5, 1e-4, 3e-4]


@pytest.mark.slow
def test_nothing_of_the_test_is_kept_or_told_before_the_end(table, folders, tmp_path, monkeypatch):
    """A verdict that is killed has read nothing: no file has a test score, and the test is not counted as read."""
    told = []

    def killed(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(module.Comparison, "_train_beside", killed)
    trial = _trial_of(table)
    with pytest.raises(KeyboardInterrupt):
        answer(trial, asked(folders), tmp_path / "v", tell=told.append)
    names = {path.name for path in (tmp_path / "v").iterdir()}
    assert names == {"plan.json", "trainings", "adapters"}
    assert not any("test" in sentence and "%" in sentence for sentence in told if "are tested" not in sentence)
    for path in (tmp_path / "v/trainings").rglob("*.json"):
        assert "test" not in path.read_text()


def test_a_killed_verdict_goes_on_to_the_same_answer(made, table, folders, tmp_path, monkeypatch):
    out, count, train = tmp_path / "v", 0, module.train_arm

    def killed_at_the_tenth(*given):
        nonlocal count
        count += 1
        if count == 10:
            raise KeyboardInterrupt
        return train(*given)

    how = {"target": "label", "out": out, "backbone": str(folders["gpt2"]), **QUICK}
    monkeypatch.setattr(module, "train_arm", killed_at_the_tenth)
    with pytest.raises(KeyboardInterrupt):
        ff.verdict(table, **how)
    with pytest.raises(InputError, match="holds a verdict that has not ended: finish it with --resume"):
        ff.verdict(table, **how)
    (out / "report.html").write_text("of something else")
    found, whole = ff.verdict(table, **how, resume=True), read_verdict(made)
    assert (out / "report.html").read_text() == verdict_page(read_verdict(out))
    assert [arm.scores for arm in found.arms] == [arm.scores for arm in whole.arms]
    assert [arm.against for arm in found.arms] == [arm.against for arm in whole.arms]
    assert (found.answer, found.use) == (whole.answer, whole.use)


@pytest.mark.slow
def test_processes_train_the_same_verdict_and_go_on_with_it(made, table, folders, tmp_path, monkeypatch):
    how = {"target": "label", "out": tmp_path / "v", "backbone": str(folders["gpt2"]), **QUICK}
    keep, count = Store.keep, 0

    def killed_at_the_tenth(*given, **more):
        nonlocal count
        count += 1
        if count == 10:
            raise KeyboardInterrupt
        return keep(*given, **more)

    with monkeypatch.context() as patched:
        patched.setattr(Store, "keep", killed_at_the_tenth)
        with pytest.raises(KeyboardInterrupt):
            ff.verdict(table, **how, jobs=2)
    monkeypatch.setattr(module, "train_arm", _only_beside(module.train_arm))
    found, whole = ff.verdict(table, **how, jobs=2, resume=True), read_verdict(made)
    assert [arm.scores for arm in found.arms] == [arm.scores for arm in whole.arms]
    assert (found.answer, found.use) == (whole.answer, whole.use)


def _only_beside(train):
    """No training of the verdict's own arms in this process."""

    def refuse(config, *rest):
        assert config.trainable != "frozen" or config.weights not in ("pretrained", "random", "statistics")
        return train(config, *rest)

    return refuse


def test_trainings_of_another_plan_are_not_used(made, table, folders, tmp_path, monkeypatch):
    """Where the plan was lost, nobody knows what the trainings are of."""
    out, trained = tmp_path / "v", []
    shutil.copytree(made, out)
    (out / "plan.json").unlink()
    (out / "verdict.json").unlink()
    train = module.train_arm

    def counted(*given):
        trained.append(given)
        return train(*given)

    monkeypatch.setattr(module, "train_arm", counted)
    ff.verdict(table, target="label", out=out, backbone=str(folders["gpt2"]), **QUICK, seed=1, overwrite=True)
    assert len(trained) >= 3 * 2 * 5


def test_where_the_plan_is_lost_what_was_trained_is_removed_all_the_same(made, tmp_path):
    out = tmp_path / "v"
    shutil.copytree(made, out)
    (out / "plan.json").unlink()
    start_anew(out)
    assert [one.name for one in out.iterdir()] == ["readings.json"]


def test_what_is_damaged_is_told_before_more_is_trained(made, table, folders, tmp_path, monkeypatch):
    out = tmp_path / "v"
    shutil.copytree(made, out)
    (out / "verdict.json").unlink()
    (out / "trainings/replicate-0-fold-1/pretrained.json").unlink()
    damaged = out / "trainings/replicate-1-fold-4/random.npz"
    damaged.write_bytes(damaged.read_bytes()[:-40])
    monkeypatch.setattr(module, "train_arm", lambda *_: pytest.fail("trained"))
    how = {"target": "label", "out": out, "backbone": str(folders["gpt2"]), **QUICK}
    with pytest.raises(InputError, match=r"random.npz holds no answers .*: remove it, and go on with --resume"):
        ff.verdict(table, **how, resume=True)
    monkeypatch.undo()
    damaged.unlink()
    assert ff.verdict(table, **how, resume=True).answer == read_verdict(made).answer


def test_time_is_counted_by_the_clock(tmp_path):
    """Two trainings side by side take the time of one."""
    store, nothing = Store(tmp_path, tmp_path, "plan"), np.zeros((1, 1, 1))
    for arm, spent in (("pretrained", 9.0), ("random", 10.0)):
        store.write(
            "replicate-0-fold-0",
            arm,
            Stored(seconds=8.0, score=0.5, chosen="", steps=27, spent=spent),
            nothing,
            nothing,
        )
    assert store.spent() == (10.0, 54)


def test_a_finished_verdict_is_shown_again_and_costs_no_reading(made, table, folders):
    before = (made / "readings.json").read_text()
    found = ff.verdict(table, target="label", out=made, backbone=str(folders["gpt2"]), **QUICK, resume=True)
    assert found == read_verdict(made)
    assert (made / "readings.json").read_text() == before
    with pytest.raises(InputError, match="differs in the tested sequences, --seed:"):
        ff.verdict(table, target="label", out=made, backbone=str(folders["gpt2"]), **QUICK, seed=3, resume=True)


def test_a_plan_that_is_refused_costs_nothing(made, table, folders, tmp_path):
    """What is there stays until a new plan stands."""
    out = tmp_path / "v"
    shutil.copytree(made, out)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    how = {"target": "label", "out": out, "backbone": str(folders["gpt2"]), **QUICK}
    for wrong in ({"budget": "3"}, {"sizes": "10,500"}, {"margin": 5.0}, {"backbone": "not/here"}):
        with pytest.raises(InputError):
            ff.verdict(table, **how | wrong, overwrite=True)
        assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_all_sizes_are_planned_before_one_is_trained(table, folders, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "train_arm", lambda *_: pytest.fail("trained"))
    with pytest.raises(InputError, match="the smallest verdict on these data takes"):
        ff.verdict(
            table,
            target="label",
            out=tmp_path / "v",
            backbone=str(folders["gpt2"]),
            **QUICK | {"budget": "31"},
            sizes="70,40",
        )
    assert not (tmp_path / "v").exists()


def test_what_there_is_to_go_on_with_is_told(table, folders, tmp_path, made):
    told = []
    with pytest.raises(InputError, match="smallest verdict"):
        answer(_trial_of(table), asked(folders, budget="3"), tmp_path / "v", resume=True, tell=told.append)
    assert told[0] == f"{tmp_path / 'v'} holds no verdict to go on with: a new one begins"
    (tmp_path / "v/labels-40").mkdir(parents=True)
    shutil.copy(made / "plan.json", tmp_path / "v/labels-40")
    for sizes in (None, "50"):
        with pytest.raises(InputError, match="differs in --sizes:"):
            answer(_trial_of(table), asked(folders, sizes=sizes), tmp_path / "v", resume=True, tell=told.append)


def test_other_data_are_called_so(made, table, folders, tmp_path):
    other = tmp_path / "waves.csv"
    other.write_text(table.read_text().replace("w3,", "w3,1"))
    with pytest.raises(InputError, match="differs in the tested sequences:"):
        ff.verdict(other, target="label", out=made, backbone=str(folders["gpt2"]), **QUICK, resume=True)


def test_a_verdict_that_has_not_ended_answers_nothing(made, table, tmp_path):
    out = tmp_path / "v"
    shutil.copytree(made, out)
    (out / "verdict.json").unlink()
    for words in (["predict", str(out), str(table)], ["report", str(out)]):
        with pytest.raises(InputError, match="holds a verdict that has not ended: finish it"):
            run(words)
    with pytest.raises(InputError, match="holds a verdict that has not ended: finish it"):
        ff.predict(out, table)
    with pytest.raises(InputError, match="holds a verdict that has not ended: finish it"):
        run(["evaluate", str(out)])


def test_only_what_a_verdict_has_written_is_removed(made, tmp_path):
    out = tmp_path / "v"
    for folder in ("labels-2024", "labels-raw", "adapters", "trainings"):
        (out / folder).mkdir(parents=True)
        (out / folder / "mine.csv").write_text("1")
    (out / "plan.json").write_text('{"resources": []}')
    (out / "report.html").write_text("mine")
    before = sorted(out.rglob("*"))
    start_anew(out)
    assert sorted(out.rglob("*")) == before
    shutil.copytree(made, tmp_path / "w", dirs_exist_ok=True)
    (tmp_path / "w/labels-2024").mkdir()
    (tmp_path / "w/labels-2024/mine.csv").write_text("1")
    start_anew(tmp_path / "w")
    left = sorted(path.relative_to(tmp_path / "w").as_posix() for path in (tmp_path / "w").rglob("*"))
    assert left == ["labels-2024", "labels-2024/mine.csv", "readings.json"]


def test_a_kill_while_an_old_verdict_is_removed_leaves_one_that_has_not_ended(made, tmp_path, monkeypatch):
    for change in itertools.count():
        out = tmp_path / str(change)
        shutil.copytree(made, out)
        with killed_before(change, monkeypatch) as changes, suppress(KilledError):
            start_anew(out)
        if len(changes) < change or not plans_in(out):
            break
        if not (out / "verdict.json").exists():
            with pytest.raises(InputError, match="has not ended"):
                refuse_unfinished(out)
    assert change > 2


def test_what_other_programs_call_a_plan_is_none(tmp_path, made):
    (tmp_path / "labels-x").mkdir()
    (tmp_path / "labels-x/plan.json").write_text((made / "plan.json").read_text())
    (tmp_path / "plan.json").write_text('{"resources": []}')
    assert plans_in(tmp_path) == []
    refuse_unfinished(tmp_path)


def test_a_verdict_without_its_plan_is_not_shown_as_the_answer(made, table, folders, tmp_path):
    shutil.copy(made / "verdict.json", tmp_path)
    with pytest.raises(InputError, match="nobody knows whether it was asked the same"):
        ff.verdict(table, target="label", out=tmp_path, backbone=str(folders["gpt2"]), **QUICK, resume=True)


def test_a_page_that_is_missing_is_made(made, table, folders, tmp_path):
    out = tmp_path / "v"
    shutil.copytree(made, out)
    (out / "report.html").unlink()
    ff.verdict(table, target="label", out=out, backbone=str(folders["gpt2"]), **QUICK, resume=True)
    assert (out / "report.html").read_text() == (made / "report.html").read_text()


def test_evaluate_says_that_a_verdict_has_scored_its_test(made):
    for words, sentence in (
        (["evaluate"], "it has scored its test itself, and evaluate takes a run's folder"),
        (["card"], "a card is of a run"),
        (["export", "model.onnx"], "export takes one run, such as .*/adapters/replicate-0-fold-0"),
    ):
        with pytest.raises(InputError, match=f"holds a verdict, which .* shows: .*{sentence}"):
            run([words[0], str(made), *words[1:]])


def test_a_file_that_is_refused_comes_before_the_verdict(made, capsys):
    with pytest.raises(InputError):
        run(["predict", str(made), str(made / "nowhere.csv")])
    assert capsys.readouterr().err == ""


def test_sentences_say_what_is_special(made):
    plain = read_verdict(made)
    trivial = next(arm for arm in plain.arms if arm.name == "majority class")
    beaten = replace(trivial.against, low=0.1, high=0.3, difference=0.2)
    equal = replace(trivial.against, low=-0.1, high=0.3, difference=0.1)

    def said(against, **changes):
        arms = [replace(arm, against=against) if arm is trivial else arm for arm in plain.arms]
        return list(sentences(replace(plain, arms=tuple(arms), **changes)))

    little = "The pretrained transformer itself is not surely better than always giving the commonest answer."
    assert little in said(equal)
    assert little not in said(beaten)
    assert said(beaten, labels=50)[0].startswith("Does pretraining help with 50 labelled sequences? ")
    assert "under this budget (10m)" in said(beaten, budget="10m")[0]
    hopeless = " ".join(said(beaten, smallest=13.79, answer="cannot tell"))
    assert "that hardly any gain could show" in hopeless
    assert "379" not in hopeless
    assert "This was reading number 2" in said(beaten, reading=2)[-1]
    assert "a third of the error rate of the one before" in said(beaten, reading=2)[-1]
    forced = said(beaten, answer="cannot tell", use="cannot tell", cannot_tell=("only 20 sequences are tested",))
    assert "whatever the scores are: only 20 sequences are tested" in forced[0]
    assert "less than the margin" not in forced[0]
    assert forced[1] == "Should you use it? Cannot tell, whatever the scores are: only 20 sequences are tested."
    assert not any("would have been found" in one or "could not be told" in one for one in forced)


def test_a_gain_below_the_margin_and_a_rate_that_got_worse_are_told(made):
    plain = read_verdict(made)
    random = plain.by_name["random"]
    small = replace(random, rescued=2, against=replace(random.against, low=0.001, high=0.005, difference=0.003))
    arms = tuple(small if arm is random else arm for arm in plain.arms)
    said = [*sentences(replace(plain, arms=arms, answer="does not help", hurts=False))]
    assert "It does not help enough: it is better, but by less than the margin" in said[0]
    assert any("trainings of the random arm the chosen rate got worse later" in one for one in said)


def test_a_gain_may_come_from_scale_only_where_there_is_one(made):
    plain = read_verdict(made)
    names = {"pretrained": 0.03, "random": 0.0, "statistics": 0.0}
    against = {"random": (0.1, 0.3, 0.2), "statistics": (-0.1, 0.2, 0.05)}

    def said(**changes):
        own = against | changes
        arms = [
            replace(
                arm,
                gain=names.get(arm.name, arm.gain),
                against=replace(arm.against, low=own[arm.name][0], high=own[arm.name][1], difference=own[arm.name][2])
                if arm.name in own
                else arm.against,
            )
            for arm in plain.arms
        ]
        return " ".join(sentences(replace(plain, arms=tuple(arms))))

    assert "the gain may come from their scale" in said()
    assert "the gain may come from" not in said(random=(-0.1, 0.3, 0.1))
    assert "with more steps the difference may grow." in said()
    assert "with more steps the difference may shrink or turn." in said(random=(-0.3, 0.1, -0.1))


def test_a_second_reading_costs_alpha(made, table, folders, tmp_path):
    out = tmp_path / "v"
    shutil.copytree(made, out)
    found = ff.verdict(table, target="label", out=out, backbone=str(folders["gpt2"]), **QUICK, seed=1, overwrite=True)
    assert found.reading == 2
    first, second = (one.by_name["random"].against for one in (read_verdict(made), found))
    assert second.alpha == pytest.approx(first.alpha / 3)
    assert "reading number 2" in found.sentences[-1]
    assert len(json.loads((out / "readings.json").read_text())) == 2


@pytest.mark.slow
def test_what_is_complete_is_read_when_time_is_up(folders, tmp_path, monkeypatch):
    task = ff.Task.from_arrays(RNG.normal(size=(300, 6)), np.arange(300) % 2, name="waves")
    ended = {"count": 0, "most": 9}  # three replicates of three arms

    def is_over(self):
        ended["count"] += 1
        return ended["count"] > ended["most"]

    monkeypatch.setattr(module, "train_arm", lambda *given, train=module.train_arm: train(*given[:4]))
    monkeypatch.setattr(module.Comparison, "_fit_baselines", lambda *_: None)
    monkeypatch.setattr("frostformer.verdicts.clock.Clock.is_over", is_over)
    found = answer(trial_of_task(task), asked(folders), tmp_path / "v", tell=lambda _: None)
    assert found.replicates == 3
    assert found.by_name["random"].against.alpha == 0.0125
    ended |= {"count": 0, "most": 7}
    late = answer(trial_of_task(task), asked(folders, seed=5), tmp_path / "w", tell=lambda _: None)
    assert late.answer == "cannot tell"
    assert "Only 2 of the 3 replicates that are needed" in " ".join(late.sentences)
    assert not (tmp_path / "w/readings.json").exists()  # then nothing is read


@pytest.mark.slow
@pytest.mark.parametrize(
    "y",
    [RNG.normal(size=200), (RNG.normal(size=(200, 3)) > 0).astype(int), np.repeat([0, 1], [160, 40])],
    ids=["numbers", "labels", "imbalanced"],
)
def test_every_kind_of_answers(y, folders, tmp_path):
    x = RNG.normal(size=(200, 5, 2)) + np.asarray(y).reshape(200, -1)[:, :1, None]
    task = ff.Task.from_arrays(x, y, name="kinds")
    found = ff.verdict(task=task, out=tmp_path / "v", backbone=str(folders["gpt2"]), **QUICK | {"budget": "25"})
    assert found.is_share == (y.dtype.kind != "f")
    assert found.by_name["random"].against.margin > 0
    assert "report.html" in {path.name for path in (tmp_path / "v").iterdir()}
    if not found.is_share:
        assert all(score < 0 for arm in found.arms for score in arm.scores)
        assert "mean absolute error" in found.sentences[0]


def test_numbers_are_scored_in_the_unit_of_each_division():
    """A model that answers every tested sequence exactly has no error, whatever its division standardised by."""
    from frostformer.verdicts.collecting import Collected
    from frostformer.verdicts.judging import _Test

    y = np.exp(RNG.normal(size=150))
    trial = trial_of_task(ff.Task.from_arrays(RNG.normal(size=(150, 4)), y, name="numbers"))
    plan = SimpleNamespace(seed=0)
    comparison = module.Comparison(trial, plan, *[None] * 6)
    exact = []
    for replicate in range(3):
        scoring = comparison.divided(replicate, 0).scoring
        exact.append(scoring.encoded(trial.targets).astype(np.float64))
    arm = Collected("pretrained", (), tuple(exact), ())
    assert _Test(comparison).scores(arm) == pytest.approx(np.zeros((3, len(trial.targets))), abs=1e-5)


def test_one_tested_group_ends_without_an_answer_and_without_a_traceback(folders, tmp_path):
    who = np.repeat(["a", "b", "c", "d"], 25)
    x = RNG.normal(size=(100, 5))
    found = ff.verdict(x, np.arange(100) % 2, groups=who, out=tmp_path / "v", backbone=str(folders["gpt2"]), **QUICK)
    assert found.answer == "cannot tell"
    assert any("groups" in sentence for sentence in found.cannot_tell)


@pytest.mark.slow
def test_readings_are_counted_over_sizes_too(folders, tmp_path):
    task = ff.Task.from_arrays(RNG.normal(size=(300, 5)), np.arange(300) % 2, name="waves")
    how = {"task": task, "out": tmp_path / "v", "backbone": str(folders["gpt2"]), **QUICK}
    assert ff.verdict(**how | {"budget": "50"}, sizes="40,100").reading == 1
    for other in ({"sizes": "40,80"}, {"sizes": "40"}, {}):
        with pytest.raises(InputError, match="differs in --sizes:"):
            ff.verdict(**how | {"budget": "50"} | other, resume=True)
    assert ff.verdict(**how, overwrite=True).reading == 2
    assert not list((tmp_path / "v").glob("labels-*"))
    assert ff.predict(tmp_path / "v", task.test.inputs[:2, :, 0]).shape == (2,)


@pytest.mark.slow
def test_predictions_after_sizes_are_those_of_the_most_labels(folders, tmp_path):
    task = ff.Task.from_arrays(RNG.normal(size=(300, 5)), np.arange(300) % 2, name="waves")
    ff.verdict(task=task, out=tmp_path / "v", backbone=str(folders["gpt2"]), **QUICK | {"budget": "50"}, sizes="40,100")
    found = predictor_at(tmp_path / "v")
    assert found.path == tmp_path / "v/labels-100"
    shared = [dict(one.model.named_parameters()) for one in found._all[:2]]
    frozen = [name for name, tensor in shared[0].items() if not tensor.requires_grad]
    assert frozen
    assert all(shared[0][name] is shared[1][name] for name in frozen)


@pytest.mark.slow
def test_an_arm_outside_the_verdict_costs_it_nothing(folders, tmp_path, monkeypatch):
    train = module.train_arm

    def no_memory(config, *given):
        if config.trainable == "full":
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate too much")
        return train(config, *given)

    monkeypatch.setattr(module, "train_arm", no_memory)
    task = ff.Task.from_arrays(RNG.normal(size=(200, 5)), np.arange(200) % 2, name="waves")
    found = ff.verdict(task=task, out=tmp_path / "v", backbone=str(folders["gpt2"]), **QUICK | {"budget": "45"})
    assert found.by_name["random"].against
    assert any("from scratch: there is not enough memory" in one for one in found.left_out)


@pytest.mark.slow
def test_what_was_not_compared_is_no_win(folders, tmp_path, monkeypatch):
    monkeypatch.setattr(
        simple, "baselines_for", lambda *given, every=simple.baselines_for, **how: every(*given, **how)[:1]
    )
    x, y = RNG.normal(size=(300, 5)), np.arange(300) % 2
    task = ff.Task.from_arrays(x + 3 * y[:, None], y, name="waves")
    found = ff.verdict(task=task, out=tmp_path / "v", backbone=str(folders["gpt2"]), **QUICK | {"budget": "25"})
    assert found.use == "cannot tell"


@pytest.mark.slow
def test_more_and_more_labels(folders, tmp_path):
    x, y = RNG.normal(size=(400, 5)), np.arange(400) % 2
    task = ff.Task.from_arrays(x + y[:, None], y, name="waves")
    found = ff.verdict(
        task=task, out=tmp_path / "v", backbone=str(folders["gpt2"]), **QUICK | {"budget": "50"}, sizes="200,50"
    )
    assert [one.labels for one in found.curve] == [50, 200]
    assert found.labels == 200
    assert found.by_name["random"].against.alpha == pytest.approx(0.025 / 2)  # two comparisons
    assert found.sentences[-1].startswith("By number of labelled sequences: 50: ")
    assert "By number of labelled sequences" in verdict_page(found)


def test_predictions_are_those_of_all_replicates(made, table):
    rows = [line.split(",")[1:7] for line in table.read_text().splitlines()[1:9]]
    new = made.parent / "new.csv"
    new.write_text("\n".join(",".join(row) for row in [[f"t{step}" for step in range(6)], *rows]) + "\n")
    found = ff.predict(made, new)
    folders = sorted((made / "adapters").iterdir())
    assert len(folders) == 10
    each = [next(iter(ff.deploy.predict.Predictor(one).file(new).batches())).logits for one in folders]
    chances = torch.stack([one.double().softmax(-1) for one in each]).mean(0)[:, 0, 0]
    assert found.tolist() == [("no", "yes")[one] for one in chances.argmax(-1).tolist()]
    shown = next(iter(predictor_at(made).file(new).blocks())).rows
    assert [row[-1] for row in shown] == pytest.approx(chances[:, 1].tolist(), abs=1e-6)


def test_predict_says_first_what_the_verdict_was(made, table, capsys):
    run(["predict", str(made), str(table)])
    out, err = capsys.readouterr()
    assert err.startswith("\n".join(read_verdict(made).sentences[:2]))
    assert json.loads(out.splitlines()[0])["id"] == "w0"
    if read_verdict(made).use != "helps":
        assert "from sklearn" in err


def test_what_is_kept_is_not_written_over(made, table, tmp_path):
    out = tmp_path / "v"
    shutil.copytree(made, out)
    for words in (["predict", str(out), str(table)], ["report", str(out)]):
        with pytest.raises(InputError, match="is a file of a run or a verdict: give another name"):
            run([*words, "--out", str(out / "verdict.json")])
    assert read_verdict(out) == read_verdict(made)


def test_adapters_that_cannot_read_the_same_sequences(made, table):
    found = predictor_at(made).file(table)
    every = list(found._parts[0].batches())
    found._parts = [SimpleNamespace(batches=lambda: iter(every)), SimpleNamespace(batches=lambda: iter([]))]
    with pytest.raises(InputError, match="not every adapter can answer the same sequences"):
        list(found.batches())


def test_averaged_logits():
    classes = [Classification(outputs=2), Classification(outputs=2)]
    found = averaged(classes, [torch.tensor([[[[0.0, 0.0]]]]), torch.tensor([[[[0.0, 2.0]]]])])
    assert found.softmax(-1)[0, 0, 0, 1] == pytest.approx((0.5 + 1 / (1 + np.exp(-2))) / 2)
    labels = averaged([MultiLabel(), MultiLabel()], [torch.tensor([[[[0.0]]]]), torch.tensor([[[[2.0]]]])])
    assert labels.sigmoid().item() == pytest.approx((0.5 + 1 / (1 + np.exp(-2))) / 2)
    numbers = [Regression(mean=(1.0,), deviation=(2.0,)), Regression(mean=(3.0,), deviation=(1.0,))]
    found = averaged(numbers, [torch.tensor([[[[1.0]]]]), torch.tensor([[[[2.0]]]])])
    assert numbers[0].answers(found[..., 0].numpy()).item() == pytest.approx((3 + 5) / 2)


def test_the_page_says_the_answer_first_and_is_a_function_of_the_file(made):
    verdict = read_verdict(made)
    page = verdict_page(verdict)
    assert page == verdict_page(verdict)
    assert page.index("under this budget") < page.index("<table")
    assert "http" not in page.replace("http://www.w3.org", "").split("<script>")[0].replace("https://vega", "")
    for arm in verdict.arms:
        assert arm.name in page


def test_report_writes_the_page_again(made, tmp_path, capsys):
    run(["report", str(made), "--out", str(tmp_path / "again.html")])
    assert (tmp_path / "again.html").read_text() == (made / "report.html").read_text()
    (made / "report.html").rename(tmp_path / "first.html")
    run(["report", str(made)])
    assert (made / "report.html").read_text() == (tmp_path / "first.html").read_text()
    with pytest.raises(InputError, match="leave --format and --reference out"):
        run(["report", str(made), "--format", "latex", "--out", str(tmp_path / "a.tex")])


@pytest.mark.slow
def test_the_command_line(table, folders, tmp_path, capsys):
    words = ["verdict", str(table), "--target", "label", "--backbone", str(folders["gpt2"]), "--budget", "30"]
    words += ["--steps", "27", "--device", "cpu", "--out", str(tmp_path / "v")]
    run([*words, "--json"])
    out = capsys.readouterr().out
    assert json.loads(out)["answer"] in ("helps", "does not help", "cannot tell")
    assert json.loads(out)["command"].startswith(f"frostformer verdict {table} --target label --budget 30")
    assert json.loads(out)["command"].endswith(f"--out {tmp_path / 'v'}")
    run([*words, "--resume"])
    assert "under this budget" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"budget": "tomorrow"}, "give a time such as 10m or 2h"),
        ({"budget": "3"}, "the smallest verdict on these data takes"),
        ({"budget": "1s"}, "the smallest verdict on these data takes about"),
        ({"margin": -1.0}, "margin is -1.0: give a number above 0"),
        ({"margin": 5.0}, "margin is 5, but scores are shares of right answers here"),
        ({"steps": 3}, "steps is 3: give a whole number from 27"),
        ({"sizes": "ten"}, "give numbers of labelled sequences"),
        ({"sizes": "500"}, "asks for 500 labelled sequences, and 72 are outside the test: give 72 at most"),
        ({"target": "nothing"}, "nothing"),
        ({"backbone": "not/here"}, "not/here"),
        ({"targets": "label"}, "unknown option 'targets'"),
    ],
)
def test_bad_input_is_one_sentence(how, sentence, table, folders, tmp_path):
    given = {"target": "label", "backbone": str(folders["gpt2"]), **QUICK} | how
    with pytest.raises(InputError, match=sentence) as error:
        ff.verdict(table, out=tmp_path / "v", **given)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "v").exists()


def test_options_of_arrays_are_checked(tmp_path):
    x, y = RNG.normal(size=(60, 4)), np.arange(60) % 2
    with pytest.raises(InputError, match=r"unknown option 'buget'; .* Did you mean 'budget'\?"):
        ff.verdict(x, y, out=tmp_path, buget="10m")


def test_frames_are_arrays(tmp_path):
    pandas = pytest.importorskip("pandas")
    x, y = RNG.normal(size=(60, 4)), np.arange(60) % 2
    frame = trial_of(pandas.DataFrame(x), pandas.Series(y), None, {}, 0, {})
    assert [one.fingerprint for one in frame.folds] == [
        one.fingerprint for one in trial_of(x, y, None, {}, 0, {}).folds
    ]
    assert [one.fingerprint for one in trial_of(pandas.DataFrame(x).astype("Float64"), y, None, {}, 0, {}).folds] == [
        one.fingerprint for one in frame.folds
    ]
    with pytest.raises(InputError, match="X: column 'a' of the frame cannot be read as numbers"):
        ff.verdict(pandas.DataFrame({"a": ["x"] * 60, "b": y}), y, out=tmp_path)


def test_the_command_names_the_plugin():
    assert Asked().command(("a.csv",), Path("v"), "mine.py") == "frostformer verdict a.csv --plugin mine.py --out v"


def test_data_and_task_are_not_given_together(table, tmp_path):
    with pytest.raises(InputError, match="one of them"):
        ff.verdict(table, task="digits", out=tmp_path)
    with pytest.raises(InputError, match="answers of the sequences are missing"):
        ff.verdict(np.zeros((3, 4)), out=tmp_path)


def test_a_damaged_verdict_is_refused(made, tmp_path):
    for name, content in (("verdict.json", "{"), ("verdict.json", '{"format": 99}'), ("verdict.json", '{"format": 1}')):
        (tmp_path / name).write_text(content)
        with pytest.raises(InputError, match="is not the file of a verdict"):
            read_verdict(tmp_path)
    whole = json.loads((made / "verdict.json").read_text())
    (tmp_path / "verdict.json").write_text(json.dumps(whole | {"answer": "perhaps"}))
    with pytest.raises(InputError, match="answer"):
        read_verdict(tmp_path)


@pytest.mark.slow
def test_a_planted_effect_is_found(tmp_path):
    """Labels are a fixed random read-out of the pretrained backbone's features, less what is linear in the inputs."""
    count = 1200
    x = RNG.normal(size=(count, 8, 2)).astype(np.float32)
    first = ff.Task.from_arrays(x, np.arange(count) % 2, name="planted")
    config = ff.RunConfig(backbone="embedded", layers=2, weights="pretrained", backbone_precision="fp32", seed=7)
    model, _ = build_model(config, first.shape)
    with torch.no_grad():
        scaled = torch.from_numpy(np.stack([first.reading.sequence(row) for row in x])).float()
        logits = model.eval()(scaled, torch.full((count,), 8))[:, 0, 0].numpy()
    gap, linear = logits[:, 1] - logits[:, 0], np.column_stack([x.reshape(count, -1), np.ones(count)])
    gap = gap - linear @ np.linalg.lstsq(linear, gap, rcond=None)[0]
    task = ff.Task.from_arrays(x, (gap > np.median(gap)).astype(int), name="planted")
    found = ff.verdict(task=task, out=tmp_path / "v", layers=2, budget="25", steps=108, device="cpu")
    assert found.answer == "helps"


def test_every_field_is_kept(made):
    verdict = read_verdict(made)
    assert json.loads(json.dumps(asdict(verdict))) == json.loads((made / "verdict.json").read_text())
    assert replace(verdict) == verdict
    assert Path(made / "report.html").is_file()
