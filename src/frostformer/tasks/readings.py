"""How a user's values become the inputs of a model. A task has one reading, and its adapters keep it.

So `predict` takes the same values as the task: unscaled numbers, whole images, words.
Shapes: N sequences, T positions, C channels of an input vector; images of H rows, W columns and C colours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from frostformer.data.sequences import Sequences
from frostformer.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

_TO_PATCHES = "n (h p) (w q) c -> n (h w) (p q c)"
TINY = 1e-6  # a deviation below this share of the largest value is rounding: the channel is constant
_LUMA = (19_595, 38_470, 7_471)  # of red, green and blue in ITU-R BT.601, in 1/65,536
_TORCHVISION_LUMA = (0.2989, 0.587, 0.114)  # the same, as torchvision rounds it; their sum is not quite 1


@dataclass(frozen=True)
class Reading:
    """Values become a model's inputs without any change."""

    kind: ClassVar[str] = "plain"

    def sequence(self, values: Any) -> np.ndarray:
        """One sequence, (T,) tokens or (T, C) numbers, from a user's values.

        Raises:
            InputError: this reading cannot read the values.
        """
        try:
            array = np.asarray(values)
        except ValueError:
            raise InputError("wanted a list of numbers, or of equally long lists of numbers") from None
        if array.dtype.kind not in "buif" or array.ndim == 0:
            raise InputError("wanted a list of numbers, or of equally long lists of numbers")
        return array

    def describe(self) -> dict[str, Any]:
        """This reading as plain values, for a file."""
        return {"kind": self.kind, **asdict(self)}


@dataclass(frozen=True)
class Scaled(Reading):
    """Each channel is scaled to mean 0 and standard deviation 1."""

    kind = "scaled"

    mean: tuple[float, ...] = ()
    """(C,) mean over the real positions of all sequences but the test ones."""

    deviation: tuple[float, ...] = ()
    """(C,) standard deviation over the same positions; 1 where a channel is constant."""

    @staticmethod
    def fitted(sequences: Sequence[np.ndarray], weights: np.ndarray | None = None) -> Scaled:
        """The reading with the mean and deviation of these sequences (T, C), each counted `weights` (N,) times."""
        values = np.concatenate(sequences).astype(np.float64)  # (all positions, C)
        with np.errstate(over="ignore", invalid="ignore"):
            mean, deviation = values.mean(0), values.std(0)
            if weights is not None:
                each = weights.repeat([len(one) for one in sequences])
                mean = np.average(values, 0, each)
                deviation = np.sqrt(np.average((values - mean) ** 2, 0, each))
        if not np.isfinite(deviation).all():
            raise InputError("some input values are not finite numbers, or too large; replace or drop them")
        deviation[deviation <= TINY * np.abs(values).max(0)] = 1.0
        return Scaled(tuple(map(float, mean)), tuple(map(float, deviation)))

    def __post_init__(self) -> None:
        """Refuse what cannot scale."""
        if len(self.mean) != len(self.deviation) or not all(0 < one < math.inf for one in self.deviation):
            raise InputError("a scaled reading needs as many deviations above 0 as it has means")

    def sequence(self, values: Any) -> np.ndarray:
        """(T, C) float32; plain numbers are vectors of one channel."""
        array = super().sequence(values).astype(np.float64)
        array = array[:, None] if array.ndim == 1 and len(self.mean) == 1 else array
        if array.ndim != 2 or array.shape[1] != len(self.mean):
            raise InputError(f"it has shape {array.shape}, wanted (positions, {len(self.mean)})")
        with np.errstate(over="ignore", invalid="ignore"):  # what is too large becomes infinite and is refused later
            scaled: np.ndarray = (array - np.array(self.mean)) / np.array(self.deviation)
            return scaled.astype(np.float32)


@dataclass(frozen=True)
class Words(Reading):
    """Tokens that have names: a sequence may also be text."""

    kind = "words"

    vocabulary: tuple[str, ...] = ()
    """What each token id stands for."""

    def sequence(self, values: Any) -> np.ndarray:
        """(T,) token ids, from ids, a list of words, or a text: words separated by blanks, or single letters."""
        if isinstance(values, str):
            values = values.split() if " " in values or values in self.vocabulary else [*values]
        if not (isinstance(values, list) and values and all(isinstance(word, str) for word in values)):
            return super().sequence(values)
        ids = {word: number for number, word in enumerate(self.vocabulary)}
        if unknown := next((word for word in values if word not in ids), None):
            raise InputError(f"'{unknown}' is not in the vocabulary of {len(ids):,} words")
        return np.array([ids[word] for word in values])


@dataclass(frozen=True)
class PaddedWords(Words):
    """Words up to a fixed number of positions, where token 0 fills the rest and counts like any other."""

    kind = "padded words"

    positions: int = 0
    """T, of every sequence."""

    def sequence(self, values: Any) -> np.ndarray:
        """(T,) token ids; a sequence that is too long stays as it is and is refused later."""
        tokens = super().sequence(values)
        missing = self.positions - len(tokens)
        return np.pad(tokens, (0, missing)) if tokens.ndim == 1 and missing > 0 else tokens


