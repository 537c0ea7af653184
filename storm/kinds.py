"""The kinds of tries, what each of them strikes, and in which order a campaign takes them."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice

import numpy as np

from storm.damage import READS, damage
from storm.outcome import Outcome
from storm.shop import Shop
from storm.strikes import full, kill, moment, process, small_disk, writers
from storm.subjects import SUBJECTS

Strike = Callable[[Shop, str, np.random.Generator], Outcome]

KINDS: dict[str, tuple[Strike, tuple[str, ...]]] = {
    "kill": (kill, tuple(SUBJECTS)),
    "damage": (damage, tuple(READS)),
    "full": (full, tuple(SUBJECTS)),
    "writers": (writers, tuple(SUBJECTS)),
    "small-disk": (small_disk, tuple(name for name in SUBJECTS if name not in ("report", "predict"))),
    "moment": (moment, tuple(SUBJECTS)),
    "process": (process, ("run", "cohort", "overwrite", "pretrain")),
}
_ORDER = ("kill", "damage", "full", "writers", "small-disk", "damage", "kill", "moment", "damage", "writers", "full")
ORDER = (*_ORDER, *_ORDER, "process")  # over and over; a process that is not forked takes much longer to start


@dataclass(frozen=True)
class Try:
    """One try of a campaign: everything about it follows from its number and the campaign's seed."""

    number: int
    kind: str
    what: str

    def outcome(self, shop: Shop, seed: int) -> Outcome:
        """What becomes of it."""
        strike, _ = KINDS[self.kind]
        return strike(shop, self.what, np.random.default_rng([seed, self.number]))


def tries(most: int, kinds: Sequence[str]) -> Iterator[Try]:
    """The first tries of these kinds."""
    return islice((one for one in map(_numbered, count()) if one.kind in kinds), most)


def _numbered(number: int) -> Try:
    rounds, place = divmod(number, len(ORDER))
    kind = ORDER[place]
    before = rounds * ORDER.count(kind) + ORDER[:place].count(kind)
    names = KINDS[kind][1]
    return Try(number, kind, names[before % len(names)])


def can_mount() -> bool:
    """Whether a disk in memory can be made here; that takes Linux and root."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            subprocess.run(["mount", "-t", "tmpfs", "storm", folder], check=True, capture_output=True)
            subprocess.run(["umount", folder], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            return False
    return True
