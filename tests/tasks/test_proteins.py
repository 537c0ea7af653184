"""Remote homology: TAPE's numbering, what is cut or left out, splits that share nothing, files that are missing."""

import json
import re

import numpy as np
import pytest
import torch

from frostformer.data.batches import evaluation_batches
from frostformer.data.downloads import data_folder
from frostformer.errors import InputError
from frostformer.tasks.proteins import remote_homology, remote_homology_lu2021

SPLITS = ("train", "validation", "test")
TRAIN = [("MKV", 4), ("ACZ", 4), ("A" * 10, 1194)]
VALID = [("MKVL", 4), ("W" * 9, 1)]
TEST = [("GG", 4), ("VKM", 2), ("YY", 1194)]


def write_csv(path, proteins):
    path.write_text("seq,label\n" + "".join(f"{sequence},{fold}\n" for sequence, fold in proteins))


def write_json(path, proteins):
    path.write_text(json.dumps([{"primary": sequence, "fold_label": fold} for sequence, fold in proteins]))


@pytest.fixture
def folder(tmp_path):
    for name, proteins in (("train", TRAIN), ("valid", VALID), ("test", TEST)):
        write_csv(tmp_path / f"remote_homology.{name}.csv", proteins)
    return tmp_path


def rows(split):
    """The real tokens and the fold of each sequence."""
    real = [row[:length].tolist() for row, length in zip(split.inputs, split.lengths, strict=True)]
    return list(zip(real, split.targets[:, 0, 0].tolist(), strict=True))


def test_tokens_are_numbered_as_tape_does(folder):
    task = remote_homology(folder)
    assert rows(task.train)[:2] == [([2, 16, 14, 25, 3], 4), ([2, 5, 7, 29, 3], 4)]  # MKV, ACZ
    assert task.train.inputs.dtype == np.uint8
    assert task.train.inputs[0].tolist() == [2, 16, 14, 25, 3, 0, 0, 0, 0, 0, 0, 0]  # padded to the longest
    assert [task.vocabulary[token] for token in task.train.inputs[0, :5]] == ["<cls>", "M", "K", "V", "<sep>"]
    assert (task.shape.channels, task.shape.classes, task.shape.length) == (30, 1195, 1024)


def official_batch(proteins):
    """Token ids and folds of a batch as TAPE gives it to the official code: padded with 0 to the longest protein."""
    letters = {letter: number for number, letter in enumerate("ABCDEFGHIKLMNOPQRSTUVWXYZ", 5)}
    rows = [[2, *map(letters.get, sequence), 3] for sequence, _ in proteins]
    longest = max(map(len, rows))
    return [row + [0] * (longest - len(row)) for row in rows], [fold for _, fold in proteins]


def test_lu2021_is_a_batch_of_the_official_code_whose_longest_protein_just_fits(folder):
    task = remote_homology_lu2021(folder, length=12)  # the third training protein has 10 amino acids
    assert (task.train.inputs.tolist(), task.train.targets.ravel().tolist()) == official_batch(TRAIN)
    longer = [*TEST, ("A" * 10, 0)]
    assert task.test.inputs.tolist() == official_batch(longer)[0][:-1]
    assert (task.shape.channels, task.shape.classes, task.version) == (30, 1195, 2)


def test_lu2021_reads_the_last_position_of_the_official_batch_whatever_shares_ours(folder, tiny_model):
    task = remote_homology_lu2021(folder, length=12)
    model = tiny_model(task.shape).double()
    tokens, _ = official_batch(TRAIN)
    with torch.no_grad():
        # their read-out: no mask, no lengths, the last position of the padded batch
        hidden = model.backbone.model(inputs_embeds=model.input_layer(torch.tensor(tokens))).last_hidden_state
        wanted = model.output_layer(hidden[:, -1])
        for batch_size in (1, 2):
            for indices, batch in evaluation_batches(task.train, batch_size):
                embeddings = model.input_layer(torch.from_numpy(batch.inputs).int())
                found = model.output_layer(model.backbone.read(embeddings, torch.from_numpy(batch.lengths), 1)[:, 0])
                torch.testing.assert_close(found, wanted[indices], rtol=1e-12, atol=1e-12)
    assert "every protein is padded to 12 positions and read there" in task.note
    whole = task.reading.sequence(["<cls>", *TRAIN[0][0], "<sep>"])  # as `predict` reads it
    assert whole.tolist() == task.train.inputs[0].tolist()
    assert not task.ragged


def test_every_letter_has_its_number(folder):
    write_csv(folder / "remote_homology.test.csv", [("ABCDEFGHIKLMNOPQRSTUVWXYZ", 0)])
    assert remote_homology(folder).test.inputs[0, 1:-1].tolist() == list(range(5, 30))


def test_what_does_not_fit_is_left_out_one_by_one(folder):
    task = remote_homology_lu2021(folder, length=6)
    assert [len(getattr(task, split)) for split in SPLITS] == [2, 1, 3]
    assert [fold for _, fold in rows(task.train)] == [4, 4]
    assert "left out as longer than 6 positions" in task.note
    assert "33.33 % of train, 50.00 % of validation, 0.00 % of test" in task.note