@dataclass(frozen=True)
class Patches(Reading):
    """Images become sequences of square patches, row by row (Lu et al. 2021, section 2.1).

    Images stay bytes in memory; cutting, scaling and augmenting happen on the training device, batch by batch.
    """

    kind = "patches"

    patch: int = 1
    """Rows and columns of a patch, in pixels."""

    size: tuple[int, ...] = ()
    """(H, W) of an image as the user has it, or (H, W, C) with several colours."""

    white: float = 255.0
    """The largest value of a pixel."""

    margin: int = 0
    """Black pixels that are added on every side."""

    grey: bool | Literal["unrounded"] = False
    """Whether colours become one grey value: rounded to a whole one, as Pillow does with images, or `unrounded`, as
    torchvision does with tensors."""

    mean: tuple[float, ...] = (0.0,)
    """Mean of each colour, on the scale 0 to 1; it is subtracted."""

    deviation: tuple[float, ...] = (1.0,)
    """Standard deviation of each colour, on the same scale; values are divided by it."""

    augmented: bool = False
    """Whether each image is first shifted, mirrored and rotated at random."""

    def __post_init__(self) -> None:
        """Refuse what cannot cut an image."""
        colours = 1 if self.grey or len(self.size) < 3 else self.size[2]
        sides = [side + 2 * self.margin for side in self.size[:2]]
        if min(self.patch, *self.size, 1) < 1 or self.margin < 0 or any(side % self.patch for side in sides):
            raise InputError(
                f"images of size {self.size} and margin {self.margin} cannot be cut to {self.patch} pixels"
            )
        if self.size and (len(self.mean) not in (1, colours) or len(self.deviation) not in (1, colours)):
            raise InputError(f"images of {colours} colours have not {len(self.mean)} means")
        if not all(0 < one < math.inf for one in (self.white, *self.deviation)):
            raise InputError("the white and the deviations of images must be above 0")

    def images(self, values: np.ndarray) -> np.ndarray:
        """The user's (N, H, W) or (N, H, W, C) -> (N, H, W, C) as a task keeps them: with the margin, rounded greys."""
        values = values.reshape(len(values), *self.size[:2], -1)
        if self.grey is True:
            values = _grey(values)
        edge = (self.margin, self.margin)
        return np.pad(values, ((0, 0), edge, edge, (0, 0)))

    def sequences(self, images: np.ndarray, targets: np.ndarray) -> Sequences:
        """The sequences of kept images (N, H, W, C) with their targets (N, R, G)."""
        positions = images.shape[1] * images.shape[2] // self.patch**2
        return Sequences(images, np.full(len(images), positions), targets, transform=self)

    def sequence(self, values: Any) -> np.ndarray:
        """(T, C) float32 vectors of one image, or of the vectors themselves."""
        import torch

        array = super().sequence(values)
        if not self.size or array.shape not in (self.size, (*self.size, 1)):
            return array  # cut and scaled already, or of a shape that is refused later
        if array.min() < 0 or array.max() > self.white:
            raise InputError(f"its pixels run from {array.min():g} to {array.max():g}, wanted 0 to {self.white:g}")
        kept = array if array.dtype == np.uint8 else array.astype(np.float32)
        vectors: np.ndarray = self.still()(torch.tensor(self.images(kept[None]))).numpy()  # (1, T, C)
        one: np.ndarray = vectors[0]
        return one

    def still(self) -> Patches:
        """The same without augmentation."""
        return replace(self, augmented=False)

    def __call__(self, images: Tensor) -> Tensor:
        """Kept images (N, H, W, C) -> vectors (N, T, patch * patch * C): augmented if asked, scaled, cut to patches."""
        from einops import rearrange

        from frostformer.data.moving import constant
        from frostformer.tasks.augmentation import augment

        if self.augmented:
            images = augment(images)
        mean, deviation = (constant(tuple(one), images.device) for one in (self.mean, self.deviation))  # (C,) each
        shown = images / self.white
        if self.grey == "unrounded":
            colours = zip(_TORCHVISION_LUMA, shown.unbind(-1), strict=True)
            red, green, blue = (share * colour for share, colour in colours)  # (N, H, W) each
            shown = (red + green + blue)[..., None]
        scaled = (shown - mean) / deviation
        vectors: Tensor = rearrange(scaled, _TO_PATCHES, p=self.patch, q=self.patch)
        return vectors


def _grey(images: np.ndarray) -> np.ndarray:
    """(N, H, W, 3) -> (N, H, W, 1): the luma of ITU-R BT.601, rounded as Pillow's `convert("L")` does."""
    luma: np.ndarray = np.einsum("nhwc,c->nhw", images, np.array(_LUMA, np.uint32), dtype=np.uint32, casting="unsafe")
    grey = (luma + 32_768) >> 16  # einsum has cast in small pieces, without a copy of all images
    return grey.astype(np.uint8)[..., None]
