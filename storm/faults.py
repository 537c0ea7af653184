"""What can happen to a process: it dies, stops or finds the disk full at a chosen change of a file.

A change is whatever alters a folder: to open a file for writing, to flush it to the disk, to rename or remove it, to
make or remove a folder. Python tells of all of these but the flush through its audit hooks.
"""

from __future__ import annotations

import errno
import os
import resource
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

How = Literal["none", "kill", "torn", "stop", "full", "full-once", "small-files"]
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_CHANGES = {  # audit event -> where its path stands
    "open": 0,
    "os.rename": 1,
    "os.remove": 0,
    "os.mkdir": 0,
    "os.rmdir": 0,
    "os.truncate": 0,
}
_NEEDS_ROOM = ("open", "os.mkdir", "fsync")  # a full disk refuses these; what is there can be renamed and removed


@dataclass(frozen=True)
class Fault:
    """What happens, and before which change of a file in the process's folder, counted from 0.

    `torn` is a kill that cuts the file in half which was about to be flushed; `full` lasts, `full-once` does not;
    `small-files` refuses files of more than `at` bytes.
    """

    how: How = "none"
    at: int = 0

    def install(self, folder: Path, log: Path) -> None:
        """Let it happen in this process, which ends soon; each change in `folder` becomes a line of `log`."""
        if self.how == "small-files":
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.at, self.at))
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        count, flush = 0, os.fsync

        def change(kind: str, path: Path, file: int | None = None) -> None:
            nonlocal count
            if path != folder and not path.is_relative_to(folder):
                return
            number, count = count, count + 1
            os.write(descriptor, f"{kind.removeprefix('os.')} {path.name}\n".encode())
            self._strike(number, kind, file)

        def audit(event: str, arguments: tuple[Any, ...]) -> None:
            if event not in _CHANGES or (event == "open" and not arguments[2] & _WRITING):
                return
            path = arguments[_CHANGES[event]]
            if not isinstance(path, int):
                change(event, folder / os.fsdecode(path))

        def fsync(file: int) -> None:
            change("fsync", Path(f"/proc/self/fd/{file}").readlink(), file)
            flush(file)

        os.fsync = fsync  # type: ignore[assignment]
        sys.addaudithook(audit)

    def _strike(self, number: int, kind: str, file: int | None) -> None:
        if self.how == "stop" and number == self.at:
            os.kill(os.getpid(), signal.SIGSTOP)
        if self.how in ("kill", "torn") and number >= self.at:
            if self.how == "torn" and file is not None:
                os.ftruncate(file, os.fstat(file).st_size // 2)
            os.kill(os.getpid(), signal.SIGKILL)
        is_full = number >= self.at if self.how == "full" else self.how == "full-once" and number == self.at
        if is_full and kind in _NEEDS_ROOM:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
