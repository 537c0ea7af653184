"""Where the answers of a folder's files come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from frostformer.data.files.case import Text
from frostformer.data.files.folders.files import Found
from frostformer.data.files.options import FileOptions
from frostformer.data.files.tables.formats import read_labels, stored_labels
from frostformer.data.files.tables.labels import LabelTable


@dataclass(frozen=True)
class FolderAnswers:
    """Where the answers of a folder's files come from: the folders of classes, or a table of file names."""

    table: LabelTable | None = None
    by_folder: bool = False

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the targets."""
        return self.table.targets if self.table else ("class",) if self.by_folder else ()

    def of(self, file: Found) -> tuple[Text, ...]:
        """The answers of one file; the table may call it by its path, its name, or its name without ending."""
        if self.table:
            return self.table.of(file.name, file.path.name, file.path.stem)
        return (file.label,) if self.by_folder else ()

    def unanswered(self, folder: Path) -> str:
        """How to give answers if there are none."""
        way = "put each class into a folder of its name, or give a table of file names and answers by --labels"
        return "" if self.table or self.by_folder else f"{folder} has no answers: {way}"

    def doubts(self, files: list[Found]) -> list[str]:
        """Answers of which there is no file."""
        for file in files:
            self.of(file)
        return self.table.doubts() if self.table else []


def folder_answers(options: FileOptions, files: list[Found]) -> FolderAnswers:
    """The table, if the user gave one; else the folders, if there is more than one class."""
    table = read_labels(options.labels, options.id, options.target)
    classes = {file.label for file in files if file.label is not None}
    return FolderAnswers(table, by_folder=table is None and len(classes) > 1)


def answer_settings(options: FileOptions, answers: FolderAnswers) -> dict[str, Any]:
    """What a schema keeps of the answers, for `stored_answers`."""
    scoring = {"scoring": "classification"} if answers.by_folder else {}  # also where folders are called 0 to 9
    return {
        "by_folder": answers.by_folder, "labels": options.labels, "target": options.target, "id": options.id, **scoring
    }  # fmt: skip


def stored_answers(settings: Mapping[str, Any]) -> FolderAnswers:
    """Those of a schema; a table that is not there any more gives no answers."""
    return FolderAnswers(stored_labels(settings["labels"], settings["id"], settings["target"]), settings["by_folder"])
