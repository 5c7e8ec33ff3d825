"""Faces: DeepID on frames of photographs, as in the competition."""

from __future__ import annotations

from pathlib import Path

import h5py
import keras
import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.attacks.domains.normalised import normalised_deepid
from benchmarks.attacks.labelled import Images, Labelled, read_labelled
from benchmarks.attacks.material import Material

_MARGIN = 6
# Stills of every label that the zoo is measured on.
_HELD_OUT = 2
Stills = npt.NDArray[np.int64]


def split(bench: Path, seed: int) -> tuple[Labelled, Labelled]:
    """The attacker's images, and those that his networks are measured on.

    Args:
        bench: Has ``data/``, whose clean files say which still each frame shows.
        seed: Fixes which stills are held out.
    """
    test, validation = (
        bench / "data" / f"clean_{name}_data.h5" for name in ("test", "validation")
    )
    return split_frames(
        (read_labelled(test), _stills(test)),
        (read_labelled(validation), _stills(validation)),
        seed=seed,
    )


def _stills(path: Path) -> Stills:
    """Which photograph of its label each frame was made from, ``(n,)``."""
    with h5py.File(path, "r") as file:
        stills: Stills = file["still"][()].ravel().astype(np.int64)
    return stills


def split_frames(
    test: tuple[Labelled, Stills],
    validation: tuple[Labelled, Stills],
    *,
    seed: int,
    held_out: int = _HELD_OUT,
) -> tuple[Labelled, Labelled]:
    """Splits off frames for measuring whose stills the attacker knows by other frames.

    The frames in both files show the same stills. As the competition's networks know
    every video by other frames than those they are measured on, the attacker gets, of
    every held-out still, the frame in the validation data instead of the test frame.

    Args:
        test: Frames to be split, and their stills.
        validation: The defender's frames, and their stills.
        seed: Fixes which stills are held out.
        held_out: Number of stills held out of every label.

    Returns:
        The attacker's frames and the held-out ones.
    """
    rng = np.random.default_rng(seed)
    chosen: set[tuple[int, int]] = set()
    frames, numbers = validation
    for label in np.unique(frames.labels):
        stills = np.unique(numbers[frames.labels == label])
        picked = rng.choice(stills, size=held_out, replace=False)
        chosen.update((int(label), int(still)) for still in picked)
    is_held_out, is_borrowed = _among(chosen, *test), _among(chosen, *validation)
    kept, borrowed = test[0][~is_held_out], frames[is_borrowed]
    attacker = Labelled(
        np.concatenate([kept.images, borrowed.images]),
        np.concatenate([kept.labels, borrowed.labels]),
    )
    return attacker, test[0][is_held_out]


def _among(
    chosen: set[tuple[int, int]], frames: Labelled, stills: Stills
) -> npt.NDArray[np.bool_]:
    pairs = zip(frames.labels.tolist(), stills.tolist(), strict=True)
    return np.array([pair in chosen for pair in pairs])


def start(bench: Path, material: Material) -> keras.Model:
    """An untrained DeepID that trains fast; the bench is not needed."""
    return normalised_deepid(material.num_classes, material.data.images.shape[1:])


def jitter(images: Images, rng: np.random.Generator) -> Images:
    """Images as other frames of the same videos: moved, turned, scaled, other light."""
    _, rows, cols, _ = images.shape
    edge = (_MARGIN, _MARGIN)
    padded = np.pad(images, ((0, 0), edge, edge, (0, 0)), mode="edge")
    jittered = np.empty_like(images)
    for index, image in enumerate(padded):
        moved = Image.fromarray(image).transform(
            (cols, rows),
            Image.Transform.AFFINE,
            _camera(rng, rows, cols),
            Image.Resampling.BICUBIC,
        )
        jittered[index] = np.asarray(moved)
    gain = rng.uniform(0.88, 1.12, (len(images), 1, 1, 1)).astype(np.float32)
    offset = rng.uniform(-10, 10, gain.shape).astype(np.float32)
    lit = (jittered - np.float32(128)) * gain + (128 + offset)
    return np.rint(lit).clip(0, 255).astype(np.uint8)


def _camera(rng: np.random.Generator, rows: int, cols: int) -> tuple[float, ...]:
    """A random affine map from places in the output to places in the padded input."""
    angle = np.deg2rad(rng.uniform(-4, 4))
    cos, sin = np.array([np.cos(angle), np.sin(angle)]) / rng.uniform(0.95, 1.05)
    right, down = rng.uniform(-2, 2, 2) + _MARGIN
    x, y = cols / 2, rows / 2
    return (
        *(cos, sin, x + right - cos * x - sin * y),
        *(-sin, cos, y + down + sin * x - cos * y),
    )
