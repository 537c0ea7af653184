"""Sequences come one after the other: memory does not grow with the file."""

import tracemalloc

import numpy as np
import pytest

from frostformer.data.files.formats import format_of
from reading_files import read

MEGABYTE = 2**20


def write_ts(path, count):
    lines = [",".join(["0.25"] * 100) + ":b" for _ in range(count)]
    path.write_text("@classLabel true b\n@data\n" + "\n".join(lines))


def write_fasta(path, count):
    path.write_text("".join(f">r{number}|a\n{'MKTA' * 100}\n" for number in range(count)))


def write_fastq(path, count):
    path.write_text("".join(f"@r{number}\n{'ACGT' * 100}\n+\n{'IIII' * 100}\n" for number in range(count)))


def write_arff(path, count):
    names = "".join(f"@attribute v{number} real\n" for number in range(100))
    path.write_text(f"@relation r\n{names}@attribute y {{a}}\n@data\n" + (",".join(["0.25"] * 100) + ",a\n") * count)


def write_npy(path, count):
    np.save(path.with_suffix(".npy"), np.zeros((count, 100, 1)))
    path.with_suffix(".npy").rename(path)


def write_npz(path, count):
    np.savez_compressed(path.with_suffix(".npz"), x=np.zeros((count, 100, 1)), y=np.zeros(count))
    path.with_suffix(".npz").rename(path)


@pytest.mark.parametrize("write", [write_ts, write_fasta, write_fastq, write_arff, write_npy, write_npz])
def test_memory_does_not_grow_with_the_file(tmp_path, write):
    small, large = tmp_path / "small", tmp_path / "large"
    write(small, 20)
    write(large, 6000)  # some megabytes
    schema = read(small).schema
    tracemalloc.start()
    try:
        count = sum(len(case.values) > 0 for case in format_of(schema.format).cases(large, schema))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 6000
    assert peak < 1.5 * MEGABYTE
