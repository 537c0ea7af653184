"""Text tables of many shapes: separators, headers, quotes, letters, what stands before a table, and broken rows."""

import gzip
import random

import pytest

from frostformer.errors import InputError
from reading_files import read, read_with, written

random.seed(0)


def rows(
    *, count: int = 8, separator: str = ",", end: str = "\n", decimal: str = ".", header: str = "v0,v1,v2,label"
) -> str:
    lines = [header.replace(",", separator)] if header else []
    for at in range(count):
        numbers = [f"{random.random():.3f}".replace(".", decimal) for _ in range(3)]
        lines.append(separator.join([*numbers, "ab"[at % 2]]))
    return end.join(lines) + end


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("header", ["v0,v1,v2,label", ""])
def test_separators_line_ends_and_headers(tmp_path, separator, end, header):
    found = read(written(tmp_path, "a.csv", rows(separator=separator, end=end, header=header)))
    assert found.lengths == [3] * 8
    assert found.labels == {"a": 4, "b": 4}
    assert ("no header" in found.said) is not bool(header)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"]
)
def test_encodings(tmp_path, encoding):
    content = rows(header="v0,v1,v2,label").replace(",a", ",Größe").replace(",b", ",Übung").encode(encoding)
    found = read(written(tmp_path, "a.csv", content))
    assert found.labels == {"Größe": 4, "Übung": 4}
    assert found.understood.schema.settings["columns"] == ("v0", "v1", "v2")


def test_gzip_under_any_name(tmp_path):
    assert read(written(tmp_path, "a.csv", gzip.compress(rows().encode()))).lengths == [3] * 8


@pytest.mark.parametrize("header", ["v0,v1,v2,label", ""])
def test_decimal_comma(tmp_path, header):
    found = read(written(tmp_path, "a.csv", rows(separator=";", decimal=",", header=header)))
    assert found.lengths == [3] * 8
    assert all(0 <= value < 1 for case in found.cases for value in case.values[:, 0])
    assert "decimal comma" in found.said


def test_thousands_follow_the_rest_of_the_file(tmp_path):
    content = "a;b;y\n" + "".join(f"1.234;{at},5;{'uv'[at % 2]}\n" + "2.500;1,25;u\n" for at in range(4))
    assert read(written(tmp_path, "a.csv", content)).first() == [1234, 0.5]
    content = content.replace(",", ".")
    assert read(written(tmp_path, "a.csv", content)).first() == [1.234, 0.5]


@pytest.mark.parametrize(
    ("before", "skipped"),
    [
        ("sep=,\n", True),
        ("# made by us\n# on a day\n", True),
        ("# made by us, today\n", True),
        ("\n\n", False),
        ("# ", False),
    ],
)
def test_what_stands_before_a_table(tmp_path, before, skipped):
    found = read(written(tmp_path, "a.csv", before + rows()))
    assert found.lengths == [3] * 8
    assert found.understood.schema.settings["columns"] == ("v0", "v1", "v2")
    assert ("before the table" in found.said) is skipped or before == "\n\n"
    assert found.cases[0].place == f"a.csv, line {before.count(chr(10)) + 2}"


def test_counts_and_class_names_are_no_header(tmp_path):
    content = "6,3,setosa,versicolor\n" + "".join(f"5.{at},3.5,1.4,{at % 2}\n" for at in range(6))
    found = read(written(tmp_path, "iris.csv", content), target="last")
    assert found.lengths == [3] * 6


def test_a_header_of_numbers(tmp_path):
    content = "0,1,2,3\n" + "".join(f"{random.random()},{random.random()},0.5,{at % 2}.0\n" for at in range(6))
    found = read(written(tmp_path, "a.csv", content), target="last")
    assert len(found.cases) == 6
    assert found.labels == {"0": 3, "1": 3}


def test_names_of_rows_as_r_writes_them(tmp_path):
    content = '"v0","v1","label"\n' + "".join(f'"{at}",0.{at},1.{at},"{"ab"[at % 2]}"\n' for at in range(1, 7))
    found = read(written(tmp_path, "a.csv", content))
    assert found.lengths == [2] * 6
    assert "it counts the rows" in found.said


def test_quotes_that_are_letters(tmp_path):
    found = read(written(tmp_path, "a.tsv", 'ham\t"hello there\nspam\tbye\nham\tit is "ok"\nspam\tfour\n'))
    assert found.texts() == ['"hello there', "bye", 'it is "ok"', "four"]


def test_quotes_between_tabs_that_hold_cells_together(tmp_path):
    content = "id\tv0\tv1\tlabel\n" + "".join(f'a{at}\t"2,28{at}"\t0.{at}\t{"xy"[at % 2]}\n' for at in range(6))
    assert read(written(tmp_path, "a.tsv", content)).first() == [2280, 0]


def test_units_are_left_out_and_said(tmp_path):
    content = "x1,x2,y\n" + "".join(f"{at}.5 mV,{at} mV,{'uv'[at % 2]}\n" for at in range(6))
    found = read(written(tmp_path, "a.csv", content))
    assert found.first() == [0.5, 0]
    assert "'x1' (mV)" in found.said


def test_rows_of_different_lengths(tmp_path):
    content = "".join("\t".join([str(at % 2), *["0.5"] * (4 + at % 3)]) + "\n" for at in range(9))
    found = read(written(tmp_path, "a.txt", content))
    assert found.lengths == [4, 5, 6] * 3
    assert "rows have different lengths" in found.said


def test_empty_cells_at_the_end_of_numbered_columns(tmp_path):
    content = "label,t1,t2,t3,t4\na,1,2,,\nb,1,2,3,\na,1,2,3,4\nb,2,2,3,4\n"
    found = read(written(tmp_path, "a.csv", content))
    assert found.lengths == [2, 3, 4, 4]
    assert "are the end of its sequence" in found.said


