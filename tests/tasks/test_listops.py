"""ListOps and what Lu et al. trained on instead: tokens, splits, files, cache, and rules that need no model."""

import logging
from collections import Counter

import numpy as np
import pytest
from test_listops_language import bracketed

from frostformer.errors import InputError
from frostformer.tasks import listops as module
from frostformer.tasks.listops import listops, listops_lu2021
from frostformer.tasks.listops_language import WORDS, evaluate
from frostformer.tasks.listops_trees import generate_trees
from helpers import same_sequences

SPLITS = ("train", "validation", "test")
SMALL = {"shortest": 10, "longest": 60, "train": 200, "validation": 50, "test": 60}
LITTLE = {"train": 2000, "validation": 100, "test": 1000}
LRA_NAMES = {"train": "basic_train.tsv", "validation": "basic_val.tsv", "test": "basic_test.tsv"}


@pytest.fixture(autouse=True)
def own_data_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("FROSTFORMER_DATA", str(tmp_path / "data"))


@pytest.fixture
def tiny_whole(monkeypatch):
    """Make the whole set 100 trees of 11 to 60 tokens. Returns the options of a task that takes all of them."""
    monkeypatch.setattr(module, "_SIZES", {"train": 60, "validation": 20, "test": 20})
    return {"shortest": 10, "longest": 60, "train": 60, "validation": 20, "test": 20}


@pytest.fixture(scope="module")
def faithful():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FROSTFORMER_DATA", "/nowhere")
        return listops_lu2021(**LITTLE)


def rows_of(split) -> list[bytes]:
    return [bytes(row[:length]) for row, length in zip(split.inputs, split.lengths, strict=True)]


def labels_of(split) -> list[int]:
    return split.targets.ravel().tolist()


def equal(one, other) -> bool:
    return all(same_sequences(getattr(one, split), getattr(other, split)) for split in SPLITS)


def test_whole_trees_with_their_values():
    task = listops(**SMALL)
    for name in SPLITS:
        split = getattr(task, name)
        rows = rows_of(split)
        assert len(rows) == SMALL[name]
        assert all(10 < len(row) <= 60 for row in rows)
        assert labels_of(split) == [evaluate(row) for row in rows]  # a cut tree would have no value
        assert split.inputs.dtype == np.uint8
        assert not any(row[length:].any() for row, length in zip(split.inputs, split.lengths, strict=True))
    assert (task.shape.channels, task.shape.length, task.shape.classes) == (16, 60, 10)
    assert task.vocabulary == WORDS


def test_the_usual_lengths():
    task = listops(train=200, validation=50, test=50)
    lengths = np.concatenate([getattr(task, split).lengths for split in SPLITS])
    assert task.shape.length == 1024
    assert 500 < lengths.min() < 560
    assert 980 < lengths.max() <= 1024
    assert listops(longest=2000, train=200, validation=5, test=5).train.lengths.max() > 1500


def test_splits_share_no_tree_whatever_their_sizes():
    some, fewer = listops(**SMALL), listops(**SMALL | {"train": 20, "validation": 5, "test": 7})
    rows = [row for split in SPLITS for row in rows_of(getattr(some, split))]
    assert len(set(rows)) == len(rows) == 310
    for split in SPLITS:
        part = getattr(fewer, split)
        assert same_sequences(part, getattr(some, split)[: len(part)])


def test_lu2021_loses_closing_brackets_cuts_and_shows_padding(faithful):
    trees = list(generate_trees(4100))  # 2,000 for test, then 2,000 for validation, then those for training
    for name, begin, size in (("test", 0, 1000), ("validation", 2000, 100), ("train", 4000, 100)):
        split = getattr(faithful, name)
        for row, label, tree in zip(split.inputs, labels_of(split), trees[begin : begin + size], strict=False):
            words = [WORDS[token] for token in tree if WORDS[token] != "]"][:512]
            assert [WORDS[token] for token in row] == words + ["<pad>"] * (512 - len(words))
            assert label == evaluate(tree)
        assert (split.lengths == 512).all()  # padding counts as tokens, as in their code
    assert faithful.shape.channels == 15
    assert faithful.vocabulary == WORDS[:15]
    padded = (faithful.test.inputs[:, -1] == 0).mean()
    assert 0.09 < padded < 0.17  # of all 100,000 trees, 12.8 % are padded
    longer = np.mean([len(tree.replace(b"\x0f", b"")) > 512 for tree in trees[:1000]])
    assert f"{longer:.1%} of the test trees are cut" in faithful.note


