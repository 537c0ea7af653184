"""Errors of libraries become sentences with their cause; our own are not given another cause."""

import pytest
import torch

from frostformer.errors import InputError, in_one_line
from frostformer.models.backbones.backbone import last_real
from frostformer.models.backbones.library_errors import library_errors


def caught(function, expected):
    with pytest.raises(expected) as raised, library_errors(lambda why: InputError(f"model x ({why}): mend it")):
        function()
    return str(raised.value)


def test_an_error_of_a_library_becomes_a_sentence_with_its_cause():
    layer = torch.nn.Linear(2, 2)
    assert caught(lambda: layer(torch.zeros(3)), InputError).startswith("model x (RuntimeError: ")
    assert caught(lambda: layer.weights, InputError).startswith("model x (AttributeError: 'Linear' object")


def test_an_error_of_our_own_code_passes_through():
    assert "model x" not in caught(lambda: last_real(None, None, 1), TypeError)


def test_a_sentence_passes_through():
    def refuse():
        raise InputError("said already")

    assert caught(refuse, InputError) == "said already"


def test_a_reason_is_one_line_of_limited_length():
    assert in_one_line(ValueError("first\n  second\nthird")) == "ValueError: first second third"
    assert in_one_line(KeyError()) == "KeyError"
    assert len(in_one_line(ValueError("long " * 1000))) < 400
