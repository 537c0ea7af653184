"""Terminals and logs of every kind: nothing that is shown costs a run, and whoever stops one is told how to go on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from frostformer.cli.terminal import console, say
from frostformer.cli.verbs.predict import predict
from frostformer.cli.verbs.pretrain import pretrain
from frostformer.cli.verbs.report import report
from frostformer.cli.verbs.run import run
from frostformer.config import RunConfig
from frostformer.errors import InputError
from frostformer.pretraining.config import PretrainConfig

FROSTFORMER = [sys.executable, "-W", "error", "-m", "frostformer"]
SMALL = ["--task", "digits", "--backbone", "identity", "--width", "4", "--device", "cpu"]
SHORT = [*SMALL, "--steps", "2", "--evaluate-every", "1"]
ENDLESS = [*SMALL, "--steps", "1000000000"]


def frostformer(*arguments, cwd=None, **environment) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*FROSTFORMER, *map(str, arguments)], capture_output=True, cwd=cwd, env=os.environ | environment
    )


@pytest.mark.parametrize("text", ["[bold]a[/]", "a[/b]", "[red]", ":smile:", "a" * 500])
def test_text_is_shown_as_it_is_in_one_line(capsys, text):
    say(text)
    console.print(text[:50])
    assert capsys.readouterr().out.splitlines() == [text, text[:50]]


def test_a_folder_that_looks_like_markup_and_a_terminal_that_is_not_utf_8(tmp_path):
    old = {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    out = tmp_path / "a[/b]é"
    done = frostformer("run", *SHORT, "--seeds", "0-1", "--out", out, **old)
    assert done.returncode == 0, done.stderr
    assert b"a[/b]??/report.html" in done.stdout
    assert b" ? " in done.stdout  # the plus-minus sign
    assert (out / "report.html").is_file()


def test_a_log_has_no_colours_and_no_carriage_returns(tmp_path):
    done = frostformer("run", *SHORT, "--out", "run", cwd=tmp_path, HF_HUB_DISABLE_PROGRESS_BARS="")
    assert done.returncode == 0
    for output in (done.stdout, done.stderr):
        assert b"\x1b" not in output
        assert b"\r" not in output.replace(os.linesep.encode(), b"")


@pytest.mark.skipif(os.name == "nt", reason="signals and pseudo-terminals are other things on Windows")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_who_stops_a_run_is_told_how_to_go_on(tmp_path, number, status):
    command = [*FROSTFORMER, "run", *ENDLESS, "--out", "run"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=tmp_path, preexec_fn=_heed_interrupts, **pipes) as running:
        for line in running.stdout:
            if b"backward stops" in line:  # the plan is shown, training begins
                break
        running.send_signal(number)
        told = running.communicate()[1].decode()
    assert running.returncode == status
    assert told.startswith("frostformer: interrupted; ")
    assert "--resume" in told
    assert len(told.splitlines()) == 1
    assert not list(tmp_path.iterdir())  # neither a lock nor half a file


def _heed_interrupts():
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell has jobs in the background, such as these tests, ignore them


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals and pseudo-terminals are other things on Windows")
@pytest.mark.parametrize("columns", [0, 1])
def test_any_width_of_a_terminal(tmp_path, columns):
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 0, columns, 0, 0))
    command = [*FROSTFORMER, "run", *SHORT, "--out", "run"]
    environment = os.environ | {"NO_COLOR": "1", "TERM": "xterm-256color"}
    running = subprocess.Popen(command, cwd=tmp_path, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    shown = b""
    while True:
        try:
            shown += os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
    assert running.wait() == 0, shown
    assert b"train" in shown or columns == 1  # the bar
    assert b"\x1b[3" not in shown  # a colour
    os.close(ours)


def test_a_closed_pipe_ends_quietly():
    for verb in ("tasks", "backbones"):
        with subprocess.Popen(
            [*FROSTFORMER, verb], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as running:
            running.stdout.close()
            told = running.stderr.read()
        assert told == b""
        assert running.returncode == 1


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"RANK": "abc"}, "RANK, WORLD_SIZE and LOCAL_RANK must be numbers"),
        ({"RANK": "0", "WORLD_SIZE": "2"}, "start several processes with torchrun"),
        ({"RANK": "2", "WORLD_SIZE": "2"}, "start several processes with torchrun"),
        ({"WORLD_SIZE": "0"}, "start several processes with torchrun"),
    ],
)
def test_an_environment_that_torchrun_does_not_make(tmp_path, environment, sentence):
    done = frostformer("run", *SHORT, "--out", "run", cwd=tmp_path, **environment)
    assert done.returncode == 2
    assert sentence in done.stderr.decode()
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("out", ["file", "file/under", "dangling", "loop", "n" * 256])
@pytest.mark.parametrize("verb", ["run", "seeds", "pretrain", "report", "predict"])
def test_a_target_that_cannot_be_written_is_found_before_any_work(tmp_path, verb, out):
    (tmp_path / "file").write_text("here")
    (tmp_path / "dangling").symlink_to("nowhere/at/all")
    (tmp_path / "loop").symlink_to("loop")
    target = tmp_path / out
    bits = PretrainConfig("bit-memory", layers=1, width=8, heads=1, positions=128)
    do = {
        "run": lambda: run(RunConfig(task="nothing"), out=target),
        "seeds": lambda: run(RunConfig(task="nothing"), out=target, seeds="0-1"),
        "pretrain": lambda: pretrain(None, bits, out=target),
        "report": lambda: report(tmp_path / "none", out=target / "page.html"),
        "predict": lambda: predict(tmp_path / "none", tmp_path / "none", out=target / "answers.jsonl"),
    }
    with pytest.raises(InputError, match="cannot be written"):
        do[verb]()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dangling", "file", "loop"]
