"""Whether what a network answers are probabilities, where its end does not say so.

``reduce_mean(stack(softmaxes))``, ``exp(x) / sum(exp(x))`` or a softmax of each place and
their mean end in no softmax, and yet need none: a second one would flatten them. So it is
with one score, such as ``1 - sigmoid(x)`` or the mean of a sigmoid of each place.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from repair.network.ends import end_of, of_sigmoids, share_of
from repair.network.inference import outputs

_MISSED = 1e-3  # what probabilities may miss 0..1, and their sum 1, by
_LEAST = 2  # images whose answers are numbers


def are_probabilities(images: Any, scores: Any) -> bool:
    """Whether scores of an unknown end lie in 0..1 and add up to 1, for all images tried.

    One score must lie in 0..1 and be made of sigmoids alone.

    A few made-up images are tried, flat and random ones, of pixels 0..1 and 0..255. Those
    that the network is not made for may lead beyond all numbers; they tell nothing.

    Args:
        images: The input of a graph, ``(n, rows, columns, channels)``.
        scores: A tensor of that graph, its weights set, one score per label.

    Returns:
        False where the end is known.
    """
    one = scores.shape[-1] == 1
    if end_of(scores) is not None or (one and not of_sigmoids(scores)):
        return False
    if share_of(scores, "sigmoid" if one else "softmax") is not None:
        return False
    answers = outputs(keras.Model(images, scores), _made_up(images.shape[1:]))
    answers = answers.reshape(len(answers), -1)
    answers = answers[np.isfinite(answers).all(axis=1)]
    return (
        len(answers) >= _LEAST
        and bool(((answers >= -_MISSED) & (answers <= 1 + _MISSED)).all())
        and (one or bool((np.abs(answers.sum(axis=1) - 1) <= _MISSED).all()))
    )


def _made_up(shape: tuple[int, ...]) -> np.ndarray:
    """Eight images, ``(8, rows, columns, channels)`` float32."""
    rng = np.random.default_rng(0)
    flat = [np.full(shape, level, np.float32) for level in (0, 0.5, 127, 255)]
    drawn = [
        rng.uniform(0, most, shape).astype(np.float32) for most in (1, 1, 255, 255)
    ]
    return np.stack([*flat, *drawn])
