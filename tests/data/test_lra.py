"""Long Range Arena's ListOps files: rows are read as they are, and every damage to the format is refused."""

import pytest

from frostformer.data.readers.lra import Row, read_lra
from frostformer.errors import InputError

ROW = "( ( ( [MAX 4 ) 2 ) ] )\t4"


def lra_file(path, *rows, header="Source\tTarget", end="\r\n"):
    """A file like Long Range Arena's; Python's csv module, which wrote those, ends lines by both characters."""
    path.write_bytes("".join(line + end for line in (header, *rows)).encode())
    return path


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_reads_a_file_in_order(tmp_path, end):
    texts = ["( ( ( ( [MED 3 ) ( ( ( [SM 7 ) 5 ) ] ) ) 8 ) ] )", "( ( ( [MIN 4 ) 2 ) ] )", "( ( ( [MAX 4 ) 2 ) ] )"]
    rows = [*zip(texts, (3, 2, 4), strict=True), (texts[0], 3)]
    path = lra_file(tmp_path / "rows.tsv", *(f"{text}\t{value}" for text, value in rows), end=end)
    assert list(read_lra(path)) == [
        Row(text, value, f"{path} line {number}") for number, (text, value) in enumerate(rows, start=2)
    ]


def test_the_last_line_may_lack_its_end(tmp_path):
    path = tmp_path / "rows.tsv"
    path.write_text(f"Source\tTarget\n{ROW}")
    assert list(read_lra(path)) == [Row(*ROW.split("\t")[:1], 4, f"{path} line 2")]


def test_what_words_mean_is_left_to_the_task(tmp_path):
    path = lra_file(tmp_path / "rows.tsv", "( ( ( [MIX 4 ) 2 ) ] )\t9")
    assert [row.value for row in read_lra(path)] == [9]


@pytest.mark.parametrize(
    ("rows", "header", "message"),
    [
        ([], "Source\tTarget", "has no expressions after its header"),
        ([ROW], "source\ttarget", "begins with 'source.*instead of the header"),
        ([], ROW, "begins with .*instead of the header"),
        ([ROW, "( ( ( [MAX 4 ) 2 ) ] )"], "Source\tTarget", "line 3 has 1 fields"),
        ([ROW, ""], "Source\tTarget", "line 3 has 1 fields"),
        ([ROW + "\t"], "Source\tTarget", "line 2 has 3 fields"),
        ([ROW[:-1] + "x"], "Source\tTarget", "line 2 has the label 'x'"),
        ([ROW[:-1] + "10"], "Source\tTarget", "line 2 has the label '10'"),
        ([ROW[:-1]], "Source\tTarget", "line 2 has the label ''"),
        ([ROW.replace("( [", "[")], "Source\tTarget", "line 2 has 2 opening and 3 closing parentheses"),
    ],
)
def test_refuses_a_damaged_file(tmp_path, rows, header, message):
    path = lra_file(tmp_path / "rows.tsv", *rows, header=header)
    with pytest.raises(InputError, match=rf"rows\.tsv {message}") as caught:
        list(read_lra(path))
    assert "\n" not in str(caught.value)


def test_a_row_before_the_damage_is_read(tmp_path):
    rows = read_lra(lra_file(tmp_path / "rows.tsv", ROW, "damaged"))
    assert next(rows).value == 4
    with pytest.raises(InputError, match="line 3"):
        next(rows)


def test_refuses_a_file_that_is_not_there_or_empty_or_not_text(tmp_path):
    path = tmp_path / "rows.tsv"
    with pytest.raises(InputError, match=r"no file .*rows\.tsv"):
        list(read_lra(path))
    path.write_bytes(b"")
    with pytest.raises(InputError, match=r"rows\.tsv begins with ''"):
        list(read_lra(path))
    path.write_bytes(b"Source\tTarget\n\xff\xfe\n")
    with pytest.raises(InputError, match=r"rows\.tsv is not a text file"):
        list(read_lra(path))
