"""Files that are damaged or meant to harm: sequences or one `InputError`, no other error, and never much memory."""

import gzip
import io
import pickle
import random
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.io import savemat

from frostformer.errors import InputError
from reading_files import ODD, read

with suppress(ImportError):
    import PIL.Image
    import soundfile

MEGABYTE = 2**20


def npy(header: str, content: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    text = header.encode("latin-1")
    return b"\x93NUMPY" + version + len(text).to_bytes(2 if version[0] == 1 else 4, "little") + text + content


def claims(shape: str, descr: str = "'<f8'") -> str:
    return f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}"


def npz(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for name, one in members.items():
            file.writestr(f"{name}.npy", one)
    return content.getvalue()


def lying_zip() -> bytes:
    """Its directory says that the member has as many bytes as its array announces, 466 TiB."""
    content = bytearray(npz(x=npy(claims("(8000000, 8000000)"), bytes(64))))
    at = content.rfind(b"PK\x01\x02")
    content[at + 24 : at + 28] = b"\xff\xff\xff\xfe"
    return bytes(content)


class Harmful:
    """Pickled, it leaves a file behind when it is read."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


HOSTILE = {
    "466 TiB": npy(claims("(8000000, 8000000)"), bytes(64)),
    "466 TiB in an archive": npz(x=npy(claims("(8000000, 8000000)"), bytes(64))),
    "466 TiB in an archive that lies, too": lying_zip(),
    "20 GB": npy(claims("(50000, 50000)"), bytes(64)),
    "endless cases of nothing": npy(claims("(1000000000000, 0)")),
    "values of no bytes": npy(claims("(1000000000000, 2)", "'|V0'")),
    "less than nothing": npy(claims("(-1, -8)"), bytes(64)),
    "True is no length": npy(claims("(True, 8)"), bytes(64)),
    "a hundred axes": npy(claims("(" + "1, " * 100 + ")"), bytes(8)),
    "a deep header": npy("(" * 5000 + ")" * 5000),
    "code in the header": npy("__import__('os').system('true')"),
    "no header": npy("{}"),
    "a list as header": npy("[1, 2]"),
    "an odd type": npy(claims("(2, 2)", "[('a', '<f8', -1)]"), bytes(32)),
    "objects inside": npy(claims("(2, 2)", "[('a', '|O')]"), bytes(32)),
    "version 9": npy(claims("(1, 8)"), bytes(64), b"\x09\x00"),
    "a header of gigabytes": b"\x93NUMPY\x02\x00\xff\xff\xff\xff",
    "letters that do not exist": npz(
        x=npy(claims("(2, 1)"), bytes(16)), y=npy(claims("(2,)", "'<U1'"), b"\xff\xff\xff\xff" * 2)
    ),
    "an archive cut short": npz(x=npy(claims("(1, 8)"), bytes(64)))[:-40],
    "two arrays of one name": npz(x=npy(claims("(1, 8)"), bytes(64))).replace(b"x.npy", b"x.npy", 1),
    "gzip cut short": gzip.compress(b">a\n" + bytes(range(65, 91)) * 9)[:-9],
    "gzip with garbage": gzip.compress(b">a\nMKTA\n")[:12] + b"\xff" * 20,
    "a zero byte": b">a\nMK\0TA\n",
    "only a sign": b">",
    "only at": b"@",
    "fastq without end": b"@a\nACGT\n+\n",
    "arff without end": b"@relation x\n@attribute 'a",
    "ts of brackets": b"@problemName x\n@timeStamps true\n@classLabel true a\n@data\n" + b"(" * 20_000 + b":" * 20_000,
    "ts of colons": b"@problemName x\n@data\n" + b":" * 50_000 + b"\n",
    "arff of quotes": b"@relation x\n@attribute a numeric\n@attribute b {x}\n@data\n" + b"'\\" * 20_000 + b"," * 20_000,
    "arff of blanks": b"@relation x\n@attribute a numeric\n@data\n1" + b" " * 100_000 + b"x\n",
    "MATLAB of nothing": b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM",
    "MATLAB that announces 4 GB": b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + b"\x0e\0\0\0\xff\xff\xff\xff",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_sentence_and_little_memory(tmp_path, kind):
    path = tmp_path / "file"
    path.write_bytes(HOSTILE[kind])
    tracemalloc.start()
    try:
        with suppress(InputError):
            found = read(path)
            assert all(len(case.values) <= 10**6 for case in found.cases)
        assert tracemalloc.get_traced_memory()[1] < 40 * MEGABYTE
    finally:
        tracemalloc.stop()
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_what_announces_terabytes_says_so(tmp_path):
    path = tmp_path / "x.npz"
    path.write_bytes(HOSTILE["466 TiB in an archive"])
    with pytest.raises(
        InputError, match=r"announces an array of shape \(8000000, 8000000\), 512,000,000,000,000 bytes"
    ):
        read(path)


def test_no_pickle_is_run(tmp_path):
    ran = tmp_path / "ran"
    for name in ("x.npy", "x.npz", "x.pkl", "x.bin"):
        content = pickle.dumps(np.array([Harmful(ran), Harmful(ran)], object))
        if name in ("x.npy", "x.npz"):
            content = npy(claims("(2,)", "'|O'"), pickle.dumps([Harmful(ran)]))
        (tmp_path / name).write_bytes(npz(x=content) if name == "x.npz" else content)
        with pytest.raises(InputError, match="pickle"):
            read(tmp_path / name)
    assert not ran.exists()


def matlab() -> bytes:
    content = io.BytesIO()
    savemat(
        content,
        {"X": np.arange(12.0).reshape(3, 4), "y": np.array(["a", "b", "a"], object), "s": {"t": 1}},
        do_compression=False,
    )
    return content.getvalue()


def packed_matlab() -> bytes:
    content = io.BytesIO()
    savemat(content, {"X": np.arange(12.0).reshape(3, 4), "y": [1, 2, 1]}, do_compression=True)
    return content.getvalue()


WHOLE = {
    **{name: (ODD / name).read_bytes() for name in (
        "equal_multichannel.ts", "timestamps.ts", "univariate.arff", "proteins.fasta", "header_labels.fasta.gz",
        "reads.fastq", "big_endian_f16.npz", "structured.npy", "lines.txt",
    )},
    "plain.mat": matlab(),
    "packed.mat": packed_matlab(),
}  # fmt: skip


def damaged(whole: bytes, seed: int) -> bytes:
    """The same with some bytes changed, doubled, taken out, or cut off."""
    draw = random.Random(seed)
    content = bytearray(whole)
    for _ in range(draw.randint(1, 6)):
        at = draw.randrange(len(content) + 1)
        what = draw.randrange(5)
        if what == 0:
            content[at : at + 1] = bytes([draw.randrange(256)])
        elif what == 1:
            content[at:at] = draw.choice(
                [b"\n", b",", b":", b"?", b"'", b"(", b"\0", b"\xff", b">", b"@", b"1e999", b"-"]
            )
        elif what == 2:
            del content[at : at + draw.randint(1, 20)]
        elif what == 3:
            content[at:at] = content[at : at + draw.randint(1, 50)]
        elif draw.random() < 0.3:
            del content[at:]
    return bytes(content)


@pytest.mark.parametrize("name", WHOLE)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_gives_sequences_or_a_sentence(tmp_path, name, seed):
    path = tmp_path / name
    path.write_bytes(damaged(WHOLE[name], seed))
    options = {"labels": str(ODD / "lines.txt")} if name == "lines.txt" else {}
    with suppress(InputError):
        for case in read(path, **options).cases:
            assert case.values.ndim == (1 if case.values.dtype.kind == "U" else 2)


TEXT = st.text(st.sampled_from("@>+;%#:,?'\"\\() \t\n\r01.eEacgtN-|{}") | st.characters(codec="utf-8"), max_size=300)
STARTS = [
    "",
    ">a\n",
    "@r\nAC\n+\n",
    "@problemName x\n@data\n",
    "@relation x\n@attribute a numeric\n@data\n",
    "@classLabel true a\n@data\n1,2:a\n",
]


@given(start=st.sampled_from(STARTS), text=TEXT)
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_gives_sequences_or_a_sentence(tmp_path, start, text):
    path = tmp_path / "text"
    path.write_bytes((start + text).encode("utf-8", "replace"))
    with suppress(InputError):
        read(path)


@given(
    content=st.binary(max_size=300),
    start=st.sampled_from([b"", b"\x93NUMPY\x01\x00", b"PK\x03\x04", b"MATLAB 5.0".ljust(124) + b"\x00\x01IM"]),
)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_give_sequences_or_a_sentence(tmp_path, start, content):
    path = tmp_path / "bytes"
    path.write_bytes(start + content)
    with suppress(InputError):
        read(path)


def pictures() -> dict[str, bytes]:
    image = PIL.Image.fromarray(np.arange(192, dtype=np.uint8).reshape(8, 8, 3))
    found = {}
    for kind in ("png", "jpeg", "gif", "bmp", "tiff", "webp"):
        content = io.BytesIO()
        exif = image.getexif()
        exif[274] = 6
        image.save(content, kind, **({"exif": exif} if kind in ("png", "jpeg", "tiff", "webp") else {}))
        found[f"x.{kind}"] = content.getvalue()
    return found


def sounds() -> dict[str, bytes]:
    found = {}
    for kind in ("WAV", "FLAC", "OGG", "AIFF", "AU"):
        content = io.BytesIO()
        soundfile.write(content, np.sin(np.arange(500) / 9), 8000, format=kind)
        found[f"x.{kind.lower()}"] = content.getvalue()
    return found


def check_folders(folder: Path, whole: dict[str, bytes], seed: int) -> None:
    """Two classes of damaged files."""
    for number, (name, content) in enumerate(whole.items()):
        place = folder / "ab"[number % 2]
        place.mkdir(exist_ok=True)
        (place / name).write_bytes(damaged(content, seed + number))
    with suppress(InputError):
        found = read(folder)
        assert all(case.values.ndim == 2 for case in found.cases)
        assert len(found.cases) + len(found.unreadable) <= len(whole)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_pictures_give_sequences_or_a_sentence(tmp_path, seed):
    pytest.importorskip("PIL")
    check_folders(tmp_path, pictures(), seed)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_sounds_give_sequences_or_a_sentence(tmp_path, seed):
    pytest.importorskip("soundfile")
    check_folders(tmp_path, sounds(), seed)


@given(texts=st.lists(TEXT, min_size=2, max_size=4))
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_tables_of_a_folder_give_sequences_or_a_sentence(tmp_path, texts):
    for old in tmp_path.iterdir():
        old.unlink()
    for number, text in enumerate(texts):
        (tmp_path / f"{number}.csv").write_bytes(text.encode("utf-8", "replace"))
    with suppress(InputError):
        read(tmp_path)