@pytest.mark.parametrize("header", ["v0,v1,v2,label\n", "v0,v1,v2,label,\n", ""])
@pytest.mark.parametrize("ends", [",,,,,,", " ,     ", "      ,", ",     "])  # of which rows a separator ends
def test_a_separator_at_the_end_of_a_row_makes_no_column(tmp_path, header, ends):
    lines = [f"0.{at},{at}.5,1.25,{'ab'[at % 2]}{end.strip()}\n" for at, end in enumerate(ends)]
    found = read(written(tmp_path, "a.csv", header + "".join(lines)))
    assert found.cases[1].values[:, 0].tolist() == [0.1, 1.5, 1.25]
    assert found.labels == {"a": (len(ends) + 1) // 2, "b": len(ends) // 2}


@pytest.mark.parametrize(
    ("new", "first"),
    [
        ("1,2,3,a\n0.5,0.25,0.75,b\n", [1, 2, 3]),
        ("1,2,3\n", [1, 2, 3]),
        ("v0,v1,v2,label\n0.5,0.25,0.75,a\n", [0.5, 0.25, 0.75]),
        ("v0,v1,v2\n0.5,0.25,0.75\n", [0.5, 0.25, 0.75]),
    ],
)
def test_the_first_row_is_a_sequence_where_training_had_no_header(tmp_path, new, first):
    schema = read(written(tmp_path, "a.csv", rows(header=""))).schema
    cases, errors = read_with(written(tmp_path, "new.csv", new), schema)
    assert cases[0].values[:, 0].tolist() == first
    assert not errors


@pytest.mark.parametrize(("new", "texts"), [("b\tACGT\n", ["ACGT"]), ("label\tsequence\nb\tACGT\n", ["ACGT"])])
def test_the_first_text_is_a_sequence_where_training_had_no_header(tmp_path, new, texts):
    schema = read(written(tmp_path, "a.txt", "a\tACCA\nb\tTTTG\na\tACCG\nb\tTTGG\n")).schema
    cases, _ = read_with(written(tmp_path, "new.txt", new), schema)
    assert ["".join(case.values) for case in cases] == texts


@pytest.mark.parametrize("count", [1, 2, 6])
def test_a_separator_at_the_end_of_a_row_of_numbers_alone(tmp_path, count):
    schema = read(written(tmp_path, "a.csv", rows())).schema
    new = "v0,v1,v2\n" + "1,2,3\n" * (count - 1) + "1,2,3,,\n"
    cases, errors = read_with(written(tmp_path, "new.csv", new), schema)
    assert [case.values[:, 0].tolist() for case in cases] == [[1, 2, 3]] * count
    assert not errors


def test_a_row_with_a_cell_too_much_moves_no_other(tmp_path):
    schema = read(written(tmp_path, "a.csv", rows())).schema
    cases, errors = read_with(written(tmp_path, "new.csv", "v0,v1,v2\n1,2,3\n1,2,3\n1,2,3,4\n"), schema)
    assert [case.values[:, 0].tolist() for case in cases] == [[1, 2, 3]] * 2
    assert "line 4 has 4 cells where the header has 3" in errors[0]


BROKEN = {
    "a row with too much": ("v0,v1,y\n1,2,a\n3,4,b\n5,6,a,9\n7,8,b\n", "line 4 has 4 cells where the header has 3"),
    "a row that is cut": (rows() + "1,2", "line 10 has 2 cells"),
    "words among numbers": (
        "v0,v1,y\n1,2,a\n3,oops,b\n5,6,a\n7,8,b\n",
        r"column 'v1' has 'oops' in row 2 \(line 3\), where 3 other cells are numbers",
    ),
    "both marks before fractions": (
        "v0;v1;y\n1,5;2;a\n2.5;4;b\n3,5;1;a\n",
        "'v0' has numbers with a point and numbers",
    ),
    "a quote that stays open": ('text,label\n"hello,a\nbye,b\n', "line 2: a quote mark is opened there"),
    "a zero byte": (b"a,b,label\n1,2,x\n3,\x004,y\n", "zero byte"),
    "nothing": ("", "empty"),
    "a header alone": ("v0,v1,label\n", "no row"),
    "packed and cut": (gzip.compress(rows().encode())[:-20], "get it again"),
    "half of UTF-16": ("\ufeffa,b".encode("utf-16-le")[:-1], "not whole utf-16"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_are_one_sentence(tmp_path, name):
    content, sentence = BROKEN[name]
    with pytest.raises(InputError, match=sentence) as error:
        read(written(tmp_path, "a.csv", content))
    assert "\n" not in str(error.value)


def test_separators_without_anything_between_them(tmp_path):
    found = read(written(tmp_path, "a.csv", rows() + ",,,\n,,,\n"))
    assert len(found.cases) == 8
    assert "2 rows with separators and nothing else left out: line 10 and 11" in found.said


def test_a_very_long_cell(tmp_path):
    content = "series,label\n" + "".join(f"{' '.join(['0.5'] * 60_000)},{'ab'[at % 2]}\n" for at in range(4))
    assert read(written(tmp_path, "a.csv", content)).lengths == [60_000] * 4


@pytest.mark.parametrize("header", ["id,0,1,2,label", "country,2001,2002,2003,label", "id,400.5,401,401.5,label"])
def test_a_header_of_rising_numbers(tmp_path, header):
    content = header + "\n" + "".join(f"c{at},0.{9 - at},0.5{at},0.1,{'ab'[at % 2]}\n" for at in range(6))
    found = read(written(tmp_path, "a.csv", content))
    assert found.lengths == [3] * 6
    assert found.labels == {"a": 3, "b": 3}
