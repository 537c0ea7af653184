"""Arrays and lists in memory get the answers of the file that holds them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import frostformer as ff
from frostformer.errors import InputError
from frostformer.tasks.task import Task

VALUES = np.random.default_rng(0).standard_normal((40, 3, 3))
TOKENS = np.random.default_rng(1).integers(0, 6, (40, 8))
LABELS = np.arange(40) % 2


def run_on(folder, tiny_config, values, **options):
    """A run on the file of an array, and that file."""
    np.savez(folder / "a.npz", x=values, y=LABELS)
    task = Task.from_file(folder / "a.npz", **options)
    ff.run(tiny_config(steps=3, learning_rate=0.1, evaluate_every=3), folder / "run", task=task)
    return folder / "run", folder / "a.npz"


@pytest.mark.parametrize("axes", ["case,channel,time", "case,time,channel", "time,case,channel"])
def test_an_array_has_the_axes_of_the_file(tmp_path, tiny_config, axes):
    order = [("case", "time", "channel").index(axis) for axis in axes.split(",")]
    values = VALUES.transpose(order)
    run, path = run_on(tmp_path, tiny_config, values, axes=axes)
    expected = ff.predict(run, path).tolist()
    assert len(set(expected)) > 1
    assert ff.predict(run, values).tolist() == expected
    assert ff.predict(run, torch.tensor(values)).tolist() == expected
    each = list(np.moveaxis(values, axes.split(",").index("case"), 0))
    assert ff.predict(run, each).tolist() == expected
    assert ff.predict(run, [one.tolist() for one in each]).tolist() == expected


def test_an_array_with_other_axes_is_refused(tmp_path, tiny_config):
    run, _ = run_on(tmp_path, tiny_config, VALUES[:, :2], axes="case,channel,time")
    with pytest.raises(InputError, match=r"sequence 1 .*has shape \(3, 2\), wanted \(2, steps\), .* turn its axes"):
        ff.predict(run, VALUES[:, :2].transpose(0, 2, 1))


def test_numbers_that_stand_for_symbols(tmp_path, tiny_config):
    run, path = run_on(tmp_path, tiny_config, TOKENS, kind="tokens")
    expected = ff.predict(run, path).tolist()
    assert ff.predict(run, TOKENS).tolist() == ff.predict(run, TOKENS.tolist()).tolist() == expected
    assert ff.predict(run, TOKENS.astype(str)).tolist() == expected


def test_nan_at_the_end_is_the_end(tmp_path, tiny_config):
    values = VALUES[..., 0].copy()
    values[::3, 2] = np.nan
    run, path = run_on(tmp_path, tiny_config, values)
    expected = ff.predict(run, path).tolist()
    assert ff.predict(run, values).tolist() == ff.predict(run, values.tolist()).tolist() == expected


@pytest.mark.parametrize("shape", [(40, 6, 8), (40, 6, 8, 3)])
def test_pictures(tmp_path, tiny_config, shape):
    image = pytest.importorskip("PIL.Image")
    pictures = np.random.default_rng(2).integers(0, 256, shape).astype(np.uint8)
    for number, one in enumerate(pictures):
        folder = tmp_path / "pictures" / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        image.fromarray(one).save(folder / f"{number // 2:02}.png")
    config = tiny_config(steps=3, learning_rate=0.1, evaluate_every=3)
    ff.run(config, tmp_path / "run", task=Task.from_file(tmp_path / "pictures"))
    of_files = ff.predict(tmp_path / "run", tmp_path / "pictures").tolist()
    in_order = np.concatenate([pictures[::2], pictures[1::2]])
    assert ff.predict(tmp_path / "run", in_order).tolist() == of_files
    with pytest.raises(InputError, match=r"give \(H, W\)"):
        ff.predict(tmp_path / "run", np.zeros((2, 6, 8, 2, 2), np.uint8))


def test_what_is_masked_is_missing(tmp_path, tiny_config):
    gaps = VALUES.copy()
    gaps[::3, 1, 2] = np.nan
    run, path = run_on(tmp_path, tiny_config, gaps, axes="case,time,channel")
    masked = np.ma.masked_array(np.nan_to_num(gaps, nan=-999.0), np.isnan(gaps))
    expected = ff.predict(run, path).tolist()
    assert ff.predict(run, masked).tolist() == ff.predict(run, list(masked)).tolist() == expected
    with pytest.raises(InputError, match="NaN"):
        ff.FrozenTransformerClassifier(steps=1).fit(masked, LABELS)
    with pytest.raises(InputError, match="NaN"):
        ff.FrozenTransformerClassifier(steps=1).fit(VALUES, np.ma.masked_array(LABELS, LABELS == 1))
    with pytest.raises(InputError, match="not finite"):
        Task.from_arrays(masked, LABELS, name="masked")
    with pytest.raises(InputError, match="y: masked values of type <U1 have no NaN"):
        ff.FrozenTransformerClassifier(steps=1).fit(VALUES, np.ma.masked_array(LABELS.astype("U1"), LABELS == 1))
    whole = np.ma.masked_array(VALUES, False)
    assert Task.from_arrays(whole, LABELS, name="whole").fingerprint == (
        Task.from_arrays(VALUES, LABELS, name="whole").fingerprint
    )
