"""What `frostformer data` says of every odd file that was collected, and of others."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from frostformer.cli.app import app
from frostformer.data.files.options import FileOptions
from frostformer.errors import InputError

ODD = Path(__file__).parents[1] / "cases" / "own-data"
EXPECTED = json.loads((ODD / "expected.json").read_text(encoding="utf-8"))
OPTIONS = {
    "heartbeat_no_header.csv": ["--target", "last"],
    "long_label_changes.csv": ["--choose", "last"],
    "nested_lists.parquet": ["--sequence", "x"],
    "splice.data": ["--target", "1", "--sequence", "3"],
    "features_long.csv": ["--labels", ODD / "features_labels.csv"],
    "proteins.fasta": ["--labels", ODD / "proteins_labels.tsv"],
    "header_labels.fasta.gz": ["--label-field", "2"],
    "one_file_per_case": ["--choose", "last"],
    "ids_like_numbers.csv": ["--group", "subject"],
}
REFUSED = {
    "heartbeat_no_header.csv": "which column is the answer cannot be guessed: give --target",
    "long_label_changes.csv": r"line 4: 'id' 1 has different answers \(a and b\)",
    "lines.txt": "lines without labels: .*--labels",
    "object_array.npy": "pickle",
    "matlab73.mat": "HDF5",
    "nested_lists.parquet": "columns x and emb could be the sequence",
    "features_labels.csv": "a table of ids and answers is given by --labels",
    "proteins_labels.tsv": "a table of ids and answers is given by --labels",
}
SAYS = {
    "ucr_padded_nan_TRAIN.tsv": ["row 3 (line 3), position 8", "end of its sequence"],
    "timestamps.ts": ["steps are uneven", "--keep time"],
    "header_lies.ts": ["line 14"],
    "wide_index_bom.csv": ["'column 1' left out: it counts the rows"],
    "excel_german.csv": ["';'", "decimal comma", "thousands", "cp1252"],
    "missing_spellings.csv": ["12 missing values", "line 7, step 2 ('b')", "line 8, step 3 ('c')", "-999", "'NA'"],
    "long_label_changes.csv": ["the same time stands twice in '2'"],
    "features_long.csv": ["'k3'", "k9"],
    "event_log.csv": ["the same time stands twice in 'A-2'"],
    "categorical_channels.csv": ["'door' is 1 for true", "cool, heat and idle"],
    "smiles.csv": ["smiles.csv, line 6", "line 3 and smiles.csv, line 7"],
    "spam.tsv": ["row 2 (line 2)", "spam.tsv, line 4"],
    "proteins.fasta": ["proteins.fasta, line 8)", "P1 (lines 12, 14)", "P00001", "small letters"],
    "big_endian_f16.npz": ["12 cases of 9 steps of 2 channels"],
    "list_column.parquet": ["row 4, position 3", "'when' is a time"],
    "ragged.jsonl": ["line 1, ragged.jsonl, line 2", "ragged.jsonl, line 6"],
    "images": ["broken.png", "empty.jpg", "white", "EXIF"],
    "sounds": ["truncated.wav", "not_a_wav.wav", "beside.flac", "16,000"],
    "traps/duplicate_rows.csv": ["3 sequences stand twice", "1 sequence stands twice with different labels"],
    "traps/groups.csv": ["'patient' has 6 values and gives the label in 36 of 36 rows"],
    "traps/label_copy.csv": ["column 'code' alone gives the label in 24 of 24 rows", "--keep code"],
    "traps/constant_channel.csv": ["'flag' is 0 in all 24 rows"],
    "traps/single_example_class.csv": ["class 'dup' has 2 examples, class 'rare' has 1 example"],
    "traps/imbalance.csv": ["96.7 %", "balanced accuracy"],
    "traps/ordinal.csv": ["--scoring regression"],
    "traps/time_order.csv": ["labels come in blocks along 'date'"],
}


def data(capsys, *words: str | Path) -> str:
    """What the command prints."""
    app(["data", *map(str, words)], result_action="return_value", exit_on_error=False)
    return capsys.readouterr().out


def look(capsys, *words: str | Path) -> dict:
    """What it says as JSON."""
    (line,) = data(capsys, *words, "--json").splitlines()
    return json.loads(line)


def need(name: str) -> None:
    for ending, module in ((".parquet", "pyarrow"), ("images", "PIL"), ("sounds", "soundfile")):
        if name.endswith(ending) and importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")


@pytest.mark.parametrize("name", EXPECTED)
def test_every_odd_file(name, capsys):
    need(name)
    if name in REFUSED:
        with pytest.raises(InputError, match=REFUSED[name]):
            data(capsys, ODD / name)
    if name in REFUSED and name not in OPTIONS:
        return
    expected, found = EXPECTED[name], look(capsys, ODD / name, *OPTIONS.get(name, []))
    for key in ("n", "channels", "missing", "known", "lengths"):
        assert found.get(key) == expected.get(key, found.get(key)), key
    if labels := expected.get("labels") or Counter(one for one in expected.get("label_list", ()) if one is not None):
        assert found["labels"] == labels
    if names := expected.get("label_values"):
        assert set(found["labels"]) == set(names)
    if start := expected.get("first"):
        assert [step[0] for step in found["first"][0]["values"][: len(start)]] == pytest.approx(start)
    if sequences := expected.get("sequences"):
        assert [one["values"] for one in found["first"]] == sequences
    if letters := expected.get("first_sequence"):
        assert "".join(found["first"][0]["values"]) == letters
    assert found["splits"].get("test") == expected.get("n_test", found["splits"].get("test"))
    said = "\n".join([*found["notes"], *found["warnings"]])
    for sentence in SAYS.get(name, []):
        assert sentence in said
    assert len(set(found["warnings"])) == len(found["warnings"])
    refused = any(one in said for one in ("and 3 are needed", "has no answers"))
    assert (found["command"] is None) == refused


@pytest.mark.parametrize("name", ["traps/groups.csv", "ragged.jsonl", "mixed_line_ends.csv", "multilabel.csv"])
def test_people_read_the_same(name, capsys):
    found, shown = look(capsys, ODD / name), data(capsys, ODD / name)
    for sentence in [*found["warnings"], *found["left_out"]]:
        assert sum(sentence in line for line in shown.splitlines()) == 1
    if found["command"]:
        assert f"train on it: {found['command']}" in shown
    for label in found["labels"]:
        assert label in shown


def test_nothing_that_a_file_holds_reaches_the_terminal_as_an_instruction(tmp_path, capsys):
    path = tmp_path / "a.csv"
    path.write_text("v0,v1,label\n" + "".join(f"{at},{at % 3}.5,\x1b[31m{'xy'[at % 2]}\n" for at in range(12)))
    shown = data(capsys, path)
    assert "\\x1b[31mx" in shown
    assert "\x1b[31m" not in shown


def test_the_command_repeats_every_option(tmp_path, capsys):
    path = tmp_path / "my file.csv"
    path.write_text("id,t,x,label\n" + "".join(f"{at // 9},{at % 9},{at**2 % 97},{at % 2}\n" for at in range(180)))
    words = ["--id", "id", "--target", "label", "--window", "4", "--per-position"]
    command = look(capsys, path, *words)["command"]
    assert command == (
        f"frostformer run --data '{path}' --target label --id id --window 4 --per-position --out 'runs/my file'"
    )


def test_every_option_of_a_file_is_an_option_of_the_command(capsys):
    with pytest.raises(SystemExit):
        app(["data", "--help"])
    shown = capsys.readouterr().out
    for name in FileOptions.__dataclass_fields__:
        assert re.search(rf"--{name.replace('_', '-')}\b", shown)


def test_it_starts_fast_and_a_file_that_is_not_there_is_one_sentence():
    code = (
        "import sys; from frostformer.cli.app import app; import contextlib, io\n"
        "with contextlib.redirect_stdout(io.StringIO()) as shown:\n"
        f"    app(['data', {str(ODD / 'ucr_plain_TRAIN.tsv')!r}], result_action='return_value')\n"
        "print(len(shown.getvalue()) > 100, *[name in sys.modules for name in ('torch', 'transformers', 'sklearn')])"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert loaded.stdout.split() == ["True", "False", "False", "False"], loaded.stderr
    command = [sys.executable, "-m", "frostformer", "data", "nothing.csv", "--json"]
    refused = subprocess.run(command, capture_output=True, text=True)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == "frostformer: there is no file at nothing.csv: give a file or a folder\n"


def test_numbers_that_are_too_large_to_scale_are_a_doubt(tmp_path, capsys):
    rows = [f"{'-' * (row % 2)}1e300,{row},{'ab'[row % 2]}" for row in range(30)]
    (tmp_path / "huge.csv").write_text("\n".join(["a,b,label", *rows]))
    app(["data", str(tmp_path / "huge.csv"), "--json"], result_action="return_value")
    found = json.loads(capsys.readouterr().out)
    assert found["command"] is None
    assert "huge.csv: step 1 holds numbers too large to scale" in found["warnings"][0]
