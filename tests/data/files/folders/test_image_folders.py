"""Folders of pictures: one size, patches, every mode of pixels, and bad files named."""

import struct
import zlib
from collections import Counter

import numpy as np
import pytest

from frostformer.data.files.folders.image_decoding import MOST_PIXELS, open_picture, pixels
from frostformer.data.files.formats import format_of, recognise
from frostformer.errors import CannotRead, InputError
from reading_files import ODD, read, read_with

Image = pytest.importorskip("PIL.Image")
RANDOM = np.random.default_rng(0)


def save(path, array, mode=None, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(array)
    (picture.convert(mode) if mode else picture).save(path, **options)
    return path


def test_every_mode_and_bad_files_by_name():
    found = read(ODD / "images")
    assert Counter(found.answers) == {"cat": 4, "dog": 5}
    assert found.schema.settings["size"] == [12, 12]
    assert [case.values.shape for case in found.cases] == [(36, 12)] * 9
    assert [error.partition("images/")[2].split(" is ")[0] for error in found.unreadable] == [
        "cat/broken.png",
        "cat/empty.jpg",
    ]
    assert "stretched to 12 x 12" in found.said
    assert "readme.txt" in found.said
    assert "DS_Store" not in found.said
    assert all(0 <= case.values.min() <= case.values.max() <= 1 for case in found.cases)


def test_exif_turns_pictures_upright():
    picture = open_picture(ODD / "images" / "cat" / "rotated.JPG", "x")
    assert picture.size == (24, 12)


def test_16_bits_are_scaled_and_not_clipped():
    image = pixels(open_picture(ODD / "images" / "dog" / "sixteen_bit.png", "x"), (12, 12), grey=True)
    with Image.open(ODD / "images" / "dog" / "sixteen_bit.png") as stored:
        np.testing.assert_allclose(image[..., 0], np.asarray(stored) / 65_535, atol=1e-6)
    assert (image > 0.99).mean() < 0.1


def test_transparent_pixels_lie_on_white(tmp_path):
    rgba = np.zeros((4, 4, 4), np.uint8)
    rgba[0, 0] = (255, 0, 0, 255)
    rgba[0, 1] = (0, 0, 0, 128)
    image = pixels(open_picture(save(tmp_path / "x.png", rgba), "x"), (4, 4), grey=False)
    assert image[0, 0].tolist() == [1, 0, 0]
    assert image[0, 1] == pytest.approx(127 / 255)
    assert image[1, 1].tolist() == [1, 1, 1]


def test_patches_run_row_by_row_as_in_the_shipped_tasks(tmp_path):
    from frostformer.tasks.readings import Patches

    images = RANDOM.integers(0, 256, (2, 28, 28), dtype=np.uint8)
    for image, name in zip(images, ("a", "b"), strict=True):
        save(tmp_path / name / "0.png", image)
    found = read(tmp_path)
    assert found.schema.settings == found.schema.settings | {"size": [28, 28], "patch": 4, "grey": True}
    expected = Patches(patch=4, size=(28, 28)).sequence(images[1])
    np.testing.assert_allclose(found.cases[1].values, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "size", "patch"),
    [
        ((28, 28), [28, 28], 4),
        ((32, 32, 3), [32, 32], 4),
        ((8, 8), [8, 8], 1),
        ((30, 30), [32, 32], 4),
        ((200, 100), [64, 32], 8),
        ((1, 50), [7, 49], 7),
        ((3, 5), [3, 5], 1),
    ],
)
def test_sizes_and_patches(tmp_path, shape, size, patch):
    for name in ("a", "b"):
        save(tmp_path / name / "x.png", np.zeros(shape, np.uint8))
    found = read(tmp_path)
    assert (found.schema.settings["size"], found.schema.settings["patch"]) == (size, patch)
    assert len(found.cases[0].values) <= 64


def test_splits_nested_folders_and_folders_that_hold_no_class(tmp_path):
    for name in ("train/a/1", "train/b/deep/2", "test/a/3", "train/_noise/4", "train/a/.hidden"):
        save(tmp_path / f"{name}.png", np.zeros((4, 4), np.uint8))
    found = read(tmp_path)
    assert [(case.name, case.target, case.part) for case in found.cases] == [
        ("test/a/3.png", ("a",), "test"),
        ("train/a/1.png", ("a",), "train"),
        ("train/b/deep/2.png", ("b",), "train"),
    ]
    assert "_noise" in found.said


