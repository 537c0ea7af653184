"""What must hold after a fault: what was finished is still there, and the command goes on to the same bytes."""

from __future__ import annotations

from pathlib import Path

from storm.folders import contents, differences
from storm.outcome import Outcome
from storm.processes import Ended, ended
from storm.shop import Shop
from storm.subjects import WRITTEN, Subject

_RESULT = f"{WRITTEN}/result.json"


def judged(shop: Shop, subject: Subject, folder: Path, place: str, *struck: Ended) -> Outcome:
    """The outcome for commands that were struck in a folder; the command that goes on there is tried.

    A kill is survived if that ends in the same bytes. Of other faults, what the struck command said counts, too.
    """
    for command in struck:
        if not command.killed and command.broken:
            return broken(command, place)
    if not any(command.killed for command in struck) and (left := next(folder.rglob(".*.partial"), None)):
        return Outcome("lost", place, f"{left.name} is left by a command that was not killed")
    if subject.before and not _has_result(shop, subject, folder):
        return Outcome("lost", place, "neither the old run nor the new one is whole")
    again = ended(subject.again, folder)
    if again.status == 2 and subject.before and not again.broken:  # the old run is still there, and said so
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


def _has_result(shop: Shop, subject: Subject, folder: Path) -> bool:
    """Whether the finished run that was there, or the one that replaces it, is in the folder, under whatever name."""
    right = [contents(shop.begun(subject))[_RESULT], shop.whole(subject)[1][_RESULT]]
    return any(content in right for content in contents(folder).values())
