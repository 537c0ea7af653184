"""Fixtures for all tests: no network, no GPU, one thread."""

from __future__ import annotations

import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
if not {"--device", "--device=cuda"} & {*sys.argv}:  # `pytest tests/gpu -n0 --device cuda`
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["OMP_NUM_THREADS"] = "1"  # of the processes that tests start: two workers share two cores

import hashlib
from dataclasses import replace

import numpy as np
import pytest
import torch
import transformers
from hypothesis import settings

from frostformer.config import RunConfig
from frostformer.data.downloads import PublishedFile
from frostformer.data.readers import cifar
from frostformer.models.build import build_model
from frostformer.tasks import images
from frostformer.tasks.registry import TASKS, build_task
from frostformer.tasks.shape import TaskShape
from frostformer.tasks.task import Task
from helpers import FAMILIES, TASK_OPTIONS, save_model, write_cifar10, write_idx

torch.set_num_threads(1)
transformers.logging.disable_progress_bar()
settings.register_profile("few", max_examples=25, deadline=None, derandomize=True, database=None)
settings.load_profile("few")


def pytest_addoption(parser):
    parser.addoption("--device", choices=("cpu", "cuda"), default="cpu", help="where tests/gpu run; skipped on cpu")


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """Family -> folder of its tiny model."""
    root = tmp_path_factory.mktemp("models")
    return {family: save_model(root / family, family) for family in FAMILIES}


@pytest.fixture(scope="session")
def sharded(folders, tmp_path_factory):
    """Folder of the tiny GPT-2 in several files."""
    folder = tmp_path_factory.mktemp("models") / "sharded"
    transformers.AutoModel.from_pretrained(folders["gpt2"]).save_pretrained(folder, max_shard_size="20kB")
    return folder


@pytest.fixture(scope="session")
def tiny_config(folders):
    """A function: family and changed fields -> RunConfig of a run of a second."""

    def make(family: str = "gpt2", **changes) -> RunConfig:
        short = {"task": "digits", "steps": 6, "evaluate_every": 3, "batch_size": 16, "device": "cpu"}
        return RunConfig(backbone=str(folders[family]), **short | changes)

    return make


@pytest.fixture(scope="session")
def tiny_model(tiny_config):
    """A function: task shape, family and changed fields -> a new SequenceModel in evaluation mode."""

    def make(shape: TaskShape, family: str = "gpt2", **changes):
        return build_model(tiny_config(family, **changes), shape)[0].eval()

    return make


@pytest.fixture(scope="session")
def fake_mnist(tmp_path_factory):
    """(folder, arrays, the table of files that fits them): 5,040 and 60 random images in MNIST's format."""
    folder = tmp_path_factory.mktemp("data") / "mnist"
    folder.mkdir()
    generator = np.random.default_rng(0)
    arrays, files = {}, {}
    for part, count in (("train", 5040), ("t10k", 60)):
        arrays[f"{part}-images-idx3-ubyte"] = generator.integers(0, 256, (count, 28, 28))
        arrays[f"{part}-labels-idx1-ubyte"] = generator.integers(0, 10, count)
    for name, array in arrays.items():
        content = write_idx(folder / name, array)
        files[name] = PublishedFile(f"{name}.gz", "http://127.0.0.1:9/", hashlib.md5(content).hexdigest())
    return folder, arrays, files


@pytest.fixture(scope="session")
def fake_cifar10(tmp_path_factory):
    """(folder, records, checksums) of a CIFAR-10 of 1,008 images a file."""
    folder = tmp_path_factory.mktemp("data") / "cifar-10-batches-bin"
    return folder, *write_cifar10(folder, 1008)


@pytest.fixture(scope="session")
def fake_proteins(tmp_path_factory):
    """Folder of 40 random proteins for each split of remote homology."""
    folder = tmp_path_factory.mktemp("data") / "remote_homology"
    folder.mkdir()
    generator = np.random.default_rng(0)
    for split in ("train", "valid", "test"):
        lengths, labels = generator.integers(5, 100, 40), generator.integers(0, 1195, 40)
        rows = ["".join(generator.choice(list("ACDEFGHIKLMNPQRSTVWY"), length)) for length in lengths]
        lines = [f"{row},{label}\n" for row, label in zip(rows, labels, strict=True)]
        (folder / f"remote_homology.{split}.csv").write_text("seq,label\n" + "".join(lines))
    return folder


@pytest.fixture(scope="session")
def tasks(fake_mnist, fake_cifar10, fake_proteins):
    """Name -> task, for every task of the catalog; bit memory small, the tasks that read files on fake ones."""
    mnist, cifar10 = {"folder": str(fake_mnist[0])}, {"folder": str(fake_cifar10[0])}
    proteins = {"folder": str(fake_proteins), "length": "64"}
    options = TASK_OPTIONS | {
        "remote-homology": proteins,
        "remote-homology-lu2021": proteins,
        "mnist": mnist,
        "mnist-32": mnist,
        "cifar10": cifar10,
        "cifar10-lu2021": cifar10,
        "cifar10-lra": cifar10 | {"patch": "4"},
        "cifar10-lra-lu2021": cifar10 | {"patch": "4"},
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(images, "_MNIST_FILES", fake_mnist[-1])
        patch.setattr(cifar, "MD5", fake_cifar10[-1])
        patch.setattr(cifar, "RECORDS", 1008)
        return {name: build_task(name, options.get(name)) for name in TASKS}


@pytest.fixture(scope="session")
def fixed_task(tasks):
    """A function: task name and count -> the task with one small batch as each of its splits."""

    def make(name: str, count: int) -> Task:
        split = tasks[name].validation
        split = split[np.linspace(0, len(split) - 1, count).astype(int)]
        return replace(tasks[name], train=split, validation=split, test=split)

    return make
