"""Commands in processes of their own, which a fault may strike; forked, so that one takes a fraction of a second."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from frostformer.locks import LOCK_NAME
from storm.command import command
from storm.faults import Fault

LIMIT = 900.0  # seconds after which a command counts as hanging: hundreds of times what it takes
_MEMORY = 12 * 2**30  # bytes of addresses that a command may take; damaged files can ask for any number
_UNFORESEEN = 70  # the status of an exception that the command line let through


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    """Its exit status; negative where a signal ended it."""

    told: str
    """What it wrote to stdout."""

    errors: str
    """What it wrote to stderr."""

    changes: tuple[str, ...]
    """Its changes of files, in order."""

    seconds: float

    @property
    def killed(self) -> bool:
        """Whether it was killed on purpose."""
        return self.status == -signal.SIGKILL

    @property
    def hung(self) -> bool:
        """Whether it did not end by itself."""
        return self.status == -signal.SIGABRT

    @property
    def last_line(self) -> str:
        """The last line that it wrote to stderr."""
        return self.errors.strip().rpartition("\n")[2]

    @property
    def broken(self) -> str:
        """Why this is no way to end, or nothing: a traceback, no sentence, or more than one."""
        sentences = [line for line in self.errors.splitlines() if line.startswith("frostformer: ")]
        if self.hung:
            return "it does not end"
        if "Traceback" in self.errors or self.status not in (0, 1, 2):
            return self.last_line or f"status {self.status}"
        if self.status == 2 and len(sentences) != 1:
            return f"{len(sentences)} sentences"
        diverged = "training diverged at step" in self.told
        return "status 1 without a sentence" if self.status == 1 and not sentences and not diverged else ""


class Process:
    """A command that has been started in a folder."""

    def __init__(self, arguments: Sequence[str], folder: Path, fault: Fault = Fault()) -> None:  # noqa: B008 (frozen)
        self._log = folder.with_name(f"{folder.name}.{time.monotonic_ns()}")
        self._log.mkdir()
        self._started = time.monotonic()
        sys.stdout.flush()  # else the other process would write it, too
        self._id = os.fork()
        if not self._id:
            _become(arguments, folder, fault, self._log)

    def wait(self, *, until_it_stops: bool = False, seconds: float | None = None) -> Ended | None:
        """How it ended; None where it stopped first. It is killed after `seconds`, if given."""
        last = time.monotonic() + (LIMIT if seconds is None else seconds)
        while True:
            found, how = os.waitpid(self._id, os.WNOHANG | (os.WUNTRACED if until_it_stops else 0))
            if found and os.WIFSTOPPED(how):
                return None
            if found:
                return self._ended(os.waitstatus_to_exitcode(how))
            if time.monotonic() > last:
                os.kill(self._id, signal.SIGABRT if seconds is None else signal.SIGKILL)
            time.sleep(0.002)

    def go_on(self) -> None:
        """Let a stopped process go on."""
        os.kill(self._id, signal.SIGCONT)

    def changes(self) -> tuple[str, ...]:
        """Its changes of files so far."""
        return tuple(self._read("changes").splitlines())

    def _ended(self, status: int) -> Ended:
        seconds = time.monotonic() - self._started
        found = Ended(status, self._read("stdout"), self._read("stderr"), self.changes(), seconds)
        shutil.rmtree(self._log)
        return found

    def _read(self, name: str) -> str:
        path = self._log / name
        return path.read_text(errors="replace") if path.exists() else ""


def ended(
    arguments: Sequence[str],
    folder: Path,
    fault: Fault = Fault(),  # noqa: B008 (frozen)
    seconds: float | None = None,
) -> Ended:
    """How a command ends in a folder; it is killed after `seconds`, if given."""
    found = Process(arguments, folder, fault).wait(seconds=seconds)
    assert found is not None
    return found


def killed_at_work(arguments: Sequence[str], folder: Path, seconds: float) -> Ended:
    """How a command ends that is started as from a shell, and killed `seconds` after it has locked a folder."""
    started = time.monotonic()
    command = [sys.executable, "-m", "storm.command", *arguments]
    found = os.pathsep.join(filter(None, (str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": found}  # the command starts elsewhere, and `storm` is not installed
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=folder, env=environment, **pipes) as process:
        while process.poll() is None and not any(LOCK_NAME in files for _, _, files in os.walk(folder)):
            time.sleep(0.002)
        try:
            told, errors = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            told, errors = process.communicate()
    return Ended(process.returncode, told, errors, (), time.monotonic() - started)


def _become(arguments: Sequence[str], folder: Path, fault: Fault, log: Path) -> NoReturn:
    """Be the command, in the process that was just forked."""
    status: int | str | None = _UNFORESEEN
    try:
        for name, number in (("stdout", 1), ("stderr", 2)):
            os.dup2(os.open(log / name, os.O_WRONLY | os.O_CREAT), number)
        os.chdir(folder)
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        sys.argv = ["frostformer", *arguments]
        fault.install(folder, log / "changes")
        command()
        status = 0
    except SystemExit as end:
        status = 0 if end.code is None else end.code
    except BaseException:  # noqa: BLE001 (that it was not foreseen is what is looked for)
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status if isinstance(status, int) else 1)
