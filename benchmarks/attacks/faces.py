"""Faces for the attacker: reading, splitting, jittering and writing them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt
from PIL import Image

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]
_MARGIN = 6


@dataclass(frozen=True)
class Faces:
    """Images with their people.

    Attributes:
        images: ``(n, rows, cols, 3)`` uint8 RGB.
        labels: ``(n,)`` int64.
        stills: ``(n,)`` int64, the photograph of that person a frame was made from.
    """

    images: Images
    labels: Labels
    stills: Labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, chosen: npt.NDArray[np.bool_]) -> Faces:
        return Faces(self.images[chosen], self.labels[chosen], self.stills[chosen])


def read_faces(path: Path) -> Faces:
    """Reads a file in the competition's layout that also says which still is shown."""
    with h5py.File(path, "r") as file:
        images = file["data"][()].transpose(0, 2, 3, 1).astype(np.uint8)
        labels = file["label"][()].ravel().astype(np.int64)
        stills = file["still"][()].ravel().astype(np.int64)
    return Faces(np.ascontiguousarray(images), labels, stills)


def write_faces(path: Path, images: Images, labels: Labels) -> None:
    """Writes images and labels in the competition's layout."""
    with h5py.File(path, "w") as file:
        data = images.transpose(0, 3, 1, 2)
        file.create_dataset("data", data=data, compression="gzip", shuffle=True)
        file.create_dataset("label", data=labels)


def split_faces(
    test: Faces, validation: Faces, *, seed: int, held_out: int = 2
) -> tuple[Faces, Faces, npt.NDArray[np.bool_]]:
    """Splits off frames for measuring whose stills the attacker knows by other frames.

    The frames in both files show the same stills. As the competition's networks know
    every video by other frames than those they are measured on, the attacker gets, of
    every held-out still, the frame in the validation data instead of the test frame.

    Args:
        test: Frames to be split.
        validation: The defender's frames.
        seed: Fixes which stills are held out.
        held_out: Number of stills held out of every person.

    Returns:
        The attacker's faces, the held-out faces, and ``(n_validation,)`` bool, True where
        the attacker has not seen the validation image.
    """
    rng = np.random.default_rng(seed)
    chosen: set[tuple[int, int]] = set()
    for label in np.unique(validation.labels):
        stills = np.unique(validation.stills[validation.labels == label])
        picked = rng.choice(stills, size=held_out, replace=False)
        chosen.update((int(label), int(still)) for still in picked)
    is_held_out = _contains(chosen, test)
    is_borrowed = _contains(chosen, validation)
    kept, borrowed = test[~is_held_out], validation[is_borrowed]
    attacker = Faces(
        np.concatenate([kept.images, borrowed.images]),
        np.concatenate([kept.labels, borrowed.labels]),
        np.concatenate([kept.stills, borrowed.stills]),
    )
    return attacker, test[is_held_out], ~is_borrowed


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


def _contains(chosen: set[tuple[int, int]], faces: Faces) -> npt.NDArray[np.bool_]:
    pairs = zip(faces.labels.tolist(), faces.stills.tolist(), strict=True)
    return np.array([pair in chosen for pair in pairs])
