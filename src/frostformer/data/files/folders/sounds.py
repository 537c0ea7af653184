"""Reads folders of sounds: the folder inside is the class. A sequence is the samples, one channel from -1 to 1.

Several channels become their mean. Sounds of another rate than most are turned into it. Sounds are of one kind: where
some are WAV and others MP3, the kind of file may give the class away, so only those of the commonest kind are read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from frostformer.data.files.case import Case
from frostformer.data.files.folders.answers import FolderAnswers, answer_settings, folder_answers, stored_answers
from frostformer.data.files.folders.files import Found, are_most, files_in, left_out_folders, others
from frostformer.data.files.folders.sound_decoding import (
    Sound,
    called_otherwise,
    is_sound,
    kind_of,
    look_at_sound,
    read_sound,
    require_soundfile,
)  # fmt: skip
from frostformer.data.files.options import FileOptions
from frostformer.data.files.parsing.named_columns import names_in
from frostformer.data.files.schema import Schema, Understood
from frostformer.errors import CannotRead, InputError
from frostformer.files import is_file
from frostformer.words import counted, few_of


class Sounds:
    """A folder of sounds."""

    def recognises(self, path: Path, head: bytes) -> bool:
        """By the first files inside: more sounds than others."""
        return are_most(path, lambda file: is_sound(file.path))

    def understand(self, path: Path, options: FileOptions) -> Understood:
        """Every sound is read once, so that all bad ones are named before anything is trained."""
        require_soundfile()
        files = files_in(path)
        wanted = [file for file in files if is_sound(file.path)]
        kept = {word.upper() for word in names_in(options.keep)}
        seen = _Seen(path)
        for file in wanted:
            seen.add(file)
        kinds = seen.kinds(kept)
        answers = folder_answers(options, [file for file, sound in seen.sounds if sound.kind in kinds])
        settings = {
            "of": path.name, "rate": seen.rate(kinds), "kinds": sorted(kinds), **answer_settings(options, answers)
        }  # fmt: skip
        schema = Schema("sounds", "vectors", ("sound",), answers.targets, settings=settings, beside=answers.beside)
        notes = [*seen.notes(seen.rate(kinds), kinds), *answers.notes]
        notes += [*left_out_folders(path), *others(path, files, wanted, "sound")]
        warnings, left_out = (*seen.called, *answers.doubts(wanted)), tuple(seen.left_out(kinds))
        return Understood(schema, tuple(notes), warnings, left_out, unanswered=answers.unanswered(path))

    def cases(self, path: Path, schema: Schema) -> Iterator[Case]:
        """One for each sound, in order of their names; of the folder that was understood, only those of its kinds."""
        require_soundfile()
        answers = stored_answers(schema)
        files = files_in(path)
        if not is_file(path):
            kinds = {*schema.settings["kinds"], ""} if path.name == schema.settings["of"] else None
            files = [file for file in files if is_sound(file.path) and (not kinds or kind_of(file.path) in kinds)]
        return map(partial(_case, schema, answers), files)


FORMAT = Sounds()


def _case(schema: Schema, answers: FolderAnswers, file: Found) -> Case:
    samples = read_sound(file.path, schema.settings["rate"])
    return answers.case(file, samples[:, None])


@dataclass
class _Seen:
    """What all sounds of a folder have in common."""

    folder: Path
    sounds: list[tuple[Found, Sound]] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    """A sentence on each file whose name says another kind."""

    bad: list[tuple[str, str]] = field(default_factory=list)
    """Kind of each that cannot be read, and a sentence."""

    def add(self, file: Found) -> None:
        """Read the next one."""
        try:
            sound = look_at_sound(file.path)
        except CannotRead as error:
            self.bad.append((kind_of(file.path), str(error)))
            return
        self.sounds.append((file, sound))
        if said := called_otherwise(file.path):
            self.called.append(said)

    def kinds(self, kept: set[str]) -> set[str]:
        """The kind that most sounds are of, and what the user keeps.

        Raises:
            InputError: there is no whole sound.
        """
        if not self.sounds:
            raise InputError(self.bad[0][1] if self.bad else f"{self.folder} has no sounds: give a folder of sounds")
        counts = Counter(sound.kind for _, sound in self.sounds)
        return {counts.most_common(1)[0][0]} | kept

    def rate(self, kinds: set[str]) -> int:
        """The rate that most sounds have; the lower one where two are as common."""
        counts = Counter(sound.rate for _, sound in self.sounds if sound.kind in kinds)
        return max(counts, key=lambda rate: (counts[rate], -rate))

    def notes(self, rate: int, kinds: set[str]) -> list[str]:
        """How sounds become sequences, in sentences."""
        notes = [f"a sequence is the samples of a sound, {rate:,} a second, from -1 to 1, the mean of its channels"]
        if other := [f"{file.name} ({s.rate:,})" for file, s in self.sounds if s.rate != rate and s.kind in kinds]:
            notes.append(f"sounds of other rates are turned into {rate:,} samples a second: {few_of(other)}")
        return notes

    def left_out(self, kinds: set[str]) -> list[str]:
        """A sentence on the sounds of other kinds; those of the same kind are named where they are read."""
        found = [sentence for kind, sentence in self.bad if kind not in (*kinds, "")]
        for kind in sorted({sound.kind for _, sound in self.sounds} - kinds):
            names = [file.name for file, sound in self.sounds if sound.kind == kind]
            are = counted(len(names), f"{kind} file is", f"{kind} files are")
            found.append(
                f"{are} left out, since most are {sorted(kinds)[0]} and the kind of a file may give its class away: "
                f"{few_of(names)}; --keep {kind.lower()} reads them"
            )
        return found
