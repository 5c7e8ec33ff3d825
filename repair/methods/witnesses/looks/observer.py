"""Looks at images through a network: what the heads stand on, and its own answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import keras
import numpy as np

from repair.network.answering import answer
from repair.network.inference import batches
from repair.witness import certainty

Features = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Seen:
    """What was seen of ``n`` images.

    Attributes:
        features: By name of what is looked at, ``(n, features)`` float32.
        labels: ``(n,)`` int64, the network's own answers.
        confidence: ``(n,)`` float32 in [0, 1], its confidence in them, and
        certainty: ``(n,)`` float32, by how much it is surer of them than of any other
            (see ``witness``).
    """

    features: Features
    labels: np.ndarray
    confidence: np.ndarray
    certainty: np.ndarray


class Observer:
    """Looks at images through a network: features, and the network's own answer."""

    def __init__(
        self, network: keras.Model, taps: Mapping[str, keras.KerasTensor]
    ) -> None:
        """Taps ``network`` at tensors ``(n, features)`` of its own graph."""
        self.taps = taps
        self._all = keras.Model(network.input, [*taps.values(), network.output])

    def __call__(self, images: np.ndarray) -> Seen:
        """Looks at images ``(n, rows, columns, channels)``, 0..255."""
        parts: list[list[np.ndarray]] = [[] for _ in self.taps]
        answers = []
        for batch in batches(images, self._all):
            *features, scores = map(np.asarray, answer(self._all, batch))
            for part, values in zip(parts, features, strict=True):
                part.append(values)
            answers.append((np.argmax(scores, 1), np.max(scores, 1), certainty(scores)))
        joined = [np.concatenate(part) for part in parts]
        labels, confidence, certain = map(np.concatenate, zip(*answers, strict=True))
        return Seen(
            features=dict(zip(self.taps, joined, strict=True)),
            labels=labels,
            confidence=confidence,
            certainty=certain,
        )
