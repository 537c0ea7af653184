"""Tries that strike a command while it writes: kills, full disks, a second writer."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from storm.faults import Fault
from storm.outcome import Outcome
from storm.processes import Ended, Process, ended, killed_at_work
from storm.recovery import judged
from storm.shop import Shop
from storm.subjects import SUBJECTS, WRITTEN

_MOST_KILLS = 3
_PAGE = 4096  # bytes; a disk in memory has whole ones
_ROOM = 2**26


def kill(shop: Shop, name: str, generator: np.random.Generator) -> Outcome:
    """Kill a command before a change of a file, and perhaps what goes on with it, too."""
    subject = SUBJECTS[name]
    whole, folder, command, places = shop.whole(subject)[0], shop.begun(subject), subject.first, []
    for _ in range(generator.integers(1, _MOST_KILLS + 1)):
        fault = Fault("torn" if generator.random() < 0.3 else "kill", int(generator.integers(len(whole.changes))))
        struck = ended(command, folder, fault)
        places.append(f"{fault.how} {_place(fault.at, struck.changes)}")
        if not struck.killed:  # it had fewer changes, since it did not begin anew
            break
        command = subject.again if not subject.before else subject.first
    return judged(shop, subject, folder, ", ".join(places), struck)


def moment(shop: Shop, name: str, generator: np.random.Generator) -> Outcome:
    """Kill a command at a moment of its time."""
    return _at_a_moment(shop, name, generator, ended, "the time")


def process(shop: Shop, name: str, generator: np.random.Generator) -> Outcome:
    """Kill a command that is started as from a shell, at a moment of its time at work."""
    return _at_a_moment(shop, name, generator, killed_at_work, "the time at work")


def _at_a_moment(
    shop: Shop, name: str, generator: np.random.Generator, strike: Callable[..., Ended], whole: str
) -> Outcome:
    subject = SUBJECTS[name]
    share = generator.random()
    folder = shop.begun(subject)
    struck = strike(subject.first, folder, seconds=share * shop.whole(subject)[0].seconds)
    return judged(shop, subject, folder, f"after {share:.0%} of {whole}", struck)


def full(shop: Shop, name: str, generator: np.random.Generator) -> Outcome:
    """Let the disk be full from a change of a file on, or for this one, or refuse files over a size."""
    subject = SUBJECTS[name]
    whole, written = shop.whole(subject)
    folder = shop.begun(subject)
    how = ("full", "full-once", "small-files")[generator.integers(3)]
    if how == "small-files":
        fault = Fault("small-files", int(generator.integers(1, 2 * _largest(written))))
        place = f"files of {fault.at} bytes"
    else:
        fault = Fault("full" if how == "full" else "full-once", int(generator.integers(len(whole.changes))))
        place = f"{how} {_place(fault.at, whole.changes)}"
    return judged(shop, subject, folder, place, ended(subject.first, folder, fault))


def small_disk(shop: Shop, name: str, generator: np.random.Generator) -> Outcome:
    """Let the command write to a disk in memory that has too little room, and go on when it has more."""
    subject = SUBJECTS[name]
    _, written = shop.whole(subject)
    room = _PAGE * int(generator.integers(1, 2 * sum(map(_pages, written.items()))))
    folder = shop.begun(subject)
    with _disk(folder / WRITTEN, room) as more:
        struck = ended(subject.first, folder)
        more()
        return judged(shop, subject, folder, f"disk of {room} bytes", struck)


def writers(shop: Shop, name: str, generator: np.random.Generator) -> Outcome:
    """Stop a command before a change of a file, let a second one on the same folder end, let the first go on."""
    subject = SUBJECTS[name]
    fault = Fault("stop", int(generator.integers(len(shop.whole(subject)[0].changes))))
    folder = shop.begun(subject)
    first = Process(subject.first, folder, fault)
    one = first.wait(until_it_stops=True)
    place = f"stop {_place(fault.at, first.changes() if one is None else one.changes)}"
    takes_turns = _locks_a_file(folder)  # the second waits for that; that a folder is locked, it says at once
    second = Process(subject.again, folder)
    if not takes_turns:
        other = second.wait()
    if one is None:
        first.go_on()
        one = first.wait()
    if takes_turns:
        other = second.wait()
    assert one is not None
    assert other is not None
    if one.status != 0 and other.status != 0 and not (one.broken or other.broken):
        return Outcome("lost", place, f"neither was done: {one.last_line}")
    return judged(shop, subject, folder, place, one, other)


def _locks_a_file(folder: Path) -> bool:
    """Whether a process holds the lock of a page or of answers, beside which it lies."""
    return any(folder.rglob(".*.lock"))


def _pages(file: tuple[str, object]) -> int:
    """How much room on the disk a file in `out` takes; about so much where only its values are known."""
    name, content = file
    size = len(content) if isinstance(content, bytes) else len(str(content))
    return -(-size // _PAGE) if name.startswith(f"{WRITTEN}/") else 0


def _largest(written: dict[str, object]) -> int:
    return max(len(content) for content in written.values() if isinstance(content, bytes))


def _place(at: int, changes: tuple[str, ...]) -> str:
    """A change of a file by its number and its name, without what is drawn anew each time."""
    name = changes[at] if at < len(changes) else "behind the end"
    return f"{at} {re.sub('[.][0-9a-f]{32}', '', name)}"


@contextmanager
def _disk(folder: Path, room: int) -> Iterator[Callable[[], object]]:
    """A small disk at a folder, with what is there; the block gets a function that gives it more room."""
    folder.mkdir(exist_ok=True)
    kept = folder.rename(folder.parent.with_name(f"{folder.parent.name}.kept"))
    folder.mkdir()
    room += sum(-(-path.stat().st_size // _PAGE) * _PAGE for path in kept.rglob("*") if path.is_file())
    options = f"size={room + _PAGE}"  # and one page for the folder itself
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "storm", str(folder)], check=True, capture_output=True)
    try:
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        yield lambda: subprocess.run(["mount", "-o", f"remount,size={_ROOM}", str(folder)], check=True)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)
