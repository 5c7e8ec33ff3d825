"""What a user can choose about a repair; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# The first is the default.
METHODS = ("witnesses", "fine-pruning", "reference")
FINE_PRUNING_METHODS = METHODS[1:]
# What networks are trained on in place of pixels 0..255, the commonest first.
PREPROCESSINGS = ("255", "raw", "pm1", "torch", "caffe", "standard")
# Formats of images that are read where asked for; PNG and JPEG always are.
FORMATS = ("webp", "bmp", "ppm")


@dataclass(frozen=True)
class DataOptions:
    """What a user says about data files, where they do not say it themselves.

    Attributes:
        keys: Names of the arrays of ``images`` and ``labels``.
        classes: File of the names of the classes, in the order of the labels.
        axes: Where the channels of an image are: ``first`` or ``last``.
        first_label: What the smallest label stands for: 0 or 1.
        formats: Of ``FORMATS``, what folders of images are searched for besides.
        resize: Whether arrays of images of another size are brought to the network's.
    """

    keys: tuple[tuple[str, str], ...] = ()
    classes: Path | None = None
    axes: str | None = None
    first_label: int | None = None
    formats: tuple[str, ...] = ()
    resize: bool = False


@dataclass(frozen=True)
class NetworkOptions:
    """What a user says about a network's file, where it does not say it itself.

    Attributes:
        architecture: JSON file of the model's description, for a file of weights alone.
        output: Name of the layer whose output classifies, where there are several.
    """

    architecture: Path | None = None
    output: str | None = None


@dataclass(frozen=True)
class Settings:
    """Settings of a method of repair.

    Attributes:
        layer: The convolution whose dormant channels are pruned, or the layer on which
            the head stands; None = it is chosen from the network.
        fraction: Share of its channels to prune, in [0, 1).
        max_drop: Prune until clean accuracy has dropped by this, in [0, 1], instead.
        epochs: Passes of fine-tuning over the clean data.
        max_fpr: Largest estimated false-positive rate of the witnesses, in [0, 1], in
            place of the usual operating point.
        seed: Everything random follows from it.
    """

    layer: str | None = None
    fraction: float = 0.77
    max_drop: float | None = None
    epochs: int = 5
    max_fpr: float | None = None
    seed: int = 0