def test_a_table_of_answers(tmp_path):
    for name in ("1", "2"):
        save(tmp_path / "pictures" / f"{name}.png", np.zeros((4, 4), np.uint8))
    assert "--labels" in read(tmp_path / "pictures").said
    (tmp_path / "labels.csv").write_text("file,kind\n1.png,x\n2,y\n3,z\n")
    found = read(tmp_path / "pictures", labels=str(tmp_path / "labels.csv"))
    assert found.answers == ["x", "y"]
    assert "labels.csv without data: 3" in found.said


def test_pictures_to_predict_need_no_classes_and_may_be_of_other_colours(tmp_path):
    for name in ("a", "b"):
        save(tmp_path / "train" / name / "x.png", np.full((8, 8), 51, np.uint8))
    schema = read(tmp_path / "train").schema
    save(tmp_path / "new" / "x.png", np.full((16, 16, 3), 102, np.uint8))
    cases, errors = read_with(tmp_path / "new", schema)
    assert not errors
    assert cases[0].target == (None,)
    np.testing.assert_allclose(cases[0].values, 0.4)
    alone, _ = read_with(tmp_path / "new" / "x.png", schema)
    np.testing.assert_array_equal(alone[0].values, cases[0].values)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize("side", [9_000, 20_000, 2**31 - 1])
def test_a_picture_that_unpacks_to_gigabytes_is_refused_before_it_is_unpacked(tmp_path, side):
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    packed = zlib.compress(bytes(10_000))
    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    (tmp_path / "bomb.png").write_bytes(content)
    with pytest.raises(CannotRead, match=rf"pixels, more than {MOST_PIXELS:,}|more than {MOST_PIXELS:,} pixels"):
        open_picture(tmp_path / "bomb.png", "bomb.png")


@pytest.mark.parametrize(
    "content", [b"%!PS-Adobe-3.0 EPSF-3.0\n", b"<svg/>", b"\xff\xd8\xff", b"GIF89a", b"II*\0" + bytes(8)]
)
def test_what_pillow_may_not_read_is_named(tmp_path, content):
    (tmp_path / "x.png").write_bytes(content)
    with pytest.raises(CannotRead, match="is no whole picture"):
        open_picture(tmp_path / "x.png", "x.png")


def test_a_folder_without_a_whole_picture_is_one_sentence(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.png").write_bytes(b"")
    with pytest.raises(InputError, match=r"x\.png is empty"):
        read(tmp_path)


def test_pictures_with_fractions_are_refused_by_name(tmp_path):
    save(tmp_path / "x.tif", np.ones((4, 4), np.float32))
    with pytest.raises(CannotRead, match="pixels with fractions"):
        open_picture(tmp_path / "x.tif", "x.tif")


def test_pixels_of_16_bits_in_either_order(tmp_path):
    image = pytest.importorskip("PIL.Image")
    values = (np.arange(16).reshape(4, 4) * 4000).astype(">u2")
    image.frombytes("I;16B", (4, 4), values.tobytes()).save(tmp_path / "x.tif")
    found = pixels(open_picture(tmp_path / "x.tif", "x.tif"), (4, 4), grey=True)
    np.testing.assert_allclose(found[..., 0], values / 65_535, atol=1e-6)


def test_pixels_of_32_bits_are_not_clipped(tmp_path):
    for values, fits in ((65_535, True), (70_000, False), (-1, False)):
        save(tmp_path / "x.tif", np.full((4, 4), values, np.int32))
        if fits:
            assert pixels(open_picture(tmp_path / "x.tif", "x.tif"), (4, 4), grey=True).max() == 1
        else:
            with pytest.raises(CannotRead, match="pixels of 32 bits"):
                open_picture(tmp_path / "x.tif", "x.tif")


def test_without_pillow_there_is_one_sentence(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    assert recognise(ODD / "images") == "images"
    with pytest.raises(InputError, match=r"pip install 'frostformer\[images\]'"):
        format_of("images").understand(ODD / "images", None)
