"""Tries that damage a file and let a command read it: one sentence, or a right answer."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from storm.folders import contents, differences
from storm.outcome import Outcome
from storm.processes import Ended, ended
from storm.shop import Shop, Step
from storm.subjects import EXPERIMENT, LANGUAGE, MODEL, PREDICT, RUN, SUBJECTS, WRITTEN

_EVALUATE = ("evaluate", WRITTEN)
_AGAIN = (*RUN, "--resume")
_COHORT = SUBJECTS["cohort"]
_ON_PRETRAINED = tuple(WRITTEN if word == MODEL else "new" if word == WRITTEN else word for word in RUN)
_SEEDS = tuple("3" if word == "1" else word for word in EXPERIMENT)
_REPORT = ("report", WRITTEN, "--out", "page.html", "--reference", "weights=random")
_PROTEINS = (
    *("remote-homology" if word == "bit-xor" else word for word in RUN),
    *("--task-options.folder", ".", "--task-options.length", "60"),
)


@dataclass(frozen=True)
class Read:
    """A file that a command reads, and what was done before."""

    file: str
    """A pattern in the folder; one of the files is drawn."""

    command: tuple[str, ...]
    before: tuple[Step, ...] = ()

    same: bool = False
    """Whether only one answer is right. Of a file without a checksum, other content is another question."""

    or_else: tuple[Step, ...] = ()
    """Steps that leave what is right, too."""


READS = {
    "result, report": Read(f"{WRITTEN}/*/result.json", _REPORT, (Step(_SEEDS),)),
    "scores, report": Read(f"{WRITTEN}/*/test_scores.npz", _REPORT, (Step(_SEEDS),)),
    "result, resume": Read(f"{WRITTEN}/result.json", _AGAIN, (Step(RUN),)),
    "adapter, predict": Read(f"{WRITTEN}/adapter.safetensors", PREDICT, (Step(RUN),), same=True),
    "adapter, evaluate": Read(f"{WRITTEN}/adapter.safetensors", _EVALUATE, (Step(RUN),), same=True),
    "checkpoint, resume": Read(f"{WRITTEN}/checkpoint.safetensors", _AGAIN, (Step(RUN, "open ..adapter"),), same=True),
    "cohort, resume": Read(
        f"{WRITTEN}/*/*checkpoint.safetensors*",
        _COHORT.again,
        (Step(_COHORT.first, "rename checkpoint"),),
        True,
        tuple(map(Step, _COHORT.alone)),
    ),
    "weights, evaluate": Read(f"{MODEL}/model.safetensors", _EVALUATE, (Step(RUN),), same=True),
    "weights, resume": Read(f"{MODEL}/model.safetensors", _AGAIN, (Step(RUN, "open ..adapter"),), same=True),
    "weights, run": Read(f"{MODEL}/model.safetensors", RUN),
    "config, evaluate": Read(f"{MODEL}/config.json", _EVALUATE, (Step(RUN),), same=True),
    "config, run": Read(f"{MODEL}/config.json", RUN),
    "pretrained, run": Read(f"{WRITTEN}/*", _ON_PRETRAINED, (Step(LANGUAGE),)),
    "pretraining, resume": Read(
        f"{WRITTEN}/checkpoint.safetensors", LANGUAGE, (Step(LANGUAGE, "mkdir .model.new"),), same=True
    ),
    "tokenizer, resume": Read(f"{WRITTEN}/tokenizer.json", LANGUAGE, (Step(LANGUAGE, "mkdir .model.new"),), same=True),
    "text, pretrain": Read("text.txt", LANGUAGE),
    "text.xz, pretrain": Read("text.txt.xz", tuple(f"{word}.xz" if word == "text.txt" else word for word in LANGUAGE)),
    "npy, predict": Read("x.npy", PREDICT, (Step(RUN),)),
    "jsonl, predict": Read("x.jsonl", tuple("x.jsonl" if word == "x.npy" else word for word in PREDICT), (Step(RUN),)),
    "proteins, run": Read("remote_homology.*.csv", _PROTEINS),
}


def damage(shop: Shop, name: str, generator: np.random.Generator) -> Outcome:
    """Damage a file and let a command read it."""
    read = READS[name]
    folder = shop.after(*read.before)
    files = sorted(path for path in folder.glob(read.file) if path.is_file())
    path = files[generator.integers(len(files))]
    content, how = damaged(path.read_bytes(), generator)
    path.write_bytes(content)
    before = set(contents(folder))
    done = ended(read.command, folder)
    place = f"{path.name} {how}"
    if done.broken:
        return Outcome("lost" if done.killed else "traceback", place, done.broken)
    if left := sorted(name for name in contents(folder) if name not in before and Path(name).name.startswith(".")):
        return Outcome("lost", place, f"{left[0]} is left over")
    if done.status != 0:
        return Outcome("sentence", place)
    if note := _wrong(shop, read, folder, path, done):
        return Outcome("lost", place, note)
    return Outcome("survived", place)


def _wrong(shop: Shop, read: Read, folder: Path, path: Path, done: Ended) -> str:
    """What is not right about the answer of a command that ended well."""
    for page in folder.glob("page.html"):
        if not page.read_text().rstrip().endswith("</html>"):
            return "the page is not whole"
    for answers in folder.glob("answers.jsonl"):
        for line in answers.read_text().splitlines():
            json.loads(line)
    if not read.same:
        return ""
    right = shop.after(*read.before)
    wanted = ended(read.command, right)
    if read.command == _EVALUATE and done.told != wanted.told:
        return "other metrics"
    expected = [contents(right), *([contents(shop.after(*read.or_else))] if read.or_else else [])]
    name = str(path.relative_to(folder))
    if name in expected[0]:  # it stays as it is
        for one in expected:
            one[name] = contents(folder).get(name)
    return differences(folder, *expected)


def damaged(content: bytes, generator: np.random.Generator) -> tuple[bytes, str]:
    """The content with a fault of a kind that is drawn, and the fault in words."""
    place, other = sorted(int(number) for number in generator.integers(len(content), size=2))
    numbers = [match.span() for match in re.finditer(rb"(?<![\w.])-?\d+(\.\d+)?(e-?\d+)?", content[:100_000])]
    match generator.integers(7):
        case 0:
            return content[:place], f"cut at {place}"
        case 1:
            return content + generator.bytes(9), "with more at its end"
        case 2:
            return content[:place] + generator.bytes(4) + content[place + 4 :], f"other bytes at {place}"
        case 3:
            half = (other - place) // 2
            middle = content[place + half : other] + content[place : place + half]
            return content[:place] + middle + content[other:], f"swapped from {place} to {other}"
        case 4 if numbers:
            first, last = numbers[generator.integers(len(numbers))]
            value = _NUMBERS[generator.integers(len(_NUMBERS))]
            return content[:first] + value + content[last:], f"{value.decode()} at {first}"
        case _:
            bit = 1 << int(generator.integers(8))
            return content[:place] + bytes([content[place] ^ bit]) + content[place + 1 :], f"bit at {place}"


_NUMBERS = (b"0", b"-1", b"1e999", b"999999999999", b"2.5", b"NaN", b"null", b'"1"', b"[]")
