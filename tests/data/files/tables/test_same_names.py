"""Names of columns and words in cells that look the same are the same; those that nearly do are told."""

import json
import unicodedata

import pytest

from frostformer.errors import InputError
from reading_files import read, read_with, written

FORMS = ("NFC", "NFD")
HEADER = "id,größe,käse,label\n"
ROWS = "".join(f"k{at // 4},0.{at},{('Gruyère', 'Brot')[at % 3 == 0]},{'ab'[at // 4 % 2]}\n" for at in range(48))


def rows(form, text=HEADER + ROWS):
    return unicodedata.normalize(form, text)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("other", FORMS)
def test_accents_may_be_signs_of_their_own(tmp_path, form, other):
    told = {"id": "id", "target": "label", "sequence": "größe,käse"}
    trained = read(written(tmp_path, "a.csv", rows(form)), **told)
    assert len(trained.schema.channels) == 3
    new, refused = read_with(written(tmp_path, "b.csv", rows(other)), trained.understood.schema)
    assert refused == []
    assert [case.values.tolist() for case in new] == [case.values.tolist() for case in trained.cases]
    assert [case.target for case in new] == [case.target for case in trained.cases]


def test_one_word_in_two_forms_is_one_channel(tmp_path):
    mixed = HEADER + rows("NFC", ROWS) + rows("NFD", ROWS).replace("k", "m")
    found = read(written(tmp_path, "a.csv", mixed), id="id", target="label", sequence="größe,käse")
    assert len(found.schema.channels) == 3


def test_runs_of_before_have_names_and_words_as_their_file_had_them(tmp_path):
    trained = read(written(tmp_path, "a.csv", rows("NFC")), id="id", target="label", sequence="größe,käse")
    schema = trained.understood.schema
    schema.settings["codings"]["käse"]["categories"] = ("Brot", rows("NFD", "Gruyère"))
    for form in FORMS:
        new, refused = read_with(written(tmp_path, "b.csv", rows(form)), schema)
        assert refused == []
        assert new[0].values.tolist() == trained.cases[0].values.tolist()


@pytest.mark.parametrize("form", FORMS)
def test_json_too(tmp_path, form):
    def lines(form):
        return "\n".join(
            rows(form, json.dumps({"größe": [at, 1], "y": "ab"[at % 2]}, ensure_ascii=False)) for at in range(6)
        )

    trained = read(written(tmp_path, "a.jsonl", lines("NFC")))
    new, _ = read_with(written(tmp_path, "b.jsonl", lines(form)), trained.understood.schema)
    assert [case.values.tolist() for case in new] == [case.values.tolist() for case in trained.cases]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (
            "id,Size,wall",
            "lacks 1 of the columns that make the sequence (size): 'Size' differs from 'size' in capitals",
        ),
        ("id,si ze,wall", "'si ze' differs from 'size' in blanks alone; rename it"),
        ("id,height,wall", "it has id, height and wall; give a file of the same kind"),
    ],
)
def test_a_name_that_is_nearly_there(tmp_path, header, said):
    content = "id,size,wall,label\n" + ROWS.replace("Gruyère", "blue").replace("Brot", "red")
    schema = read(written(tmp_path, "a.csv", content), id="id", target="label").understood.schema
    with pytest.raises(InputError) as told:
        read_with(written(tmp_path, "b.csv", f"{header}\nk,0.5,red\n"), schema)
    assert said in str(told.value)
    _, refused = read_with(written(tmp_path, "b.csv", "id,size,wall\nk,0.5,Blue\n"), schema)
    assert "which is not one of blue, red; 'Blue' differs from 'blue' in capitals alone" in refused[0]