def test_lu2021_reads_what_a_user_gives_as_it_was_trained(faithful):
    padded = faithful.test.inputs[faithful.test.inputs[:, -1] == 0][0]
    words = [WORDS[token] for token in padded if token]
    assert faithful.reading.sequence(words).tolist() == padded.tolist()
    assert len(faithful.reading.sequence(words * 2)) == 2 * len(words)  # refused later, as too long


def test_lu2021_cut_elsewhere(faithful):
    assert np.array_equal(listops_lu2021(64, **LITTLE).test.inputs, faithful.test.inputs[:, :64])


def test_trivial_levels(faithful):
    train, test = faithful.train, faithful.test
    majority = Counter(labels_of(train)).most_common(1)[0][0]
    answers = {}
    for root in range(11, 15):
        of_root = [label for row, label in zip(train.inputs, labels_of(train), strict=True) if row[0] == root]
        answers[root] = Counter(of_root).most_common(1)[0][0]
    right = [answers[row[0]] == label for row, label in zip(test.inputs, labels_of(test), strict=True)]
    wanted = {"majority class": labels_of(test).count(majority) / 1000, "root operator": np.mean(right)}
    assert faithful.trivial == pytest.approx(wanted)
    assert 0.14 < wanted["majority class"] < 0.21
    assert 0.31 < wanted["root operator"] < 0.41


def forbid_generating(monkeypatch):
    monkeypatch.setattr(module, "generate_trees", lambda *_: pytest.fail("generated"))


def test_the_whole_set_is_made_once_and_sliced(monkeypatch, tiny_whole, tmp_path):
    part = listops(**tiny_whole | {"train": 7, "test": 3})
    assert not (tmp_path / "data").exists()  # a part of the set is not kept
    whole = listops(**tiny_whole)
    names = sorted(path.name for path in (tmp_path / "data" / "listops").iterdir())
    assert names == ["trees-v1-10-60.bin", "trees-v1-10-60.bin.sha256"]
    forbid_generating(monkeypatch)
    assert equal(listops(**tiny_whole), whole)
    assert equal(listops(**tiny_whole | {"train": 7, "test": 3}), part)


def damage_bytes(path):
    content = bytearray(path.read_bytes())
    content[50] ^= 1
    path.write_bytes(content)


DAMAGES = {
    "a bit": damage_bytes,
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-9]),
    "empty": lambda path: path.write_bytes(b""),
    "no checksum": lambda path: path.with_name(path.name + ".sha256").unlink(),
    "empty checksum": lambda path: path.with_name(path.name + ".sha256").write_bytes(b""),
    "other checksum": lambda path: path.with_name(path.name + ".sha256").write_bytes(b"\xff" * 64),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_cache_is_made_again_with_one_warning(monkeypatch, tiny_whole, tmp_path, caplog, damage):
    whole = listops(**tiny_whole)
    path = tmp_path / "data" / "listops" / "trees-v1-10-60.bin"
    content = path.read_bytes()
    DAMAGES[damage](path)
    with caplog.at_level(logging.WARNING):
        assert equal(listops(**tiny_whole), whole)
    assert len(caplog.records) == 1
    assert "trees-v1-10-60.bin is damaged" in caplog.text
    assert path.read_bytes() == content
    forbid_generating(monkeypatch)
    assert equal(listops(**tiny_whole), whole)


def test_a_cache_of_other_trees_is_no_cache(monkeypatch, tiny_whole, tmp_path, caplog):
    listops(**tiny_whole)
    path = tmp_path / "data" / "listops" / "trees-v1-10-60.bin.sha256"
    monkeypatch.setattr(module, "CHECKSUMS", {(10, 60): "0" * 64})
    with pytest.raises(RuntimeError, match=path.read_text().split()[0]), caplog.at_level(logging.WARNING):
        listops(**tiny_whole)
    assert "is damaged" in caplog.text
    monkeypatch.setattr(module, "CHECKSUMS", {(10, 60): path.read_text().split()[0]})
    forbid_generating(monkeypatch)
    assert len(listops(**tiny_whole).train) == 60


def test_a_data_folder_that_cannot_be_written_costs_a_warning(monkeypatch, tiny_whole, tmp_path, caplog):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("FROSTFORMER_DATA", str(tmp_path / "file"))
    with caplog.at_level(logging.WARNING):
        assert len(listops(**tiny_whole).train) == 60
    assert "cannot keep the ListOps trees" in caplog.text


def test_checksums_of_the_usual_sets_are_known():
    assert set(module.CHECKSUMS) == {(500, 1024), (500, 2000)}  # the default lengths of the two tasks


def text_of(tree: bytes) -> str:
    """A tree as Long Range Arena writes it."""
    outside: list = []
    opened = [outside]
    for token in tree:
        if WORDS[token] == "]":
            opened.pop()
        elif WORDS[token].startswith("["):
            opened[-1].append((WORDS[token], []))
            opened.append(opened[-1][-1][1])
        else:
            opened[-1].append(WORDS[token])
    return bracketed(outside[0])


