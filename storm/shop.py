"""Folders in which commands can start, and the outcomes of commands that nothing has struck."""

from __future__ import annotations

import json
import lzma
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from frostformer.runs.one import run
from storm.command import small_run
from storm.faults import Fault
from storm.folders import contents
from storm.processes import Ended, ended
from storm.subjects import MODEL, Subject


@dataclass(frozen=True)
class Step:
    """A command that ended well, or was killed before its last change of a file with this word."""

    command: tuple[str, ...]
    killed_before: str = ""


class Shop:
    """A folder of tiny models and data, and the outcomes of commands that nothing has struck."""

    def __init__(self, root: Path) -> None:
        root = root.resolve()  # as the system names its files
        root.mkdir(parents=True)
        self._root, self._number, self._stock = root, 0, root / "stock"
        save_model(self._stock / MODEL)
        save_data(self._stock)
        run(small_run(str(self._stock / MODEL), "random"), root / "imported")  # once for all forked processes
        self._left: dict[tuple[Step, ...], Path] = {}
        self._told: dict[tuple[Step, ...], str] = {}
        self._whole: dict[Subject, tuple[Ended, dict[str, Any]]] = {}
        self._alone: dict[Subject, dict[str, Any]] = {}

    def begun(self, subject: Subject) -> Path:
        """A new folder in which the subject's command can start."""
        return self.after(*([Step(subject.before)] if subject.before else []))

    def after(self, *steps: Step) -> Path:
        """A new folder with models and data, and with what these steps leave, one after the other."""
        if steps not in self._left:
            self._left[steps] = folder = self.after(*steps[:-1]) if steps else self._stock
            self._told[steps] = self._taken(steps[-1], folder).told if steps else ""
        self._number += 1
        return shutil.copytree(self._left[steps], self._root / str(self._number))

    def _taken(self, step: Step, folder: Path) -> Ended:
        if not step.killed_before:
            return self._must(step.command, folder)
        changes = self._must(step.command, self.after()).changes
        at = max(number for number, change in enumerate(changes) if step.killed_before in change)
        return ended(step.command, folder, Fault("kill", at))

    def whole(self, subject: Subject) -> tuple[Ended, dict[str, Any]]:
        """How the command ends that nothing strikes, and what is in its folder then."""
        if subject not in self._whole:
            folder = self.begun(subject)
            self._whole[subject] = self._must(subject.first, folder), contents(folder)
        return self._whole[subject]

    def told(self, *steps: Step) -> str:
        """What the last of these steps wrote to stdout."""
        self.after(*steps)
        return self._told[steps]

    def right(self, subject: Subject) -> tuple[dict[str, Any], ...]:
        """What may be in the folder in the end."""
        if not subject.alone:
            return (self.whole(subject)[1],)
        if subject not in self._alone:
            self._alone[subject] = contents(self.after(*map(Step, subject.alone)))
        return self.whole(subject)[1], self._alone[subject]

    def clear(self) -> None:
        """Remove the folders of the last try."""
        kept = {folder.name for folder in self._left.values()}
        for folder in self._root.iterdir():
            if folder.name not in kept:
                shutil.rmtree(folder, ignore_errors=True)

    def _must(self, command: tuple[str, ...], folder: Path) -> Ended:
        done = ended(command, folder)
        assert done.status == 0, (command, done)
        return done


def save_model(folder: Path) -> None:
    """A tiny GPT-2."""
    import torch
    from transformers import GPT2Config, GPT2Model

    torch.manual_seed(1)
    sizes = {"vocab_size": 40, "n_positions": 64, "n_embd": 32, "n_layer": 2, "n_head": 2}
    GPT2Model(GPT2Config(**sizes, bos_token_id=0, eos_token_id=0)).save_pretrained(folder)


def save_data(folder: Path) -> None:
    """Texts, bits for a model to answer, and proteins, which are few and random."""
    generator = np.random.default_rng(0)
    text = "".join(f"<<< {name} >>>\n" + f"It was {name}, and all was still. " * 40 + "\n" for name in "abcd")
    (folder / "text.txt").write_text(text)
    (folder / "text.txt.xz").write_bytes(lzma.compress(text.encode()))
    bits = generator.integers(0, 2, (3, 10, 1)).astype(float)
    np.save(folder / "x.npy", bits)
    (folder / "x.jsonl").write_text("".join(f"{json.dumps(row.tolist())}\n" for row in bits))
    for first, split in enumerate(("train", "valid", "test")):
        rows = [f"{'ACDEFGHIKLMNPQRSTVWY'[first : 5 + row]},{row}\n" for row in range(12)]
        (folder / f"remote_homology.{split}.csv").write_text("seq,label\n" + "".join(rows))
