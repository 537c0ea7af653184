"""Kills and full disks at a chosen change of a file, in the process of the test."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path


class KilledError(BaseException):
    """Stands for a kill: nothing that is done to files after it has an effect."""


@contextmanager
def killed_before(change: int, monkeypatch):
    """Kill before change number `change` of a file, counted from 0; the block gets a list with an item per change."""
    changes = []

    def counted(original):
        def change_file(*arguments, **options):
            if len(changes) >= change:
                raise KilledError
            changes.append(arguments)
            return original(*arguments, **options)

        return change_file

    with monkeypatch.context() as patch:
        for owner, name in ((os, "fsync"), (Path, "replace"), (Path, "unlink"), (Path, "rmdir")):
            patch.setattr(owner, name, counted(getattr(owner, name)))
        yield changes


@contextmanager
def disk_full_at(write: int, monkeypatch):
    """The disk is full from write number `write` of a file on, counted from 0; the block gets a list as above."""
    writes = []

    def fsync(descriptor):
        writes.append(descriptor)
        if len(writes) > write:
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        yield writes
