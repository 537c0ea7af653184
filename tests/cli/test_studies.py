"""`frostformer reproduce`: makes what is missing, says what is left, writes plans and page."""

import json
from dataclasses import replace

import pytest

from frostformer.cli.options import Workers
from frostformer.cli.studies import list_studies, run_studies
from frostformer.cli.verbs.reproduce import reproduce
from frostformer.errors import InputError
from frostformer.runs.job import Job
from frostformer.studies.answers import answers
from frostformer.studies.plan_file import find_plans, read_plan
from frostformer.studies.planning import Part, Request
from frostformer.studies.registry import STUDIES
from frostformer.studies.scales import SMOKE
from frostformer.studies.study import Backbones, Cell, Study

NOTHING_YET = "a-study: 0 of 2 runs are there"


@pytest.fixture
def study(tiny_config):
    def make(scale, backbones):
        """Tiny: a study of two runs and one that cannot be asked?"""
        cells = [Cell(weights, "digits", tiny_config(weights=weights)) for weights in ("pretrained", "random")]
        return [*cells, Cell("impossible", "digits", None, "nobody knows how")]

    return Study("a-study", make)


@pytest.fixture
def request_(tiny_config):
    return Request(SMOKE, Backbones(tiny_config().backbone), seeds=1)


def test_the_list_has_every_study_and_its_question(capsys):
    list_studies()
    shown = capsys.readouterr().out
    assert all(f"{name} " in shown and study.question[:20] in shown for name, study in STUDIES.items())


def test_it_goes_on_where_time_was_up_and_repeats_nothing(study, request_, tmp_path, capsys, monkeypatch):
    run_studies([study], request_, tmp_path, minutes=0, workers=Workers())
    assert NOTHING_YET in (shown := capsys.readouterr().out)
    assert "2 runs are left, as time is up or another process makes them; the same command goes on" in shown
    run_studies([study], request_, tmp_path, minutes=None, workers=Workers())
    assert "a-study: 2 of 2 runs are there" in (shown := capsys.readouterr().out)
    assert "not asked: nobody knows how" in shown
    assert (tmp_path / "report.html").is_file()
    monkeypatch.setattr(Job, "start", None)  # nothing is trained again
    run_studies([study], request_, tmp_path, minutes=None, workers=Workers())
    capsys.readouterr()
    run_studies([study], request_, tmp_path, minutes=0, workers=Workers())  # what has ended counts, although time is up
    assert "a-study: 2 of 2 runs are there" in (shown := capsys.readouterr().out)
    assert "left" not in shown


def test_an_interrupted_study_has_the_page_of_what_is_there(study, request_, tmp_path, monkeypatch):
    def once(self, place):
        monkeypatch.setattr(Job, "start", interrupted)
        return start(self, place)

    def interrupted(self, place):
        raise KeyboardInterrupt

    start = Job.start
    monkeypatch.setattr(Job, "start", once)
    with pytest.raises(KeyboardInterrupt):
        run_studies([study], request_, tmp_path, minutes=None, workers=Workers())
    text = (tmp_path / "report.html").read_text("utf-8")
    assert "Measured so far: 1 of 3 cells." in text
    assert "still being made" not in text


def test_the_plan_says_what_was_asked(study, request_, tmp_path):
    run_studies([study], request_, tmp_path, minutes=0, workers=Workers())
    plan = read_plan(tmp_path / "a-study.study.json")
    assert [(cell.row, cell.missing) for cell in plan.cells] == [
        ("pretrained", ""),
        ("random", ""),
        ("impossible", "nobody knows how"),
    ]
    assert plan.command.startswith("frostformer reproduce a-study --scale smoke --backbone ")
    assert plan.command.endswith(f" --out {tmp_path}")
    assert [len(cell.runs) for cell in plan.cells] == [1, 1, 0]


