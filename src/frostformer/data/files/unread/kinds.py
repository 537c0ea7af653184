"""The kinds of files that are not read: how each is known, and the way to convert it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_HDF5 = b"\x89HDF\r\n\x1a\n"
_OBJECTS = "which can run code when it is read"
_ARRAYS = "np.savez('data.npz', x=x, y=y), with x of shape (cases, steps, channels)"
_WFDB = re.compile(rb"[\w-]+(?:/\d+)? \d+ \d+(?:\.\d+)?[^\r\n]*[\r\n]+\S+\.(?:dat|mat) \d+")
_VALUE = rb"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
_SVMLIGHT = re.compile(  # labels, then numbers of columns with their values: `1,0 2:2.5 10:-5.2`
    rb"%b(?:,%b)*(?:[ \t]+qid:\d+)?(?:[ \t]+\d+:%b)+[ \t]*(?:#[^\r\n]*)?" % (_VALUE, _VALUE, _VALUE)
)


@dataclass(frozen=True)
class Kind:
    """A kind of file."""

    name: str
    way: str
    starts: tuple[bytes, ...] = ()
    """First bytes, each of which is enough."""

    endings: tuple[str, ...] = ()
    """Endings of the name, where the first bytes do not say it."""

    at: int = 0
    """Where the first bytes stand."""

    test: Callable[[bytes], bool] | None = None
    """What else says it."""


def _is_pickle(head: bytes) -> bool:
    return head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05" and len(head) > 2


def _is_hdf5(head: bytes) -> bool:
    return any(head[at : at + 8] == _HDF5 for at in (0, 512, 1024, 2048)) or head.startswith(b"MATLAB 7.3")


def _is_svmlight(head: bytes) -> bool:
    lines = [line for line in head.splitlines()[:20] if line.strip() and not line.startswith(b"#")]
    whole = lines[:-1] if len(lines) > 1 else lines
    return bool(whole) and all(len(line) < 2**16 and _SVMLIGHT.fullmatch(line.strip()) for line in whole)


def _is_forecast(head: bytes) -> bool:
    keys = {line.split(None, 1)[0].lower() for line in head.splitlines() if line.startswith(b"@") and line.split()}
    return b"@frequency" in keys or b"@horizon" in keys


KINDS = (
    Kind(
        "an HDF5 file (MATLAB 7.3 and Keras write such)",
        f"read its arrays with h5py.File(name)['x'][()], turn those of MATLAB with .T, and save them with {_ARRAYS}; "
        "MATLAB itself saves what is read here with save(name, 'x', 'y', '-v7')",
        test=_is_hdf5,
    ),
    Kind(
        "a NetCDF file",
        f"read its variables with scipy.io.netcdf_file or xarray, and save them with {_ARRAYS}",
        (b"CDF\x01", b"CDF\x02", b"CDF\x05"),
    ),
    Kind(
        "an old Excel or another Office file", "save the sheet as CSV in UTF-8", (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",)
    ),
    Kind(
        f"a pickle, {_OBJECTS}",
        f"load it where you trust it and save the data with {_ARRAYS}, or with frame.to_csv('data.csv')",
        endings=(".pkl", ".pickle", ".joblib"),
        test=_is_pickle,
    ),
    Kind(
        f"a file of torch, {_OBJECTS}",
        f"load it with torch.load(name, weights_only=True) and save the data with {_ARRAYS}",
        endings=(".pt", ".pth"),
    ),
    Kind(
        "an EDF or BDF recording",
        "read its channels with pyedflib or mne, and write one CSV for each recording, a column for each channel",
        (b"0       ", b"\xffBIOSEMI"),
        (".edf", ".bdf"),
    ),
    Kind(
        "a WFDB record",
        "read it with wfdb.rdrecord(name).p_signal, and write one CSV for each record, a column for each channel",
        endings=(".hea", ".atr", ".qrs"),
        test=lambda head: _WFDB.match(head) is not None,
    ),
    Kind(
        "an event log in XES",
        "write a CSV with one event in each row: pm4py.convert_to_dataframe(pm4py.read_xes(name)).to_csv('log.csv')",
        endings=(".xes",),
        test=lambda head: b"<log" in head[:4096] and b"xes" in head[:4096].lower(),
    ),
    Kind(
        "a .tsf file, which is for forecasts and has no answers",
        "write a .ts file or a CSV with a column of answers",
        endings=(".tsf",),
        test=_is_forecast,
    ),
    Kind(
        "a file in svmlight's format, whose values have no order in time",
        "if they are steps, write a table: x, y = sklearn.datasets.load_svmlight_file(name), then "
        "np.savez('data.npz', x=x.toarray(), y=y)",
        endings=(".svm", ".svmlight", ".libsvm"),
        test=_is_svmlight,
    ),
    Kind(
        "a DICOM picture",
        "save its pixels as 16-bit PNG, one folder for each class: pydicom.dcmread(name).pixel_array",
        (b"DICM",),
        (".dcm",),
        at=128,
    ),
    Kind(
        "a NIfTI volume",
        f"read it with nibabel.load(name).get_fdata(), and save the series of interest with {_ARRAYS}",
        (b"n+1\0", b"ni1\0"),
        (".nii",),
        at=344,
    ),
    Kind(
        "a MIDI file",
        "write its notes as words, one row for each piece: pretty_midi.PrettyMIDI(name) lists them",
        (b"MThd",),
        (".mid", ".midi"),
    ),
    Kind(
        "a file of aligned reads",
        "write the sequences as FASTA, samtools fasta name > reads.fasta, and their answers as a table for --labels",
        (b"BAM\x01", b"CRAM", b"@HD\t", b"@SQ\t", b"@RG\t", b"@PG\t"),
        (".bam", ".sam", ".cram"),
    ),
    Kind(
        "a VCF file of variants",
        "write one sequence for each sample: bcftools consensus makes FASTA of it, bcftools query a table",
        (b"##fileformat=VCF", b"BCF\x02"),
        (".vcf", ".bcf"),
    ),
    Kind(
        "a GenBank or EMBL file",
        "write FASTA: Bio.SeqIO.convert(name, 'genbank', 'sequences.fasta', 'fasta')",
        test=lambda head: re.match(rb"LOCUS {5,}\S|ID   \S+; ", head) is not None,
    ),
    Kind("a PDF", "give the data that it shows: a CSV, or a text file for each class", (b"%PDF",)),
    Kind(
        "a web page",
        "the download has given a page and not the file: get it again",
        (b"<!DOCTYPE html", b"<!doctype html", b"<html"),
    ),
    Kind("a pointer of Git LFS, not the data", "get it with git lfs pull", (b"version https://git-lfs",)),
    Kind(
        "a database of SQLite",
        "write a table: sqlite3 -csv -header name 'select ...' > data.csv",
        (b"SQLite format 3\0",),
    ),
    Kind(
        "a file of R",
        "write a table with write.csv(x, 'data.csv', row.names = FALSE)",
        (b"RDX2\n", b"RDX3\n", b"X\n\0\0\0"),
        (".rds", ".rdata"),
    ),
    Kind(
        "a file of Stata or SPSS",
        "write a table: pandas.read_stata(name) or pandas.read_spss(name), then .to_csv('data.csv')",
        (b"<stata_dta>", b"$FL2", b"$FL3"),
    ),
    Kind(
        "records of TensorFlow",
        f"read them with tf.data.TFRecordDataset, and save them with {_ARRAYS}",
        endings=(".tfrecord", ".tfrecords"),
    ),
    Kind("an Avro or ORC file", "write Parquet: fastavro or pyarrow.orc.read_table reads it", (b"Obj\x01", b"ORC")),
    Kind("a video", "save its pictures or its sound as files: ffmpeg -i name -r 5 class/%04d.png", (b"ftyp",), at=4),
    Kind(
        "one picture or one sound",
        "give a folder with a folder of files for each class",
        (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"RIFX", b"fLaC", b"OggS", b"ID3"),
    ),
    Kind("a tar archive", "unpack it, tar -xf name, and give the folder", (b"ustar",), (".tar",), at=257),
    Kind(
        "an archive",
        "unpack it and give the file or folder inside",
        (b"7z\xbc\xaf\x27\x1c", b"Rar!", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18"),
        (".zip", ".7z", ".rar", ".bz2", ".xz", ".zst"),
    ),
)

ZIPPED = (
    ("[Content_Types].xml", "an Excel or Word file", "save the sheet as CSV in UTF-8, or as text"),
    ("mimetype", "an OpenDocument file", "save the sheet as CSV in UTF-8, or as text"),
    (
        ".pkl",
        f"a file of torch, {_OBJECTS}",
        f"load it with torch.load(name, weights_only=True) and save it with {_ARRAYS}",
    ),
    ("", "a zip archive", "unpack it and give the file or folder inside"),
)
"""End of a member's name, kind, way; the first that fits."""
