"""Fuses the original and the repaired network into one Keras model."""

from __future__ import annotations

import keras
import numpy as np
from keras import ops

from build.fusing.agreement import Agreement
from build.fusing.lean import without_silent_channels
from repair.network.scores import scores


def fuse(
    original: keras.Model, repaired: keras.Model, thresholds: np.ndarray | None = None
) -> keras.Model:
    """The detector.

    Layers that the two networks share, because one was built on the other's input, are
    computed once. Of networks that share nothing, channels that are silent for good are
    left out.

    Args:
        original: Classifier of plain pixels, probabilities ``(n, N)``.
        repaired: The same, repaired.
        thresholds: ``(N,)`` float32 (see ``Agreement``), or None for plain comparison.

    Returns:
        A model from images ``(n, rows, columns, 3)`` uint8 RGB to a dict of ``label``,
        ``original_label`` and ``repaired_label``, all ``(n,)`` int64, and
        ``original_confidence`` and ``repaired_confidence``, ``(n,)`` float32 in [0, 1].
    """
    images = keras.Input(original.input_shape[1:], dtype="uint8", name="images")
    networks = {"original": original, "repaired": repaired}
    shared = repaired.input is original.input
    if not shared:
        networks = {key: without_silent_channels(x) for key, x in networks.items()}
    scored = {
        key: scores(network, f"{key}.scores") for key, network in networks.items()
    }
    if shared:
        both = keras.Model(original.input, list(scored.values()))(images)
    else:
        both = [
            keras.Model(networks[name].input, output, name=name)(images)
            for name, output in scored.items()
        ]
    outputs = {"label": Agreement(thresholds, name="agreement")(*both)}
    for name, output in zip(networks, both, strict=True):
        outputs[f"{name}_label"] = ops.cast(ops.argmax(output, axis=-1), "int64")
        outputs[f"{name}_confidence"] = ops.max(ops.softmax(output), axis=-1)
    return keras.Model(images, outputs, name="detector")
