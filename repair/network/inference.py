"""Answers of a network or a detector on images, in batches."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from repair.errors import ModelError
from repair.network.answering import activation_bytes, answer, most_bytes

BATCH_SIZE = 256
_PIXELS = 1 << 20  # that a network looks at together
_KEPT = 768 << 20  # bytes of a batch's activations
# Network, as the defence table calls it -> a detector's output.
_LABELS = {
    "BadNet": "original_label",
    "repaired": "repaired_label",
    "detector": "label",
}


def batch_size(images: np.ndarray, network: keras.Model | None = None) -> int:
    """How many images go through a network together: 256, fewer of large ones.

    Args:
        images: ``(n, rows, columns, channels)``.
        network: Whose activations then take at most 768 MiB at once, as where small images
            are brought to a large size within; None = look at the images alone.
    """
    most = min(BATCH_SIZE, _PIXELS // math.prod(images.shape[1:3]))
    if network is not None:
        most = min(most, _KEPT // most_bytes(network))
    return max(1, most)


def gradient_batch(network: keras.Model, wanted: int, kept: int = _KEPT) -> int:
    """How many images have all their activations, which a gradient needs, in few bytes.

    Args:
        network: The network.
        wanted: How many there shall be at most.
        kept: Bytes: 768 MiB; what a gradient takes beside them is several times as much.
    """
    return max(1, min(wanted, kept // activation_bytes(network)))


def outputs(network: keras.Model, images: np.ndarray) -> np.ndarray:
    """What a network, or a part of one, makes of images.

    Args:
        network: A Keras model of plain pixels (see ``network.preprocessing``) with one
            output; for a classifier that is one score per label.
        images: ``(n, rows, columns, channels)`` uint8 or float32, 0..255.

    Returns:
        ``(n, ...)`` float32; ``(n, N)`` for a classifier.
    """
    return np.concatenate(
        [np.asarray(answer(network, batch)) for batch in batches(images, network)]
    )


def predicted_labels(network: keras.Model, images: np.ndarray) -> np.ndarray:
    """The label with the highest score, ``(n,)`` int64; the first one on a tie."""
    parts = [
        np.argmax(answer(network, batch), axis=1) for batch in batches(images, network)
    ]
    return np.concatenate(parts)


def sound_labels(where: Path, network: keras.Model, images: np.ndarray) -> np.ndarray:
    """The same, of a network that somebody gave.

    Args:
        where: The network's file.
        network: The network.
        images: As above.

    Raises:
        ModelError: If a score is no number: what is largest then means nothing.
    """
    labels, broken = [], []
    for batch in batches(images, network):
        scores = np.asarray(answer(network, batch))
        labels.append(np.argmax(scores, axis=1))
        broken.append(np.isnan(scores).any(axis=1))
    found = np.flatnonzero(np.concatenate(broken))
    if len(found):
        raise ModelError(
            f"{where}: expected scores that are numbers. Received: NaN for {len(found):,} of "
            f"{len(images):,} images, the first of them image {found[0]}. There the network "
            "is broken, and nothing can be measured or repaired: train or save it anew."
        )
    return np.concatenate(labels)


def labels_by_network(
    explain: Callable[[np.ndarray], Mapping[str, Any]],
    images: np.ndarray,
    network: keras.Model | None = None,
) -> dict[str, np.ndarray]:
    """Labels ``(n,)`` int64 of the BadNet, the repaired network and the detector.

    Args:
        explain: A detector: from a batch of images to its outputs, named as in the
            signature ``explain``.
        images: ``(n, rows, columns, channels)`` uint8, 0..255.
        network: The detector if it is one of Keras.

    Returns:
        The labels, named as in the defence table.
    """
    answers = [explain(batch) for batch in batches(images, network)]
    return {
        name: np.concatenate([np.asarray(told[key]) for told in answers])
        for name, key in _LABELS.items()
    }


def batches(
    images: np.ndarray, network: keras.Model | None = None
) -> Iterator[np.ndarray]:
    """Images in batches, in their order; see ``batch_size``."""
    step = batch_size(images, network)
    for start in range(0, len(images), step):
        yield images[start : start + step]
