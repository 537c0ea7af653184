"""Tables of any length take the same memory, and nothing that stands in a file ends in a traceback."""

import json
import tracemalloc
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from frostformer.data.files.options import FileOptions
from frostformer.data.files.tables.formats import ARROW, JSON, TABLE
from frostformer.errors import CannotRead, InputError
from reading_files import read_with, written


def wide(count: int) -> str:
    return "v0,v1,v2,label\n" + "".join(f"0.{at},1.5,2.5,{'ab'[at % 2]}\n" for at in range(count))


def long(count: int) -> str:
    return "id,t,x,label\n" + "".join(f"{at // 10},{at % 10},0.{at},{'ab'[at // 10 % 2]}\n" for at in range(count))


def recording(count: int) -> str:
    return "t,x,y,label\n" + "".join(f"{at},0.{at},1.5,{'ab'[at // 50 % 2]}\n" for at in range(count))


def text(count: int) -> str:
    return "text,label\n" + "".join(f"{'ACGT' * 10}{at},{'ab'[at % 2]}\n" for at in range(count))


STREAMS = {
    "wide": (wide, FileOptions()),
    "long": (long, FileOptions()),
    "recording": (recording, FileOptions(window=50, hop=25, target="label")),
    "text": (text, FileOptions()),
}


@pytest.mark.parametrize("name", STREAMS)
def test_memory_is_the_same_however_long_the_file(tmp_path, monkeypatch, name):
    monkeypatch.setattr("frostformer.data.files.tables.cells.BLOCK_ROWS", 128)  # so that short files are long
    content, options = STREAMS[name]
    peaks = []
    for count in (600, 3_000):
        path = written(tmp_path, f"{count}.csv", content(count))
        tracemalloc.start()
        schema = TABLE.understand(path, options).schema
        found = sum(1 for _ in TABLE.cases(path, schema))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert found >= count // 50
    assert peaks[1] < 1.2 * peaks[0] + 200_000


def test_a_table_that_must_be_sorted_has_a_limit(tmp_path, monkeypatch):
    monkeypatch.setattr("frostformer.data.files.tables.long.MOST_COLLECTED", 100)
    path = written(tmp_path, "a.csv", "id,t,x,label\n" + "".join(f"{at % 7},{at},0.{at},a\n" for at in range(50)))
    with pytest.raises(InputError, match="sort the file by 'id'"):
        TABLE.understand(path, FileOptions(id="id"))


WORDS = (
    '1 2.5 a b NA -999 inf 1e400 1,5 1.234,5 2021-01-02 01/02/2021 10:30 [[1,2],[3,4]] true 0 0012 "q" " \' $3 # ü id '
    "label t time text split train x1 x2 ٣ 1_000 - + . sep=;"
)
CELLS = st.sampled_from([*WORDS.split(" "), "", "x y", "1 2 3", "[1, 2]", "12 mV", "\u2028", "\x1c"])
OPTIONS = st.builds(
    FileOptions,
    target=st.sampled_from([None, "last", "first", "1", "label", "9", "1-2"]),
    sequence=st.sampled_from([None, None, "1", "2-3", "text"]),
    id=st.sampled_from([None, None, "1", "id"]),
    time=st.sampled_from([None, None, "2"]),
    group=st.sampled_from([None, None, "1"]),
    split=st.sampled_from([None, None, "3"]),
    kind=st.sampled_from([None, None, "tokens", "vectors"]),
    window=st.sampled_from([None, None, 1, 3]),
    hop=st.sampled_from([None, None, 1, 5]),
    choose=st.sampled_from([None, "any", "max", "last", "majority"]),
    per_position=st.booleans(),
    drop=st.sampled_from([None, None, "1"]),
    keep=st.sampled_from([None, "2"]),
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["x", "y", "label", "id"]), inner, max_size=3)
    ),
    max_leaves=8,
)
many = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def check(kind, path, options):
    """Either one sentence, or sequences that are as the schema says."""
    try:
        understood = kind.understand(path, options)
    except InputError:
        return
    cases, _ = read_with(path, understood.schema)
    schema = understood.schema
    for case in cases:
        if schema.kind == "vectors":
            assert case.values.ndim == 2
            assert case.values.shape[1] == len(schema.channels)
        else:
            assert case.values.ndim == 1
        assert len(case.target) in (0, len(case.values) if schema.per_position else len(schema.targets))


@many
@given(
    st.lists(st.lists(CELLS, min_size=1, max_size=6), min_size=1, max_size=9),
    st.sampled_from(list(",;\t| ")),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
    OPTIONS,
)
def test_any_table(tmp_path_factory, rows, separator, end, equal, options):
    rows = [(row * 6)[: len(rows[0])] for row in rows] if equal else rows
    content = end.join(separator.join(row) for row in rows)
    check(TABLE, written(tmp_path_factory.getbasetemp(), "a.csv", content), options)


@many
@given(st.lists(JSON_VALUES, max_size=6), st.booleans(), OPTIONS)
def test_any_json(tmp_path_factory, values, lines, options):
    content = "\n".join(map(json.dumps, values)) if lines else json.dumps(values)
    check(JSON, written(tmp_path_factory.getbasetemp(), "a.jsonl", content), options)


@many
@given(st.binary(max_size=200), OPTIONS)
def test_any_bytes(tmp_path_factory, content, options):
    for name, kind in (("a.csv", TABLE), ("a.jsonl", JSON)):
        check(kind, written(tmp_path_factory.getbasetemp(), name, content), options)


@many
@given(st.binary(max_size=200))
def test_any_bytes_called_parquet(tmp_path_factory, content):
    pytest.importorskip("pyarrow")
    check(ARROW, written(tmp_path_factory.getbasetemp(), "a.parquet", b"PAR1" + content), FileOptions())


def test_an_iterator_goes_on_after_an_error(tmp_path):
    path = written(tmp_path, "a.csv", wide(10))
    schema = TABLE.understand(path, FileOptions()).schema
    path.write_text("v0,v1,v2\n1,2,3\n1,2\n1,x,3\n4,5,6\n")
    found, names = TABLE.cases(path, replace(schema)), []
    for _ in range(4):
        with suppress(CannotRead):
            names.append(next(found).name)
    assert names == ["1", "4"]
    with pytest.raises(StopIteration):
        next(found)


def test_numbers_at_the_edge_of_what_a_float_holds(tmp_path):
    content = "id,t,x,label\n" + "".join(f"{at // 4},{(-1) ** at}.7e308,{(-1) ** at}.7e308,a\n" for at in range(8))
    check(TABLE, written(tmp_path, "a.csv", content), FileOptions())
    with pytest.raises(InputError, match="column 't' has 'inf', which is no time"):
        TABLE.understand(
            written(tmp_path, "b.csv", "id,t,x,label\n1,inf,1,a\n1,2,2,a\n2,1,1,b\n2,2,2,b\n"), FileOptions()
        )