def test_what_just_fits_stays_whole(folder):
    official, own = remote_homology_lu2021(folder, length=12), remote_homology(folder, length=12)
    assert official.train.inputs.tolist() == own.train.inputs.tolist()
    assert "0.00 % of train, 0.00 % of validation" in remote_homology_lu2021(folder, length=12).note


def test_or_it_loses_its_end_and_keeps_the_end_token(folder):
    task = remote_homology(folder, length=6)
    assert [len(getattr(task, split)) for split in SPLITS] == [3, 2, 3]
    assert rows(task.train)[2] == ([2, 5, 5, 5, 5, 3], 1194)
    assert task.note.startswith("cut as longer than 6 positions with start and end token: 33.33 % of train")


def test_folds_that_training_lacks_are_counted(folder):
    assert "test sequences of a fold that is not in train: 1 of 3" in remote_homology(folder).note


def test_the_trivial_level_is_the_commonest_fold_of_training(folder):
    assert remote_homology(folder).trivial == {"majority class": pytest.approx(1 / 3)}


def test_a_sequence_in_two_splits_stays_in_the_later_one(folder):
    assert "later split" not in remote_homology(folder).note
    write_csv(folder / "remote_homology.valid.csv", [*VALID, TRAIN[0], TEST[0]])
    write_csv(folder / "remote_homology.train.csv", [*TRAIN, TEST[1]])
    task = remote_homology(folder)
    assert [len(getattr(task, split)) for split in SPLITS] == [2, 3, 3]
    assert "left out of train or validation as also in a later split: 3" in task.note
    found = [str(tokens) for split in SPLITS for tokens, _ in rows(getattr(task, split))]
    assert len(found) == len(set(found))


def test_sequences_that_cutting_made_equal_are_in_one_split(folder):
    write_csv(folder / "remote_homology.test.csv", [("A" * 20, 7)])
    assert len(remote_homology(folder, length=12).train) == 2
    assert len(remote_homology(folder, length=13).train) == 3


def test_holdouts_are_test_splits(folder):
    for place, holdout in enumerate(("superfamily", "family")):
        write_json(folder / f"remote_homology_test_{holdout}_holdout.json", [TEST[place]])
        assert rows(remote_homology(folder, holdout=holdout).test) == rows(remote_homology(folder).test[[place]])
    with pytest.raises(InputError, match=r"unknown holdout 'famly'.*Did you mean 'family'"):
        remote_homology(folder, holdout="famly")


@pytest.mark.parametrize("build", [remote_homology, remote_homology_lu2021])
def test_tapes_json_is_the_same_task(folder, tmp_path, build):
    other = tmp_path / "json"
    other.mkdir()
    for name, proteins in (("train", TRAIN), ("valid", VALID), ("test_fold_holdout", TEST)):
        write_json(other / f"remote_homology_{name}.json", proteins)
    for split in SPLITS:
        assert rows(getattr(build(folder), split)) == rows(getattr(build(other), split))


def test_absent_files_are_named_with_where_to_get_them(tmp_path, monkeypatch):
    monkeypatch.setenv("FROSTFORMER_DATA", str(tmp_path))
    (tmp_path / "remote_homology" / "remote_homology_train.lmdb").mkdir(parents=True)
    with pytest.raises(InputError, match=re.escape(str(tmp_path / "remote_homology"))) as caught:
        remote_homology()
    message = str(caught.value)
    for part in ("remote_homology.train.csv or remote_homology_train.json", "songlab-cal/tape", "LMDB", "pickles"):
        assert part in message
    assert "\n" not in message


def test_names_only_what_is_absent(folder):
    with pytest.raises(InputError, match=r"lacks remote_homology_test_family_holdout\.json: put there"):
        remote_homology(folder, holdout="family")


def test_refuses_a_length_for_which_nothing_is_left(folder):
    with pytest.raises(InputError, match="length is 2"):
        remote_homology(folder, length=2)
    with pytest.raises(InputError, match="no protein left; give a greater length"):
        remote_homology_lu2021(folder, length=3)


def test_the_real_files():
    folder = data_folder() / "remote_homology"
    if not (folder / "remote_homology.train.csv").is_file():
        pytest.skip(f"needs TAPE's files in {folder}: name the data folder in FROSTFORMER_DATA")
    task, paper = remote_homology(folder), remote_homology_lu2021(folder)
    assert [len(getattr(task, split)) for split in SPLITS] == [12_312, 736, 718]
    assert [len(getattr(paper, split)) for split in SPLITS] == [12_305, 734, 718]
    assert np.unique(task.train.targets).tolist() == list(range(1195))
    assert task.train.inputs.shape == (12_312, 1024)
    assert "0.06 % of train, 0.27 % of validation, 0.00 % of test" in paper.note
    assert "later split" not in task.note  # the official splits share no sequence
    assert task.trivial == {"majority class": pytest.approx(20 / 718)}
