"""One sound of a file: how it is stored, and its samples from -1 to 1, the mean of its channels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from frostformer.data.files.parsing.text import first_bytes
from frostformer.errors import CannotRead, InputError, in_one_line

if TYPE_CHECKING:
    from soundfile import SoundFile

ENDINGS = (".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au", ".caf", ".w64", ".rf64")
MOST_SAMPLES = 2**27
_BLOCK = 2**16  # samples that are read at a time
_KINDS = {
    b"RIFF": "WAV", b"RIFX": "WAV", b"RF64": "WAV", b"fLaC": "FLAC", b"OggS": "OGG", b"ID3\x02": "MP3",
    b"ID3\x03": "MP3", b"ID3\x04": "MP3", b"FORM": "AIFF", b".snd": "AU", b"caff": "CAF", b"riff": "W64",
}  # fmt: skip
_OGG_PAGE, _OGG_LAST = 65_307, 4  # bytes of the longest page, and the mark of the last one
_OPEN_ENDED = (0, 2**32 - 1, 2**32 - 9)  # what programs announce that do not know the length yet


@dataclass(frozen=True)
class Sound:
    """How a sound is stored."""

    kind: str
    """`WAV`, `FLAC`, ..., by its content."""

    rate: int
    """Samples a second."""

    samples: int


def kind_of(path: Path) -> str:
    """`WAV`, `FLAC`, ..., by the first bytes; empty if they are of no sound that is known."""
    start = first_bytes(path, 12)
    if start[:4] == b"RIFF" and start[8:] != b"WAVE":
        return ""
    if start[:1] == b"\xff" and start[1:2] and start[1] & 0xE6 == 0xE2:  # layer 3 of MPEG 1, 2 or, below 16 kHz, 2.5
        return "MP3"
    return _KINDS.get(start[:4], "")


def is_sound(path: Path) -> bool:
    """Whether it is a sound by its first bytes, or by its name, as one that is damaged."""
    return path.suffix.lower() in ENDINGS or bool(kind_of(path))


def require_soundfile() -> None:
    """Refuse where soundfile is not installed."""
    try:
        import soundfile  # noqa: F401
    except (ModuleNotFoundError, OSError):  # OSError: its library is missing
        raise InputError("sounds need the package soundfile: pip install 'frostformer[sounds]'") from None


def look_at_sound(path: Path) -> Sound:
    """How it is stored; its samples are read once, so that damage is found.

    Raises:
        CannotRead: it is damaged, too long, or no sound.
    """
    with _opened(path) as file:
        rate, announced = file.samplerate, file.frames
        count = sum(len(block) for block in file.blocks(_BLOCK, dtype="float32", always_2d=True))
    if count != announced:
        raise CannotRead(f"{path} announces {announced:,} samples and has {count:,}: get it again or take it out")
    return Sound(kind_of(path), rate, count)


def read_sound(path: Path, rate: int) -> np.ndarray:
    """(T,) float64 samples at this rate.

    Raises:
        CannotRead: it is damaged, too long, or no sound.
    """
    with _opened(path) as file:
        its_rate = file.samplerate
        blocks = [block.mean(axis=1) for block in file.blocks(_BLOCK, dtype="float64", always_2d=True)]
    samples = np.concatenate(blocks) if blocks else np.empty(0)
    return samples if its_rate == rate or not len(samples) else _resampled(samples, its_rate, rate)


def _resampled(samples: np.ndarray, its_rate: int, rate: int) -> np.ndarray:
    """The same sound at another rate, filtered so that nothing new is heard."""
    from math import gcd

    from scipy.signal import resample_poly

    common = gcd(its_rate, rate)
    changed: np.ndarray = resample_poly(samples, rate // common, its_rate // common)
    return changed


@contextmanager
def _opened(path: Path) -> Iterator[SoundFile]:
    import soundfile

    try:
        if missing := _missing(path):
            raise CannotRead(f"{path} {missing}: get it again or take it out")
        with soundfile.SoundFile(path) as file:
            if not 0 < file.samplerate < 2**24 or file.frames > MOST_SAMPLES:
                raise CannotRead(
                    f"{path} has {file.frames:,} samples, more than {MOST_SAMPLES:,}: cut it or take it out"
                )
            yield file
    except CannotRead:
        raise
    except Exception as error:
        is_called = f", and its first bytes are those of {kind} files" if (kind := _other_kind(path)) else ""
        reason = in_one_line(error).rpartition(": ")[2].rstrip(".")
        raise CannotRead(f"{path} is no whole sound ({reason}){is_called}: get it again or take it out") from error


def _other_kind(path: Path) -> str:
    """What the file is by its first bytes, if its name says something else."""
    kind, ending = kind_of(path), path.suffix.lower().lstrip(".")
    same = {"WAV": ("wav", "wave", "rf64"), "OGG": ("ogg", "oga", "opus"), "AIFF": ("aif", "aiff")}
    return kind if kind and ending not in same.get(kind, (kind.lower(),)) else ""


def called_otherwise(path: Path) -> str:
    """A sentence on a file whose name says another kind than its content; empty if there is nothing to say."""
    kind = _other_kind(path)
    return f"{path} is a {kind} file by its content, and read as one" if kind else ""


def _missing(path: Path) -> str:
    """What a file that ends too early announces; the library would read what is left and say nothing."""
    size = path.stat().st_size
    if not size:
        return "is empty"
    with path.open("rb") as file:
        start = file.read(12)
        file.seek(max(0, size - _OGG_PAGE))
        end = file.read()
    if start[:4] == b"OggS" and not _has_last_page(end):
        return "ends before its last page"
    order = {b"RIFF": "little", b"RIFX": "big", b"FORM": "big"}.get(start[:4])
    if order is None or len(start) < 12:
        return ""
    announced = int.from_bytes(start[4:8], order)  # type: ignore[arg-type]
    if announced in _OPEN_ENDED or announced + 8 <= size + 1:  # a last odd byte may lack its filling
        return ""
    return f"announces {announced + 8:,} bytes and has {size:,}"


def _has_last_page(end: bytes) -> bool:
    """Whether the end of an Ogg file is a whole page that is marked as the last one."""
    page = end[max(0, end.rfind(b"OggS")) :]
    if len(page) < 27 or not page[5] & _OGG_LAST:
        return False
    sizes = page[27 : 27 + page[26]]
    return len(page) >= 27 + len(sizes) + sum(sizes) and len(sizes) == page[26]
