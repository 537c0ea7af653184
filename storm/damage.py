"""Tries that damage a file and let a command read it: one sentence, or a right answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from storm.bytes import damaged
from storm.folders import contents, differences
from storm.outcome import Outcome
from storm.processes import ended
from storm.recovery import broken
from storm.shop import Shop, Step
from storm.subjects import LANGUAGE, MODEL, PREDICT, RUN, STUDY, SUBJECTS, WRITTEN

_EVALUATE = ("evaluate", WRITTEN)
_AGAIN = (*RUN, "--resume")
_COHORT = SUBJECTS["cohort"]
_ON_PRETRAINED = tuple(WRITTEN if word == MODEL else "new" if word == WRITTEN else word for word in RUN)
_SEEDS = tuple("3" if word == "1" else word for word in STUDY)
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
    "result, report": Read(f"{WRITTEN}/*/*/*/result.json", _REPORT, (Step(_SEEDS),)),
    "scores, report": Read(f"{WRITTEN}/*/*/*/test_scores.npz", _REPORT, (Step(_SEEDS),), same=True),
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
        f"{WRITTEN}/checkpoint.safetensors", LANGUAGE, (Step(LANGUAGE, "open config.json"),), same=True
    ),
    "tokenizer, resume": Read(f"{WRITTEN}/tokenizer.json", LANGUAGE, (Step(LANGUAGE, "open config.json"),), same=True),
    "text, pretrain": Read("text.txt", LANGUAGE),
    "text.xz, pretrain": Read("text.txt.xz", tuple(f"{word}.xz" if word == "text.txt" else word for word in LANGUAGE)),
    "npy, predict": Read("x.npy", PREDICT, (Step(RUN),)),
    "jsonl, predict": Read("x.jsonl", tuple("x.jsonl" if word == "x.npy" else word for word in PREDICT), (Step(RUN),)),
    "proteins, run": Read("remote_homology.*.csv", _PROTEINS),
}


def damage(shop: Shop, name: str, generator: np.random.Generator) -> Outcome:
    """Damage a file and let a command read it."""
    read = READS[name]
    right = shop.after(*read.before, Step(read.command))
    folder = shop.after(*read.before)
    files = sorted(path for path in folder.glob(read.file) if path.is_file())
    path = files[generator.integers(len(files))]
    content, how = damaged(path.read_bytes(), generator)
    path.write_bytes(content)
    before = set(contents(folder))
    done = ended(read.command, folder)
    place = f"{path.name} {how}"
    if done.broken:
        return broken(done, place)
    if left := sorted(name for name in contents(folder) if name not in before and Path(name).name.startswith(".")):
        return Outcome("lost", place, f"{left[0]} is left over")
    if done.status != 0:
        return Outcome("sentence", place)
    for answers in folder.glob("answers.jsonl"):
        for line in answers.read_text().splitlines():
            json.loads(line)
    if read.same and (note := _difference(shop, read, path.relative_to(folder), folder, right)):
        return Outcome("lost", place, note)
    if read.command == _EVALUATE and done.told != shop.told(*read.before, Step(read.command)):
        return Outcome("lost", place, "other metrics")
    return Outcome("survived", place)


def _difference(shop: Shop, read: Read, file: Path, folder: Path, right: Path) -> str:
    """What is not as the command leaves it that reads the file as it was, which may stay as it is now."""
    for page in folder.glob("page.html"):
        text, wanted = page.read_text(), (right / page.name).read_text()
        if text != wanted and str(file) not in text:
            return "the page is another and does not name the file"
    expected = [contents(right), *([contents(shop.after(*read.or_else))] if read.or_else else [])]
    now = contents(folder)
    if str(file) in now:
        expected = [one | {str(file): now[str(file)]} if str(file) in one else one for one in expected]
    return differences(folder, *expected)
