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
