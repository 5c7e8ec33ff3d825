"""Writes a detector as one SavedModel, checks it in a fresh process, puts it in place."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from build.saving.any_number import answers_to_any_number
from build.saving.card import add_hashes, write_card
from build.saving.decoding import decoded
from build.saving.kept_apart import keep_apart
from build.saving.near_ties import difference
from build.saving.new_folder import check_place, new_folder
from repair.errors import RepairFailedError
from repair.network.answering import answer
from repair.network.inference import batch_size, labels_by_network

# Runs where nothing of ours can be imported: isolated, from another folder.
_ENCODED = 16
_CHECK = """
import json, sys
import numpy as np, tensorflow as tf
folder, sample, *numbers = sys.argv[1:]
step, few = map(int, numbers)
images = np.load(sample, allow_pickle=False)
detector = tf.saved_model.load(folder)
labels = np.concatenate([
    detector.serve(tf.constant(images[start:start + step])).numpy()
    for start in range(0, len(images), step)
])
explained = np.concatenate([
    detector.signatures["explain"](images=tf.constant(images[start:start + step]))
    ["label"].numpy()
    for start in range(0, len(images), step)
])
encoded = tf.constant([tf.io.encode_png(image).numpy() for image in images[:few]])
decoded = detector.signatures["label_encoded"](encoded=encoded)["label"].numpy()
every = {"serve": labels, "explain": explained, "label_encoded": decoded}
print(json.dumps({form: labels.tolist() for form, labels in every.items()}))
"""


def export(
    detector: keras.Model, card: Mapping[str, Any], images: np.ndarray, folder: Path
) -> None:
    """Writes the SavedModel and ``card.json``; the old folder stays until all is well.

    Args:
        detector: What ``fuse`` returns.
        card: What the card says; hashes of the files are added.
        images: ``(n, rows, columns, 3)`` uint8, on which the reloaded artifact must give
            the detector's own labels.
        folder: Where the artifact goes; its parent is made if need be.

    Raises:
        SettingError: If something else than an artifact is there by then.
        RepairFailedError: If the artifact can not be written or answers differently.
    """
    with new_folder(folder) as unfinished:
        _save(detector, unfinished)
        _check(detector, unfinished, images)
        write_card(unfinished, add_hashes(card, unfinished))
        check_place(folder)  # others had all the time of a build to put things there


def _save(detector: keras.Model, folder: Path) -> None:
    """The SavedModel with its three signatures; each variable is stored once."""
    rows, columns, channels = detector.input_shape[1:]
    share_equal_weights(detector)
    module = tf.Module()
    module.weights = [weight.value for weight in detector.weights]

    def answers(images: tf.Tensor) -> dict[str, tf.Tensor]:
        return dict(detector(images, training=False))

    @tf.function(
        input_signature=[
            tf.TensorSpec((None, rows, columns, channels), tf.uint8, "images")
        ]
    )
    def explain(images: tf.Tensor) -> dict[str, tf.Tensor]:
        return answers_to_any_number(answers, images)

    # What a label does not need of it is left out when it runs.
    @tf.function(input_signature=explain.input_signature)
    def serve(images: tf.Tensor) -> tf.Tensor:
        return explain(images)["label"]

    @tf.function(input_signature=explain.input_signature)
    def label(images: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"label": serve(images)}

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, "encoded")])
    def label_encoded(encoded: tf.Tensor) -> dict[str, tf.Tensor]:
        def decode(data: tf.Tensor) -> tf.Tensor:
            image = decoded(data, channels)
            return tf.ensure_shape(image, (rows, columns, channels))

        one = tf.TensorSpec((rows, columns, channels), tf.uint8)
        return label(tf.map_fn(decode, encoded, fn_output_signature=one))

    # Not the function itself: loaded, one that refuses an argument keeps its lock for ever,
    # and every other thread waits (TensorFlow 2.20 and 2.21).
    module.serve = serve.get_concrete_function()
    signatures = {
        "serving_default": label,
        "explain": explain,
        "label_encoded": label_encoded,
    }
    options = tf.saved_model.SaveOptions(save_debug_info=False)
    tf.saved_model.save(module, str(folder), signatures=signatures, options=options)
    keep_apart(folder)
    # A random id that nothing needs, and a folder that is always empty.
    (folder / "fingerprint.pb").unlink(missing_ok=True)
    (folder / "assets").rmdir()


def share_equal_weights(detector: keras.Model) -> None:
    """Makes one variable of those with the same numbers: networks have layers in common."""
    kept: dict[tuple[object, ...], tf.Variable] = {}
    for weight in detector.weights:
        numbers = weight.numpy().tobytes()
        key = (weight.dtype, weight.shape, hashlib.sha256(numbers).digest())
        weight._value = kept.setdefault(key, weight.value)


def _check(detector: keras.Model, folder: Path, images: np.ndarray) -> None:
    def label_of(images: np.ndarray) -> np.ndarray:
        explain = partial(answer, detector)
        return labels_by_network(explain, images, detector)["detector"]

    sample = folder / "sample.npy"
    np.save(sample, images, allow_pickle=False)
    run = subprocess.run(
        [
            sys.executable,
            "-I",
            "-c",
            _CHECK,
            str(folder.resolve()),
            str(sample.resolve()),
            *map(str, (batch_size(images), _ENCODED)),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    sample.unlink()
    if run.returncode:
        received = (run.stderr.strip().splitlines() or ["no answer"])[-1]
    else:
        received = _unlike(json.loads(run.stdout), label_of, images)
    if received:
        raise RepairFailedError(
            "the exported artifact does not answer as the detector does; nothing was "
            f"replaced. Please report this. Received: {received}"
        )


def _unlike(
    every: dict[str, list[int]],
    label_of: Callable[[np.ndarray], np.ndarray],
    images: np.ndarray,
) -> str:
    """Which form of the artifact gives other labels than the detector, if any."""
    expected = label_of(images)
    for form, labels in every.items():
        own = expected[:_ENCODED] if form == "label_encoded" else expected
        if len(labels) != len(own):
            return f"{len(labels)} labels of {form} for {len(own)} images"
        if others := difference(np.array(labels), own, images, label_of).others:
            return f"{others} other labels of {form} in {len(own)}"
    return ""
