"""Where a run computes: the device, the precision of the backbone, and the processes that share a batch. torch alone.

Several processes are started with torchrun, which tells each its number in the environment.
"""

from __future__ import annotations

import atexit
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, get_args

import torch
import torch.distributed
from torch import Tensor, nn

from frostformer.config import Device, RunConfig
from frostformer.errors import InputError


@dataclass(frozen=True)
class Place:
    """One process of a run, and the device it computes on."""

    device: torch.device
    rank: int = 0
    """Number of this process; process 0 writes the files and decides."""

    processes: int = 1

    @property
    def is_main(self) -> bool:
        """Whether this process writes the files."""
        return self.rank == 0

    @property
    def name(self) -> str:
        """The device in words."""
        if self.device.type != "cuda":
            return self.device.type
        return f"{self.device} ({torch.cuda.get_device_name(self.device)})"

    @contextmanager
    def main_first(self) -> Iterator[None]:
        """Process 0 goes through the block before the others do: it downloads or makes what is not there yet."""
        if self.processes > 1 and not self.is_main:
            torch.distributed.barrier()
        yield
        if self.processes > 1 and self.is_main:
            torch.distributed.barrier()

    def parallel(self, network: nn.Module) -> nn.Module:
        """A network whose gradients are averaged over the processes; frozen matrices are never sent."""
        if self.processes == 1:
            return network
        return nn.parallel.DistributedDataParallel(network, broadcast_buffers=False)

    def mean(self, value: Tensor) -> Tensor:
        """The mean of a tensor over the processes."""
        if self.processes > 1:
            value = value.clone()
            torch.distributed.all_reduce(value)
            value /= self.processes
        return value

    def wait(self) -> None:
        """Wait until the device has done all that it was given."""
        if self.device.type != "cpu":
            torch.accelerator.synchronize(self.device)

    def decided_by_main(self, value: Any) -> Any:
        """Process 0's value in every process, so that all of them go on alike."""
        if self.processes == 1:
            return value
        values = [value]
        torch.distributed.broadcast_object_list(values)  # uses pickle, but only between our processes
        return values[0]

    def seed(self, seed: int) -> None:
        """Set the generators for dropout and augmentation; each process has another stream.

        `torch.manual_seed` asks after every kind of device, which takes 0.3 ms of each step.
        """
        seed = seed * 1024 + self.rank
        torch.default_generator.manual_seed(seed)
        if self.device.type != "cpu":
            torch.get_device_module(self.device).manual_seed(seed)


def resolve(config: RunConfig) -> tuple[RunConfig, Place, dict[str, str]]:
    """The configuration with a device and a precision in place of `auto`, this process, and why they were chosen.

    Raises:
        InputError: this machine lacks what was asked for.
    """
    device, why_device = choose_device(config.device)
    precision, why_precision = choose_precision(config.backbone_precision, device)
    place = _join_processes(device)
    if config.batch_size % place.processes:
        raise InputError(
            f"batch_size {config.batch_size} cannot be divided among {place.processes} processes: give a multiple of "
            f"{place.processes}"
        )
    if config.compile:
        _check_compiler(device)
        if precision == "tf32":
            raise InputError("compile does not go with backbone_precision tf32: use bf16, or leave compile out")
    if config.capture:
        _check_graphs(config, place)
    resolved = {"device": f"{place.name}: {why_device}", "backbone_precision": f"{precision}: {why_precision}"}
    known: dict[str, Any] = {"device": device.type, "backbone_precision": precision}
    return replace(config, **known), place, resolved


def choose_device(asked: str) -> tuple[torch.device, str]:
    """The device for a request such as `auto`, and why it is this one.

    Raises:
        InputError: it is not here.
    """
    found = torch.accelerator.current_accelerator(check_available=True)
    if found is not None and found.type not in get_args(Device):
        found = None  # a kind of device on which nothing here was ever tried
    if asked == "auto":
        return (found, "found here") if found else (torch.device("cpu"), "no GPU was found")
    if asked != "cpu" and (found is None or found.type != asked):
        raise InputError(f"device '{asked}' is not here: use `--device auto` or `--device cpu`")
    return torch.device(asked), "asked for"


def choose_precision(asked: str, device: torch.device) -> tuple[str, str]:
    """The precision of the backbone's matrix products for a request such as `auto`, and why it is this one.

    Raises:
        InputError: the device does not have it.
    """
    if asked == "auto":
        return ("bf16", "the default on a GPU") if device.type == "cuda" else ("fp32", f"the default on {device.type}")
    if asked == "int8" and device.type != "cpu":
        raise InputError("backbone_precision int8 is for CPUs: use bf16 here, or add `--device cpu`")
    if asked == "tf32" and device.type != "cuda":
        raise InputError(f"backbone_precision tf32 is for GPUs of NVIDIA: use fp32 on {device.type}")
    return asked, "asked for"


def _check_graphs(config: RunConfig, place: Place) -> None:
    """Refuse to capture steps where there are no graphs, or where something else would be in them."""
    if place.device.type != "cuda":
        raise InputError(f"capture is for GPUs of NVIDIA: leave it out on {place.device.type}")
    if config.compile or place.processes > 1:
        raise InputError("capture goes with neither compile nor several processes: leave it out")


def _join_processes(device: torch.device) -> Place:
    """This process among those that torchrun has started, or alone."""
    try:
        rank, processes, local = (int(os.environ.get(name, default)) for name, default in _TORCHRUN.items())
    except ValueError as error:
        raise InputError(f"RANK, WORLD_SIZE and LOCAL_RANK must be numbers, as torchrun sets them ({error})") from None
    if processes == 1:
        return Place(device)
    if not 0 <= rank < processes or local < 0 or "MASTER_ADDR" not in os.environ:
        raise InputError(
            f"this is process {rank} of {processes} by RANK and WORLD_SIZE, and nothing says where the others are: "
            "start several processes with torchrun, or unset these variables"
        )
    if device.type == "cuda":
        device = torch.device("cuda", local)
        torch.cuda.set_device(device)
    if not torch.distributed.is_initialized():
        torch.distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
        atexit.register(torch.distributed.destroy_process_group)
    return Place(device, rank, processes)


_TORCHRUN = {"RANK": "0", "WORLD_SIZE": "1", "LOCAL_RANK": "0"}


def has_compiler(device: torch.device) -> bool:
    """Whether torch.compile finds what it needs for a device."""
    candidates = [name for name in (os.environ.get("CXX"), "c++", "g++", "clang++") if name]
    return device.type != "cpu" or any(map(shutil.which, candidates))


def _check_compiler(device: torch.device) -> None:
    """Refuse before training a missing compiler, which torch.compile would report later, in many lines."""
    if not has_compiler(device):
        raise InputError("compile needs a C++ compiler, and none was found: install g++ or clang++, or leave it out")
