"""The verbs, run as a user runs them; wrong input is one sentence on stderr and status 2."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from frostformer.cli.app import app, main

VERBS = (
    "demo",
    "reproduce",
    "data",
    "verdict",
    "run",
    "runs",
    "evaluate",
    "predict",
    "explain",
    "backbones",
    "tasks",
    "pretrain",
    "report",
    "doctor",
)


def frostformer(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "frostformer", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd)


def test_help_names_every_verb_and_imports_nothing_heavy():
    code = "import sys; from frostformer.cli import app; print('torch' in sys.modules, 'transformers' in sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert loaded.stdout.split() == ["False", "False"]
    shown = frostformer("--help")
    assert shown.returncode == 0
    assert all(f" {verb} " in shown.stdout for verb in VERBS)


@pytest.fixture(scope="module")
def finished(tmp_path_factory, folders):
    """A run made by the command line, and what it printed."""
    out = tmp_path_factory.mktemp("cli") / "xor"
    done = frostformer(
        "run", "--backbone", folders["gpt2"], "--steps", 4, "--evaluate-every", 2, "--device", "cpu", "--out", out
    )
    assert done.returncode == 0, done.stderr
    return out, done


def test_run_prints_plan_and_result_and_writes_its_files(finished):
    out, done = finished
    made = sorted(path.name for path in out.iterdir())
    assert made == ["adapter.safetensors", "attention.npz", "curve.csv", "result.json", "test_scores.npz"]
    assert "layer_norm   trained" in done.stdout
    assert "attention    frozen" in done.stdout
    assert "test accuracy" in done.stdout
    assert "train: step 4 of 4, loss" in done.stderr


def test_run_again_is_refused_and_resume_returns_it(finished, folders):
    out, _ = finished
    same = ("run", "--backbone", folders["gpt2"], "--steps", 4, "--evaluate-every", 2, "--device", "cpu", "--out", out)
    refused = frostformer(*same)
    assert refused.returncode == 2
    assert "--resume" in refused.stderr
    assert frostformer(*same, "--resume").returncode == 0


def test_evaluate_agrees_with_the_result(finished):
    out, _ = finished
    accuracy = json.loads((out / "result.json").read_text())["metrics"]["test"]["accuracy"]
    shown = frostformer("evaluate", out, "--device", "cpu").stdout
    assert f"accuracy {100 * accuracy:.1f} %" in shown
    assert "fp32 on cpu" in shown
    for_programs = json.loads(frostformer("evaluate", out, "--device", "cpu", "--json").stdout)
    assert (for_programs["split"], for_programs["accuracy"]) == ("test", accuracy)


def test_predict_writes_one_line_per_sequence(finished, tmp_path):
    out, _ = finished
    (tmp_path / "bits.jsonl").write_text("[0,1,0,1,1,1,1,0,0,1]\n" * 3)
    printed = frostformer("predict", out, "bits.jsonl", cwd=tmp_path).stdout
    frostformer("predict", out, "bits.jsonl", "--out", "answers.jsonl", cwd=tmp_path)
    assert (tmp_path / "answers.jsonl").read_text() == printed
    assert [len(json.loads(line)["classes"]) for line in printed.splitlines()] == [5, 5, 5]


def test_report_makes_a_page(finished, tmp_path):
    out, _ = finished
    (tmp_path / "result.json").write_text("{")
    made = frostformer("report", out, tmp_path, "--out", tmp_path / "page.html", "--reference", "weights=random")
    assert made.returncode == 0, made.stderr
    assert f"left out: {tmp_path / 'result.json'} is not a result file" in made.stdout
    page = (tmp_path / "page.html").read_text()
    assert "bit-xor" in page
    assert "Left out" in page


@pytest.mark.parametrize(
    ("form", "name", "part"), [("markdown", "report.md", "## bit-xor"), ("latex", "report.tex", r"\section*{")]
)
def test_report_writes_its_tables_in_other_forms(finished, tmp_path, form, name, part):
    out, _ = finished
    named = frostformer("report", out, "--format", form, "-o", "page", cwd=tmp_path)
    unnamed = frostformer("report", out, "--format", form, cwd=tmp_path)
    assert (named.returncode, unnamed.returncode) == (0, 0), named.stderr + unnamed.stderr
    assert part in (tmp_path / name).read_text()
    assert (tmp_path / name).read_text() == (tmp_path / "page").read_text()


def test_explain_shows_the_plan_without_training(folders, tmp_path):
    shown = frostformer("explain", "--task", "digits", "--backbone", folders["bert"], "--trainable", "output-only")
    assert "backward stops at the output layer" in shown.stdout
    assert "what stays the same during training: all up to the read-out" in shown.stdout
    assert "GFLOP forward" in shown.stdout
    assert "adapter: about 1 kB" in shown.stdout
    assert not list(tmp_path.iterdir())


def test_backbones_lists_the_names_that_need_no_download():
    shown = frostformer("backbones").stdout
    for name in ("embedded", "gpt2-xl", "longformer", "vit", "lstm-star", "identity", "one-attention"):
        assert f"\n{name}\n" in "\n" + shown


def test_run_with_several_seeds_writes_a_folder_for_each(folders, tmp_path):
    few = ("--task", "digits", "--backbone", folders["gpt2"], "--steps", 4, "--evaluate-every", 2, "--device", "cpu")
    grid = ("run", *few, "--seeds", "0-1", "--learning-rates", "1e-3,1e-2", "--out", "runs")
    done = frostformer(*grid, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {path.parent.name for path in (tmp_path / "runs").rglob("result.json")} == {
        f"learning-rate-{rate}-seed-{seed}" for rate in ("0.001", "0.01") for seed in (0, 1)
    }
    assert (tmp_path / "runs" / "report.html").is_file()
    assert "learning_rate 0.01" in done.stdout
    assert "--resume" in frostformer(*grid, cwd=tmp_path).stderr
    assert frostformer(*grid, "--resume", cwd=tmp_path).returncode == 0


def test_features_that_stay_the_same_are_computed_once_and_it_is_said(folders, tmp_path):
    few = ("--task", "digits", "--backbone", folders["gpt2"], "--steps", 80, "--batch-size", 16, "--device", "cpu")
    done = frostformer("run", *few, "--trainable", "output-only", "--out", "run", cwd=tmp_path)
    assert "features of 1197 training and 300 validation sequences are computed once" in done.stderr


def test_tasks_lists_them():
    shown = frostformer("tasks").stdout
    assert "bit-memory" in shown
    assert "train endless, validation 118, test 132" in shown
    one = frostformer("tasks", "bit-xor", "--show", "2").stdout
    assert "--task-options.length (default 5)" in one
    assert one.count("-> ") == 2


def test_pretrain_makes_a_backbone_that_run_takes(tmp_path):
    (tmp_path / "text.txt").write_text("the quick brown fox jumps over the lazy dog\n" * 200)
    shape = ("--layers", 1, "--width", 16, "--heads", 2, "--positions", 16, "--vocabulary", 260)
    made = frostformer(
        "pretrain", "text.txt", *shape, "--tokens", 640, "--batch-size", 2, "--out", "model", cwd=tmp_path
    )
    assert made.returncode == 0, made.stderr
    assert "bits per byte" in made.stdout
    shown = frostformer("explain", "--backbone", "model", cwd=tmp_path)
    assert "parameters train" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("run", "--task", "bit-xorr", "--out", "o"), "Did you mean 'bit-xor'?"),
        (("run", "--trainable", "layernorm", "--out", "o"), "layer_norm"),
        (("run", "--steps", "0", "--out", "o"), "steps is 0: give a whole number from 1 to 1,000,000,000"),
        (("run", "--learning-rate", "nan", "--out", "o"), "give a number above 0"),
        (("run", "--dropout", "1", "--out", "o"), "from 0 to below 1"),
        (("run", "--task-options.length", "many", "--out", "o"), "'many'"),
        (("run", "--steps", "1.5", "--out", "o"), "--steps is 1.5: give a whole number"),
        (("run", "--layers", "1.0", "--out", "o"), "--layers is 1.0: give a whole number"),
        (("run", "--out", ""), "--out is empty"),
        (("run", "--task-options.length", "", "--out", "o"), "--task-options.length is empty"),
        (("evaluate", "nowhere", "--backbone", ""), "--backbone is empty"),
        (
            ("explain", "--backbone", "lstm", "--width", "1000000000"),
            "width is 1000000000: give a whole",
        ),
        (("explain", "--lora-rank", "1000000000"), "lora_rank is 1000000000"),
        (("reproduce", "arms", "--seeds", "1000000000"), "seeds is 1000000000"),
        (
            ("reproduce", "table-2", "--images", "./nowhere", "--out", "o"),
            "--images: backbone './nowhere': there is no such folder",
        ),
        (("reproduce", "table-8", "--models", "embedded:99"), "'embedded:99' asks for 99 blocks, but the model has 6"),
        (("reproduce", "table-2", "--jobs", "0"), "jobs is 0"),
        (("run", "--jobs", "2", "--out", "o"), "--jobs and --engine are for several runs"),
        (
            ("run", "--jobs", "2", "--seeds", "0-1", "--track", "wandb", "--out", "o"),
            "--track shows runs of this process",
        ),
        (("run", "--engine", "dask", "--seeds", "0-1", "--out", "o"), "--engine dask and --address belong together"),
        (("reproduce", "table-2", "--minutes", "nan"), "minutes is nan"),
        (("tasks", "digits", "--show", "-1"), "show is -1"),
        (("run", "--backbone", "no/such", "--out", "o"), "backbone 'no/such' is not a folder"),
        (("run", "--seeds", "3-1", "--out", "o"), "seeds is '3-1'"),
        (("run", "--seeds", "0-99999999999", "--out", "o"), "10,000 at most"),
        (("pretrain", "t.txt", "--seed", "99999999999999999999", "--out", "o"), "from 0 to 4,294,967,295"),
        (("run", "--learning-rates", "1e-3,fast", "--out", "o"), "learning_rates is '1e-3,fast'"),
        (("run", "--backbone", "lstm", "--weights", "pretrained", "--out", "o"), "use `--weights random`"),
        (("run", "--width", "64", "--out", "o"), "width is fixed by backbone 'embedded'"),
        (("run", "--weights", "random-2021", "--backbone", "bert", "--out", "o"), "use --weights random"),
        (("reproduce", "armz"), "Did you mean 'arms'?"),
        (("evaluate", "nowhere"), "no file at nowhere"),
        (("predict", "nowhere", "x.npy"), "no file at nowhere"),
        (("report", "nowhere"), "no folder at nowhere"),
        (("report", "--reference", "random"), "give settings of an arm such as weights=random"),
        (("report", "--reference", "weights=foo"), "unknown kind of weights in the reference 'foo'; known: auto, pre"),
        (("reproduce", "--seeds", "0"), "no study is named: give one, such as table-2, or `all`"),
        (("reproduce", "table-1", "--models", "embedded"), "--models changes no run of table-1: leave it out"),
        (("pretrain", "nowhere.txt", "--out", "o"), "nowhere.txt"),
        (("run", "--wights", "random", "--out", "o"), "Did you mean --weights?"),
        (("run", "--weights", "randm", "--out", "o"), '"auto", "pretrained"'),
        (("run", "--steps", "many", "--out", "o"), 'convert "many" into int: `frostformer run --help` says'),
        (("run",), "--out is missing: `frostformer run --help` says"),
        (("verdict", "x.csv"), "--out is missing: `frostformer verdict --help` says"),
        (("verdict", "--out", "o"), "give either a file or folder of data, or the name of a task"),
        (("verdict", "--task", "digits", "--margin", "5", "--out", "o"), "margin is 5, but scores are shares"),
        (("verdict", "--task", "digits", "--sizes", "9000", "--out", "o"), "give 1,497 at most"),
        (("rum",), 'unknown command "rum". Did you mean "run"? `frostformer --help` says'),
    ],
)
def test_wrong_input_is_one_sentence(arguments, sentence, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("frostformer.cli.app.prepare", lambda **_: None)  # it changes the whole process
    monkeypatch.setattr("frostformer.cli.app.app", lambda words, **how: app(words, **how))
    monkeypatch.setattr("sys.argv", ["frostformer", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert sentence in told
    assert told.startswith("frostformer: ")
    assert len(told.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("run",), "interrupted; the same command with --resume goes on from the last checkpoint"),
        (("--quiet", "demo"), "interrupted; the same command goes on from the last checkpoint"),
        (
            ("run", "--overwrite"),
            "interrupted; the same command with --resume in place of --overwrite goes on from the last checkpoint; if "
            "nothing had been trained yet, the old one is still there: give --overwrite again",
        ),
        (("predict",), "interrupted"),
    ],
)
def test_who_is_interrupted_is_told_how_to_go_on(words, sentence, monkeypatch, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("frostformer.cli.app.prepare", lambda **_: None)
    monkeypatch.setattr("frostformer.cli.app.app", interrupted)
    monkeypatch.setattr("sys.argv", ["frostformer", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130
    assert capsys.readouterr().err == f"frostformer: {sentence}\n"


def test_quiet_leaves_answers_alone(finished, tmp_path, folders):
    _, loud = finished
    same = ("run", "--backbone", folders["gpt2"], "--steps", 4, "--evaluate-every", 2, "--device", "cpu")
    quiet = frostformer(*same, "--out", tmp_path / "run", "--quiet")
    assert quiet.returncode == 0
    assert quiet.stderr == ""
    assert quiet.stdout.startswith("test accuracy")
    assert loud.stdout.index("test accuracy") > 0