def write_rows(path, rows):
    """A file as Long Range Arena publishes it."""
    path.write_bytes("".join(f"{row}\r\n" for row in ("Source\tTarget", *rows)).encode())


@pytest.fixture
def lra_folder(tmp_path):
    """Long Range Arena's three files with 30, 6 and 6 trees, and the trees by split."""
    trees = list(generate_trees(42, 10, 60).items())
    parts = {"train": trees[:30], "validation": trees[30:36], "test": trees[36:]}
    for split, part in parts.items():
        write_rows(tmp_path / LRA_NAMES[split], [f"{text_of(tree)}\t{value}" for tree, value in part])
    return tmp_path, parts


def test_takes_the_trees_of_long_range_arenas_files_that_fit(lra_folder):
    folder, parts = lra_folder
    task = listops(15, 50, train=10, folder=folder)
    for split, part in parts.items():
        fitting = [(tree, value) for tree, value in part if 15 < len(tree) <= 50]
        wanted = fitting[:10] if split == "train" else fitting
        assert list(zip(rows_of(getattr(task, split)), labels_of(getattr(task, split)), strict=True)) == wanted
    left_out = np.mean([not 15 < len(tree) <= 50 for tree, _ in parts["train"]])
    assert 0 < left_out < 1
    assert f"{left_out:.1%} of their training trees do not fit" in task.note


def test_lu2021_takes_long_range_arenas_files(lra_folder):
    folder, parts = lra_folder
    task = listops_lu2021(20, folder=folder)
    for split, part in parts.items():
        wanted = [tree.replace(b"\x0f", b"")[:20].ljust(20, b"\0") for tree, _ in part]
        assert rows_of(getattr(task, split)) == wanted


def test_a_tree_that_comes_twice_in_a_file_is_taken_once(lra_folder):
    folder, parts = lra_folder
    path = folder / LRA_NAMES["train"]
    header, first, *rest = path.read_text().splitlines()
    write_rows(path, [first, *rest, first])
    assert header == "Source\tTarget"
    assert rows_of(listops(10, 60, folder=folder).train) == [tree for tree, _ in parts["train"]]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("( ( ( [MAX 4 ) 2 ) ] )\t3", "has the label 3, but its expression is worth 4"),
        ("( ( ( [MIX 4 ) 2 ) ] )\t4", r"is not an expression: unknown word '\[MIX'"),
        ("( ( ( [MAX 4 ) 2 ) 2 )\t4", "is not an expression: .*closing brackets missing"),
        ("( ( ( [MAX 4 ) 2 ) ] )", "has 1 fields"),
    ],
)
@pytest.mark.parametrize("make", [listops, listops_lu2021])
def test_refuses_a_row_that_is_damaged_or_has_a_wrong_label(lra_folder, make, row, message):
    folder, _ = lra_folder
    path = folder / LRA_NAMES["validation"]
    header, first, *rest = path.read_text().splitlines()
    write_rows(path, [first, row, *rest])
    assert header == "Source\tTarget"
    with pytest.raises(InputError, match=rf"basic_val\.tsv line 3 {message}.*get the file again") as caught:
        make(folder=folder)
    assert "\n" not in str(caught.value)


def test_refuses_files_that_share_trees_or_have_none_that_fits(lra_folder):
    folder, _ = lra_folder
    with pytest.raises(InputError, match=r"basic_train\.tsv has no expression with 500 < tokens <= 1024"):
        listops(folder=folder)
    validation, test = folder / LRA_NAMES["validation"], folder / LRA_NAMES["test"]
    validation.write_bytes(test.read_bytes())
    with pytest.raises(InputError, match=r"basic_val\.tsv and basic_test\.tsv share 6 expressions"):
        listops_lu2021(folder=folder)
    validation.unlink()
    with pytest.raises(InputError, match=r"no file .*basic_val\.tsv"):
        listops(folder=folder)


@pytest.mark.parametrize(
    ("make", "options", "named"),
    [
        (listops, {"shortest": 9}, "shortest"),
        (listops, {"shortest": 500, "longest": 519}, "longest"),
        (listops, {"longest": 2001}, "longest"),
        (listops, {"train": 0}, "train"),
        (listops, {"train": 96_001}, "train"),
        (listops, {"validation": 2001}, "validation"),
        (listops_lu2021, {"test": 0}, "test"),
        (listops_lu2021, {"positions": 1}, "positions"),
    ],
)
def test_refuses_sizes(make, options, named):
    with pytest.raises(InputError, match=f"{named} is "):
        make(**options)