def test_a_run_that_cannot_be_made_is_told_and_costs_no_other(study, request_, tmp_path, capsys):
    def make(scale, backbones):
        cells = study.make(scale, backbones)
        return [*cells, Cell("bad", "digits", replace(cells[0].run, trainable="nothing"))]

    with pytest.raises(SystemExit) as end:
        run_studies([replace(study, make=make)], request_, tmp_path, minutes=None, workers=Workers())
    assert end.value.code == 1
    shown = capsys.readouterr()
    assert "2 of 3 runs are there" in shown.out
    assert "1 run is not made, such as digits/" in shown.err
    page = (tmp_path / "report.html").read_text()
    assert "unknown parameter group or preset &#39;nothing&#39;" in page  # why, in a footnote


def test_runs_that_differ_in_anything_have_folders_of_their_own(study, request_, tmp_path):
    def longer(scale, backbones):
        return [Cell("pretrained", "digits", replace(study.make(scale, backbones)[0].run, steps=7))]

    run_studies([study, Study("other", longer)], request_, tmp_path, minutes=0, workers=Workers())
    plans, _ = find_plans([tmp_path], ["a-study", "other"])
    assert len({folder for _, plan in plans for folder in plan.folders}) == 3


def test_the_page_has_the_studies_of_earlier_calls(study, request_, tmp_path):
    other = Study("table-9", study.make)
    for one in (study, other):
        run_studies([one], request_, tmp_path, minutes=None, workers=Workers())
    assert "table-9 and a-study" in (tmp_path / "report.html").read_text()


def test_more_seeds_go_on_in_the_same_folder(study, request_, tmp_path, capsys):
    for seeds in (1, 2):
        run_studies([study], replace(request_, seeds=seeds), tmp_path, minutes=None, workers=Workers())
    assert "a-study: 4 of 4 runs are there" in capsys.readouterr().out
    with pytest.raises(InputError, match="give another --out"):
        run_studies([study], request_, tmp_path, minutes=None, workers=Workers())


def test_an_option_in_which_the_arms_differ_is_refused(request_, tmp_path):
    option = replace(request_, options={"backbone_precision": "fp32"})
    with pytest.raises(InputError, match="the arms of 'precision' differ in --backbone-precision: leave it out"):
        run_studies([STUDIES["precision"]], option, tmp_path, minutes=0, workers=Workers())


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("[]", "format"),
        ('{"format": 2}', "newer version"),
        ('{"format": 1, "study": 3}', "name"),
    ],
)
def test_a_file_that_is_no_plan_is_refused_by_its_path(tmp_path, content, fault):
    (tmp_path / "table-2.study.json").write_text(content)
    with pytest.raises(InputError, match=fault) as error:
        read_plan(tmp_path / "table-2.study.json")
    assert "table-2.study.json is not the file of a study" in str(error.value)


@pytest.mark.parametrize("folder", ["/etc", "../other", "C:x", "\\\\server\\share", "a\\..\\..\\b"])
def test_a_plan_reads_no_run_outside_its_folder(study, request_, tmp_path, folder):
    run_studies([study], request_, tmp_path, minutes=0, workers=Workers())
    path = tmp_path / "a-study.study.json"
    fields = json.loads(path.read_text())
    fields["cells"][0]["runs"] = [[folder]]
    path.write_text(json.dumps(fields))
    with pytest.raises(InputError, match="is not beside it"):
        read_plan(path)


