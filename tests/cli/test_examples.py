"""The examples in the help are commands that the command line takes."""

from __future__ import annotations

import shlex

import pytest

from frostformer.cli.app import VERBS, app
from frostformer.cli.examples import EXAMPLES

LINES = [(verb, line) for verb, lines in EXAMPLES.items() for line in lines]


def test_every_verb_has_two_examples():
    assert set(EXAMPLES) == {verb.__name__ for verb in VERBS}
    assert all(len(lines) >= 2 for lines in EXAMPLES.values())


@pytest.mark.parametrize(("verb", "line"), LINES, ids=[line for _, line in LINES])
def test_an_example_is_understood(verb, line):
    called, _, _ = app.parse_args(shlex.split(line), exit_on_error=False, print_error=False)
    assert called.__name__ == shlex.split(line)[0]
    assert verb in ("backbones", called.__name__)


def test_the_help_shows_them_and_the_exit_status(capsys):
    app(["runs", "--help"], result_action="return_value", exit_on_error=False)
    assert "frostformer runs results --json" in capsys.readouterr().out
    app(["--help"], result_action="return_value", exit_on_error=False)
    assert "Exit status: 0" in capsys.readouterr().out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_learns_every_verb_and_option(tmp_path, monkeypatch, shell):
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "ZDOTDIR"):
        monkeypatch.delenv(name, raising=False)
    app(["--install-completion", "--shell", shell], result_action="return_value", exit_on_error=False)
    written = "".join(path.read_text() for path in tmp_path.rglob("*frostformer*") if path.is_file())
    assert all(verb.__name__ in written for verb in VERBS)
    assert "--micro-batch" in written
