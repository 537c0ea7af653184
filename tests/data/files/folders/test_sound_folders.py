"""Folders of sounds: every width of samples, one rate, and bad files named."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from frostformer.data.files.folders.sound_decoding import kind_of
from frostformer.data.files.formats import format_of
from frostformer.data.files.reading import stream
from frostformer.data.files.unanswered import without_answers
from frostformer.errors import InputError
from reading_files import ODD, read, read_with

soundfile = pytest.importorskip("soundfile")


def tone(rate: int, hertz: float = 100, seconds: float = 0.1) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)


@pytest.fixture
def sounds(tmp_path):
    """A function: name, samples and rate -> a file in the folder."""

    def make(name: str, samples: np.ndarray, rate: int = 8000, **options):
        path = tmp_path / "sounds" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, samples, rate, **options)
        return path

    make.folder = tmp_path / "sounds"
    return make


def test_every_width_of_samples_and_bad_files_by_name():
    found = read(ODD / "sounds")
    assert Counter(found.answers) == {"beep": 3, "hum": 3}
    assert found.lengths == [800] * 6
    peaks = {case.name: float(np.abs(case.values).max()) for case in found.cases}
    stereo = peaks.pop("beep/stereo16k.wav")
    assert stereo == pytest.approx(0.25, abs=0.01)  # the mean of its channels
    assert peaks.pop("hum/u8.wav") == pytest.approx(0.5, abs=0.01)
    assert list(peaks.values()) == pytest.approx([0.5] * 4, abs=0.001)
    assert "truncated.wav announces 1,656 bytes and has 900" in found.said
    assert "not_a_wav.wav is no whole sound (Format not recognised), and its first bytes are those of MP3" in found.said
    assert "1 FLAC file is left out, since most are WAV" in found.said
    assert "turned into 8,000 samples a second: beep/stereo16k.wav (16,000)" in found.said


def test_sounds_of_another_kind_are_kept_if_asked():
    found = read(ODD / "sounds", keep="flac")
    assert "hum/beside.flac" in [case.name for case in found.cases]
    assert "FLAC file is left out" not in found.said


@pytest.mark.parametrize("rate", [8000, 11_025, 24_000, 44_100])
def test_every_kind_of_mp3_is_known(tmp_path, rate):
    soundfile.write(tmp_path / "a.bin", tone(rate, seconds=0.5), rate, format="MP3")
    content = (tmp_path / "a.bin").read_bytes()
    at = next(at for at in range(len(content)) if content[at] == 0xFF and content[at + 1] & 0xE0 == 0xE0)
    (tmp_path / "a.bin").write_bytes(content[at:])  # without the tags before it
    assert kind_of(tmp_path / "a.bin") == "MP3"


def test_another_rate_is_the_same_sound(sounds):
    sounds("a/1.wav", tone(8000))
    sounds("a/2.wav", tone(8000))
    sounds("b/3.wav", tone(44_100), 44_100)
    found = read(sounds.folder)
    assert found.schema.settings["rate"] == 8000
    assert found.lengths == [800, 800, 800]
    middle = slice(100, 700)  # the filter rounds the ends
    np.testing.assert_allclose(found.cases[2].values[middle, 0], tone(8000)[middle], atol=0.01)


def test_a_name_of_another_kind_is_said(sounds):
    sounds("a/1.wav", tone(8000))
    sounds("b/2.wav", tone(8000)).rename(sounds.folder / "b" / "2.mp3")
    found = read(sounds.folder)
    assert len(found.cases) == 2
    assert "2.mp3 is a WAV file by its content" in found.said


def test_nan_stays_missing_and_an_empty_sound_is_empty(sounds):
    sounds("a/1.wav", np.array([0.1, np.nan, 0.2]), subtype="FLOAT")
    sounds("b/2.wav", np.zeros(0))
    found = read(sounds.folder)
    assert found.lengths == [3, 0]
    assert np.isnan(found.cases[0].values[1, 0])


def test_sounds_to_predict_may_be_of_any_kind_and_need_no_classes(sounds, tmp_path):
    schema = read(ODD / "sounds").schema
    sounds("1.flac", tone(16_000), 16_000)
    cases, errors = read_with(sounds.folder / "1.flac", schema)
    assert not errors
    assert cases[0].target == (None,)
    assert cases[0].values.shape == (800, 1)
    (tmp_path / "other").mkdir()
    (sounds.folder / "1.flac").rename(tmp_path / "other" / "1.flac")
    assert len(read_with(tmp_path / "other", schema)[0]) == 1


def test_background_noise_is_no_class(sounds):
    for name in ("yes/1.wav", "no/2.wav", "_background_noise_/3.wav"):
        sounds(name, tone(8000))
    found = read(sounds.folder)
    assert found.answers == ["no", "yes"]
    assert "_background_noise_" in found.said


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "AIFF", "OGG"])
def test_a_sound_cut_short_is_never_read_silently(sounds, kind):
    sounds(f"a/whole.{kind.lower()}", tone(8000), format=kind)
    path = sounds(f"b/cut.{kind.lower()}", tone(8000, seconds=5), format=kind)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    found = read(sounds.folder)
    assert [case.name for case in found.cases] == [f"a/whole.{kind.lower()}"]
    assert f"cut.{kind.lower()}" in found.said


def test_a_folder_without_a_whole_sound_is_one_sentence(tmp_path):
    (tmp_path / "x.wav").write_bytes(b"RIFF")
    (tmp_path / "y.wav").write_bytes(b"")
    with pytest.raises(InputError, match=r"x\.wav is no whole sound"):
        read(tmp_path)


def test_without_soundfile_there_is_one_sentence(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "soundfile", None)
    with pytest.raises(InputError, match=r"pip install 'frostformer\[sounds\]'"):
        format_of("sounds").understand(ODD / "sounds", None)


@pytest.mark.parametrize("folder", [".", "same"])
def test_a_labelled_folder_is_predicted_whole_whatever_it_is_called(sounds, monkeypatch, tmp_path, folder):
    for name in ("yes/1.wav", "no/2.wav", "yes/3.wav", "no/4.wav", "yes/5.flac"):
        sounds(name, tone(8000))
    labels = tmp_path / "labels.csv"
    labels.write_text("file,answer\n" + "".join(f"{name},a\n" for name in ("yes/1.wav", "no/2.wav", "yes/3.wav")))
    schemas = [read(sounds.folder, **options).schema for options in ({}, {"labels": str(labels)})]
    labels.write_text("this fits nothing\n")
    monkeypatch.chdir(sounds.folder)
    for schema in schemas:
        found = list(stream(Path() if folder == "." else sounds.folder, without_answers(schema)))
        assert [one.name for one in found] == ["no/2.wav", "no/4.wav", "yes/1.wav", "yes/3.wav", "yes/5.flac"]
        assert all(one.target == () for one in found)