def test_a_cluster_may_have_devices_that_are_not_here(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr("frostformer.cli.studies.run_studies", lambda *given: asked.append(given))
    workers = Workers(engine="dask", address="tcp://scheduler:8786")
    reproduce("table-2", scale="smoke", out=tmp_path, device="cuda", workers=workers)
    assert asked


def test_a_plan_never_loses_runs(study, request_, tmp_path):
    shorter = replace(study, make=lambda scale, backbones: study.make(scale, backbones)[:1])
    run_studies([shorter], request_, tmp_path, minutes=0, workers=Workers())
    run_studies([study], request_, tmp_path, minutes=None, workers=Workers())
    other = replace(study, name="another-study")
    with pytest.raises(InputError, match="asks other runs, or more: it was made with `frostformer reproduce a-study"):
        run_studies([other, shorter], request_, tmp_path, minutes=0, workers=Workers())
    assert not (tmp_path / "another-study.study.json").exists()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"backbone": "{}"}, "has no config.json: give a model folder"),
        ({"models": ["{}:2"]}, "has no config.json: give a model folder"),
        ({"device": "mps"}, "device 'mps' is not here"),
    ],
    ids=str,
)
def test_what_no_run_can_have_is_found_before_a_plan_is_written(tmp_path, given, sentence):
    (tmp_path / "empty").mkdir()
    folder = str(tmp_path / "empty")
    given = {
        name: [one.format(folder) for one in value] if isinstance(value, list) else value.format(folder)
        for name, value in given.items()
    }
    with pytest.raises(InputError, match=sentence):
        reproduce("table-2", scale="smoke", out=tmp_path / "out", **given)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("given", "begins", "ends"),
    [
        ({"images": "vit:0"}, "--images: backbone 'vit' is not a folder", "where there is a network"),
        ({"scale": "paper"}, "--scale paper: backbone 'gpt2' is not a folder", "or use `--backbone embedded`"),
    ],
    ids=str,
)
def test_a_model_that_is_not_here_is_named_with_its_option(tmp_path, monkeypatch, given, begins, ends):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("frostformer.models.backbones.hub.hub_answers", lambda: False)
    with pytest.raises(InputError) as error:
        reproduce("table-2", **given)
    assert str(error.value).startswith(begins)
    assert str(error.value).endswith(ends)
    assert "--weights" not in str(error.value)


def test_tuned_and_untuned_plans_have_room_in_one_folder(study, request_, tmp_path):
    for tuned in (False, True):
        run_studies([study], replace(request_, tuned=tuned), tmp_path, minutes=0, workers=Workers())
    plans, remarks = find_plans([tmp_path], ["a-study"])
    assert [(plan.name, plan.tuned) for _, plan in plans] == [("a-study", False), ("a-study-tuned", True)]
    assert not remarks


def test_parts_of_the_work_are_joined_in_the_report(study, request_, tmp_path, capsys):
    for number in (1, 2):
        run_studies(
            [study], replace(request_, part=Part(number, 2)), tmp_path / f"{number}", minutes=None, workers=Workers()
        )
        shown = capsys.readouterr().out
        assert f"part {number}/2: 1 of the runs" in shown
        assert "a-study: 1 of 1 runs of this part are there" in shown
    [(places, plan)], _ = find_plans([tmp_path], ["a-study"])
    assert places == (tmp_path / "1", tmp_path / "2")
    found = answers(places, plan)
    assert [len(one.results) for one in found] == [1, 1, 0]
    assert {one.results[0].folder.relative_to(tmp_path).parts[0] for one in found[:2]} == {"1", "2"}


def test_parts_may_share_a_folder(study, request_, tmp_path):
    for number in (2, 1):
        run_studies([study], replace(request_, part=Part(number, 2)), tmp_path, minutes=None, workers=Workers())
    [(places, plan)], _ = find_plans([tmp_path], ["a-study"])
    assert [len(one.results) for one in answers(places, plan)] == [1, 1, 0]


@pytest.mark.parametrize("of", [1, 2, 3, 7])
def test_every_run_is_in_one_part_and_groups_stay_together(of):
    groups = [["a", "b"], ["c"], ["d", "e", "f"], ["g"]]
    parts = [Part(number, of).among(groups) for number in range(1, of + 1)]
    assert sorted(name for part in parts for name in part) == list("abcdefg")
    assert all(not set(group) & set(part) or set(group) <= set(part) for group in groups for part in parts)


@pytest.mark.parametrize("text", ["", "3", "0/4", "5/4", "-1/4", "1/0", "a/b", "1/2/3", "1.5/2", "1/9999999"])
def test_a_part_that_is_none_is_refused(text):
    with pytest.raises(InputError, match=r"give a pair such as 3/16, .* of 100,000 at most"):
        Part.parse(text)
