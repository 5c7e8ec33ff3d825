"""The domains by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import keras

from benchmarks.attacks.domains import faces, small_images
from benchmarks.attacks.domains.normalised import folded
from benchmarks.attacks.labelled import Labelled
from benchmarks.attacks.material import Material, Vary


@dataclass(frozen=True)
class Domain:
    """A kind of images with its networks.

    Attributes:
        split: From a bench folder and a seed to the attacker's images and those to
            measure on.
        vary: Other views of images.
        start: The network that a plan without another one starts from.
        finish: Makes a plain network of what was trained from that start.
        layer: The convolution that a defender would prune.
    """

    split: Callable[[Path, int], tuple[Labelled, Labelled]]
    vary: Vary
    start: Callable[[Path, Material], keras.Model]
    finish: Callable[[keras.Model], keras.Model]
    layer: str


def _as_it_is(network: keras.Model) -> keras.Model:
    return network


DOMAINS: Mapping[str, Domain] = {
    "faces": Domain(faces.split, faces.jitter, faces.start, folded, "conv_3"),
    "cifar10": Domain(
        small_images.split,
        small_images.moved_and_mirrored,
        small_images.start,
        _as_it_is,
        "conv_5",
    ),
    "gtsrb": Domain(
        small_images.split, small_images.moved, small_images.start, _as_it_is, "conv_6"
    ),
}
