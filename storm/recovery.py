"""What must hold after a fault: what was finished is still there, and the command goes on to the same bytes."""

from __future__ import annotations

from pathlib import Path

from storm.folders import contents, differences
from storm.outcome import Outcome
from storm.processes import Ended, ended
from storm.shop import Shop
from storm.subjects import Subject

_RESULT = "result.json"


def judged(shop: Shop, subject: Subject, folder: Path, place: str, *struck: Ended) -> Outcome:
    """The outcome for commands that were struck in a folder; the command that goes on there is tried.

    A kill is survived if that ends in the same bytes. Of other faults, what the struck command said counts, too.
    """
    for command in struck:
        if not command.killed and command.broken:
            return broken(command, place)
    if not any(command.killed for command in struck) and (left := next(folder.rglob(".*.partial"), None)):
        return Outcome("lost", place, f"{left.name} is left by a command that was not killed")
    if subject.before and (gone := _run_gone(shop, subject, folder)):
        return Outcome("lost", place, gone)
    again = ended(subject.again, folder)
    if again.status in (1, 2) and subject.before and not again.broken:  # the old run is still there, and said so
        again = ended(subject.first, folder)
    if again.broken:
        return broken(again, place)
    if again.status != 0:
        return Outcome("lost", place, again.last_line)
    if difference := differences(folder, *shop.right(subject)):
        return Outcome("lost", place, difference)
    silent = all(command.killed or command.status == 0 for command in struck)
    return Outcome("survived" if silent else "sentence", place)


def broken(command: Ended, place: str) -> Outcome:
    """The outcome where a command ended as none may end."""
    return Outcome("lost" if command.hung else "traceback", place, command.broken)


def _run_gone(shop: Shop, subject: Subject, folder: Path) -> str:
    """A result that was there, where neither it nor the one that replaces it is left in its folder under any name."""
    now, old, new = contents(folder), contents(shop.begun(subject)), shop.whole(subject)[1]
    for name in old:
        beside = [content for other, content in now.items() if Path(other).parent == Path(name).parent]
        if Path(name).name == _RESULT and old[name] not in beside and new[name] not in beside:
            return f"{name} is neither the old one nor the new one"
    return ""
