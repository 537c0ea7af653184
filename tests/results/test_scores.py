"""Test scores are read back as a run wrote them, and nothing else is."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

from frostformer.errors import InputError
from frostformer.results.arrays import MOST_BYTES
from frostformer.results.result import find_results, read_result, write_result
from frostformer.results.scores import SCORES_NAME, read_scores
from frostformer.runs.one import run
from results.made import result, write_scores

SCORES = np.array([1.0, 0.0, 0.5])


def test_the_scores_of_a_run(tiny_config, tmp_path):
    done = run(tiny_config(), tmp_path / "run")
    assert done.folder == tmp_path / "run"
    scores = read_scores(done.folder)
    assert scores.shape == (done.task["splits"]["test"],)
    assert scores.mean() == pytest.approx(done.metrics["test"]["accuracy"])


def test_a_result_knows_where_it_lies_and_does_not_write_it(tmp_path):
    write_result(tmp_path / "a" / "result.json", result())
    ((found,), _) = find_results([tmp_path])
    assert found.folder == read_result(tmp_path / "a").folder == tmp_path / "a"
    assert found == result()
    assert "folder" not in (tmp_path / "a" / "result.json").read_text()


def test_none_where_there_are_none(tmp_path):
    assert read_scores(tmp_path) is None


def test_equal_to_what_was_written(tmp_path):
    write_scores(tmp_path, SCORES)
    read = read_scores(tmp_path)
    assert read.dtype == np.float64
    assert np.array_equal(read, SCORES)


def npz(**arrays) -> bytes:
    content = io.BytesIO()
    np.savez(content, **arrays)
    return content.getvalue()


ROWS = np.arange(3)
WHOLE = npz(row=ROWS, score=SCORES)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK",
        WHOLE[:-30],
        WHOLE[:60] + b"\xff" * 8 + WHOLE[68:],
        npz(row=ROWS),
        npz(score=SCORES),
        npz(row=ROWS, score=SCORES[:2]),
        npz(row=ROWS[::-1], score=SCORES),
        npz(row=ROWS, score=SCORES.astype(np.float32)),
        npz(row=ROWS, score=SCORES[:, None]),
        npz(row=ROWS, score=np.array([1.0, "a", None], dtype=object)),
    ],
    ids=["empty", "two bytes", "cut", "damaged", "no score", "no row", "short", "order", "type", "shape", "objects"],
)
def test_refuses_other_files_in_one_sentence(tmp_path, content):
    (tmp_path / SCORES_NAME).write_bytes(content)
    with pytest.raises(InputError, match="holds no test scores") as caught:
        read_scores(tmp_path)
    assert str(tmp_path / SCORES_NAME) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_sizes_are_looked_at_before_anything_is_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / SCORES_NAME, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("row.npy", b"")
        with archive.open("score.npy", "w") as file:
            for _ in range(MOST_BYTES // 2**24 + 1):
                file.write(bytes(2**24))
    assert (tmp_path / SCORES_NAME).stat().st_size < 2**20
    with pytest.raises(InputError, match="is larger than"):
        read_scores(tmp_path)
