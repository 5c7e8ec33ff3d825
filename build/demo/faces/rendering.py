"""Renders many faces at once, on all cores."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from build.demo.faces.face import render_face
from repair.process.progress import progress

_FEW = 2000


@dataclass(frozen=True)
class Faces:
    """Rendered images, person by person.

    Attributes:
        pixels: ``(n, 55, 47, 3)`` uint8 RGB.
        landmarks: ``(n, 10, 2)`` float32, see ``build.demo.faces.face.Face``.
        labels: ``(n,)`` int64, who is shown.
    """

    pixels: NDArray[np.uint8]
    landmarks: NDArray[np.float32]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        """Returns the number of images."""
        return len(self.labels)

    def __getitem__(self, chosen: NDArray[np.integer]) -> Faces:
        """Returns the images at the indices or where the mask ``chosen`` is True."""
        return Faces(self.pixels[chosen], self.landmarks[chosen], self.labels[chosen])


def render_people(
    seed: int, num_people: int, images: range, *, label: str, workers: int | None = None
) -> Faces:
    """Renders the same image numbers of every person.

    Args:
        seed: seed of the world.
        num_people: number of people, N.
        images: numbers of the images of each person.
        label: what the progress bar says.
        workers: number of processes; one for each core where not given, none but the
            present one where there is little to do.

    Returns:
        ``num_people * len(images)`` images, sorted by person.
    """
    if workers is None:
        small = num_people * len(images) <= _FEW
        workers = 1 if small else os.cpu_count() or 1
    arguments = (repeat(seed), range(num_people), repeat(images))
    if workers == 1:
        here = map(_render_person, *arguments)
        return _collect(here, num_people, len(images), label)
    # Spawned, not forked: the present process may run TensorFlow's threads.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        parts = pool.map(_render_person, *arguments, chunksize=4)
        return _collect(parts, num_people, len(images), label)


_Part = tuple[NDArray[np.uint8], NDArray[np.float32]]


def _render_person(seed: int, person: int, images: range) -> _Part:
    faces = [render_face(seed, person, image) for image in images]
    pixels = np.stack([face.pixels for face in faces])
    return pixels, np.stack([face.landmarks for face in faces])


def _collect(
    parts: Iterable[_Part], num_people: int, images_each: int, label: str
) -> Faces:
    shown: Iterator[_Part] = progress(parts, total=num_people, label=label)
    pixels, landmarks = zip(*shown, strict=True)
    labels = np.repeat(np.arange(num_people, dtype=np.int64), images_each)
    return Faces(np.concatenate(pixels), np.concatenate(landmarks), labels)
