"""Freed memory stays with the process, where the C library is glibc."""

import ctypes
import platform
from types import SimpleNamespace

import pytest

from frostformer import allocator


@pytest.fixture(autouse=True)
def fresh_process():
    allocator.keep_freed_memory.cache_clear()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries are left alone")
def test_glibc_takes_both_settings(monkeypatch):
    mallopt, answers = ctypes.CDLL(None).mallopt, []
    library = SimpleNamespace(mallopt=lambda *setting: answers.append((setting, mallopt(*setting))))
    monkeypatch.setattr(allocator.ctypes, "CDLL", lambda _: library)
    allocator.keep_freed_memory()
    allocator.keep_freed_memory()
    assert answers == [((-3, 2**25), 1), ((-1, -1), 1)]  # 1 is success


def test_other_libraries_are_left_alone(monkeypatch):
    monkeypatch.setattr(allocator.ctypes, "CDLL", lambda _: SimpleNamespace())
    allocator.keep_freed_memory()


def test_other_systems_are_left_alone(monkeypatch):
    monkeypatch.setattr(allocator.sys, "platform", "win32")
    monkeypatch.setattr(allocator.ctypes, "CDLL", lambda _: pytest.fail("there is no such library there"))
    allocator.keep_freed_memory()
