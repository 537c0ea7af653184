"""How a verdict is reached: budget, backbone, margin. It imports no torch."""

# Annotations are evaluated here, since the command line makes options of the fields.
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from frostformer.config import Device, Precision, check_types
from frostformer.errors import InputError, check_range
from frostformer.verdicts.budget import parse_budget

_LARGEST_SEED = 100_000  # with it the seeds of all replicates and arms are below 2^32
LEAST_STEPS = 27


@dataclass(frozen=True)
class Asked:
    """How a verdict is reached."""

    budget: str = "10m"
    """Time, such as `10m` or `2h`, or a number of trainings, such as `60`."""

    backbone: str = "embedded"
    """The pretrained model: `embedded`, a folder, or a Hugging Face hub id."""

    layers: int | None = None
    """How many of the backbone's layers to keep, from the first on; all if not given."""

    sizes: str | None = None
    """Repeat the question with these numbers of labelled sequences outside the test, such as `50,200,1000`, to see
    where the answer changes."""

    margin: float | None = None
    """A gain below it does not count as help: a share such as 0.02 for two points, or a number in the unit of the
    answers. If not given, a point or less, or a twentieth of the mean absolute error."""

    steps: int | None = None
    """Largest number of optimizer steps of a training; if not given, as many as fit into a time, or 600 where the
    budget is a number of trainings."""

    batch_size: int = 16
    """Sequences in one step."""

    seed: int = 0
    """Seed of everything random: divisions, new layers, batch order, random weights."""

    device: Device = "auto"
    """Where to train; `auto` takes a GPU where there is one."""

    backbone_precision: Precision = "auto"
    """Precision of the backbone's matrix products."""

    def __post_init__(self) -> None:
        """Refuse values that cannot be asked."""
        check_types(self)
        parse_budget(self.budget)
        check_range("seed", self.seed, 0, _LARGEST_SEED)
        check_range("steps", self.steps, LEAST_STEPS, 10**9)
        if self.margin is not None and not 0 < self.margin < float("inf"):
            raise InputError(f"margin is {self.margin}: give a number above 0, such as 0.02 for two points")
        self.labels()

    def labels(self) -> list[int | None]:
        """The numbers of labelled sequences to ask with, smallest first; None stands for all."""
        if self.sizes is None:
            return [None]
        try:
            found = sorted({int(part) for part in self.sizes.split(",")})
        except ValueError:
            found = []
        if not found or found[0] < 1:
            raise InputError(f"sizes is '{self.sizes}': give numbers of labelled sequences such as 50,200,1000")
        return [*found]

    def command(self, source: Sequence[str], out: Path, plugin: str | None = None) -> str:
        """What to type to ask the same of the same data; `source` names these, and is empty for objects of Python."""
        if not source:
            return "# asked from Python, with data that are an object there"
        words = ["frostformer", "verdict", *source]
        for one in fields(self):
            if (value := getattr(self, one.name)) != one.default:
                words += [f"--{one.name.replace('_', '-')}", str(value)]
        words += [] if plugin is None else ["--plugin", plugin]
        return shlex.join([*words, "--out", str(out)])
