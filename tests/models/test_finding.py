"""Where a model is looked for, and what is said when something else is given."""

from pathlib import Path

import pytest

from frostformer.errors import InputError
from frostformer.models.backbones.finding import find_model


def test_a_folder_is_its_own_source(tmp_path):
    source = find_model(str(tmp_path), None, weights=True)
    assert (source.folder, source.gguf_file) == (tmp_path, None)
    assert source.arguments()["local_files_only"]
    assert source.arguments()["trust_remote_code"] is False


@pytest.mark.parametrize("name", ["model.gguf", "MODEL.GGUF"])
def test_a_gguf_file_is_known_in_any_spelling(tmp_path, name):
    (tmp_path / name).touch()
    source = find_model(str(tmp_path / name), None, weights=True)
    assert (source.folder, source.gguf_file) == (tmp_path, name)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "model.safetensors.index.json", "model.bin"])
def test_of_a_file_inside_a_model_folder_the_folder_is_named(tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(InputError, match=f"^backbone '.*' is a file, .*: give its folder, `{tmp_path}`$"):
        find_model(str(tmp_path / name), None, weights=True)


def test_any_other_file_is_one_sentence(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InputError, match=r"is a file, wanted a folder .*: give a model folder, or a \.gguf file$"):
        find_model(str(tmp_path / "notes.txt"), None, weights=True)


@pytest.mark.parametrize("name", ["x" * 300, "nobody/" + "y" * 300, "a\0b", "/" + "x" * 300, "/a\0b"])
def test_what_can_be_no_path_is_one_sentence(name):
    with pytest.raises(InputError, match=r"^backbone '.*(neither a folder nor a hub id|no such folder)"):
        find_model(name, None, weights=True)


def test_the_embedded_model_lies_in_the_package():
    folder = find_model("embedded", None, weights=True).folder
    assert (Path(folder) / "config.json").is_file()
