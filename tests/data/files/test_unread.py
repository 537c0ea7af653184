"""Kinds of files that are not read: one sentence with the way to convert them."""

import gzip
import io
import pickle
import tarfile
import zipfile

import pytest

from frostformer.data.files.formats import recognise
from frostformer.errors import InputError
from reading_files import read


def archive(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return content.getvalue()


def tar() -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as file:
        file.addfile(tarfile.TarInfo("x"))
    return content.getvalue()


TSF = b"# comment\n@relation x\n@attribute series_name string\n@frequency yearly\n@data\nT1:1979:1,2\n"
FILES = {
    "HDF5 at the start": (b"\x89HDF\r\n\x1a\n" + bytes(100), "h5py"),
    "HDF5 behind a block": (bytes(512) + b"\x89HDF\r\n\x1a\n", "h5py"),
    "NetCDF": (b"CDF\x01" + bytes(20), "netcdf_file"),
    "xlsx": (archive("[Content_Types].xml", "xl/workbook.xml"), "Excel.*CSV"),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "Excel.*CSV"),
    "ods": (archive("mimetype", "content.xml"), "OpenDocument.*CSV"),
    "pickle": (pickle.dumps({"x": [1, 2]}), "pickle, which can run code"),
    "pt": (archive("model/data.pkl", "model/data/0"), "torch, which can run code"),
    "EDF": (b"0       X X X X" + b" " * 300, "EDF.*mne"),
    "WFDB": (b"100 2 360 650000\n100.dat 212 200 11 1024 995 -22131 0 MLII\n", "wfdb"),
    "XES": (b'<?xml version="1.0"?>\n<log xes.version="1.0">', "pm4py"),
    "tsf": (TSF, "forecasts"),
    "svmlight": (b"1 1:0.5 7:2\n-1 2:0.25 # note\n", "svmlight.*load_svmlight_file"),
    "svmlight of several labels": (b"1,0 2:2.5 10:-5.2\n0 1:1\n", "svmlight"),
    "DICOM": (bytes(128) + b"DICM" + bytes(20), "pydicom"),
    "NIfTI": (bytes(344) + b"n+1\0" + bytes(20), "nibabel"),
    "NIfTI packed": (gzip.compress(bytes(344) + b"n+1\0" + bytes(20)), "nibabel"),
    "MIDI": (b"MThd\0\0\0\x06", "pretty_midi"),
    "BAM": (gzip.compress(b"BAM\x01" + bytes(30)), "samtools fasta"),
    "SAM": (b"@HD\tVN:1.6\n@SQ\tSN:1\tLN:10\nr1\t0\t1\t1\t60\t4M\t*\t0\t0\tACGT\tIIII\n", "samtools fasta"),
    "VCF": (b"##fileformat=VCFv4.2\n#CHROM\tPOS\n", "bcftools"),
    "GenBank": (b"LOCUS       SCU49845     5028 bp    DNA\n", "Bio.SeqIO.convert"),
    "PDF": (b"%PDF-1.7\n", "PDF"),
    "zip": (archive("a.csv", "b.csv"), "zip archive.*unpack it"),
    "tar": (tar(), "tar archive.*unpack it"),
    "tar packed": (gzip.compress(tar()), "tar archive.*unpack it"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(20), "archive.*unpack it"),
    "xz": (b"\xfd7zXZ\0" + bytes(20), "archive.*unpack it"),
    "web page": (b"<!DOCTYPE html>\n<html>", "get it again"),
    "LFS pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
    "SQLite": (b"SQLite format 3\0" + bytes(90), "sqlite3"),
    "RDS": (gzip.compress(b"X\n\0\0\0\x03\0"), "write.csv"),
    "video": (b"\0\0\0\x20ftypisom", "ffmpeg"),
    "one picture": (b"\x89PNG\r\n\x1a\n", "give a folder"),
    "one sound": (b"RIFF\0\0\0\0WAVE", "give a folder"),
}
NAMES = {".tfrecord": "TFRecordDataset", ".pkl": "pickle", ".edf": "EDF", ".nii.gz": "nibabel", ".rdata": "write.csv"}


@pytest.mark.parametrize("kind", FILES)
def test_one_sentence_by_content(tmp_path, kind):
    content, way = FILES[kind]
    (tmp_path / "file.txt").write_bytes(content)
    with pytest.raises(InputError, match=way) as error:
        read(tmp_path / "file.txt")
    assert "\n" not in str(error.value)
    assert str(error.value).startswith(str(tmp_path / "file.txt"))


@pytest.mark.parametrize("ending", NAMES)
def test_one_sentence_by_name(tmp_path, ending):
    (tmp_path / f"file{ending}").write_bytes(b"\x01\x02\x03")
    with pytest.raises(InputError, match=NAMES[ending]):
        read(tmp_path / f"file{ending}")


def test_what_is_of_no_kind_is_one_sentence(tmp_path):
    (tmp_path / "x").write_bytes(b"\0\1\2")
    with pytest.raises(InputError, match="is no kind of file that is read here"):
        read(tmp_path / "x")
    with pytest.raises(InputError, match="there is no file at"):
        read(tmp_path / "nothing")


@pytest.mark.parametrize("text", ["10:05\n10:06\n", "2026-01-01 10:05\n2026-01-02 10:06\n", "a 1:2\n"])
def test_times_are_not_taken_for_svmlight(tmp_path, text):
    (tmp_path / "x.txt").write_text(text)
    assert recognise(tmp_path / "x.txt") == "lines"
