"""Grey, RGB and RGBA networks, each on what it was trained with: one artifact like others."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from PIL import Image
from toys import PEOPLE, random_weights, repaired_by

from artifacts.card import read_artifact
from artifacts.errors import InputError
from artifacts.reading.images import read_image
from artifacts.runtime.load import load
from build.formats.command import FORMATS, check_packages
from build.formats.conversion import convert
from build.formats.probes import probes
from build.fusing.fusion import fuse
from build.saving.saved_model import export
from repair.network.preprocessing import named, preprocessed

SIZE = (12, 10)
BEGINNINGS = ((1, "standard"), (3, "caffe"), (3, "torch"), (4, "pm1"))


def network(channels: int, seed: int) -> keras.Model:
    """Rows and columns alone, if grey."""
    images = keras.Input(SIZE if channels == 1 else (*SIZE, channels), name="input")
    x = layers.Reshape((*SIZE, 1))(images) if channels == 1 else images
    x = layers.Conv2D(4, 3, activation="relu", name="conv")(x)
    x = layers.Flatten()(x)
    scores = layers.Dense(PEOPLE, activation="softmax", name="output")(x)
    return random_weights(keras.Model(images, scores), seed)


@pytest.fixture(
    scope="module", params=BEGINNINGS, ids=lambda pair: f"{pair[1]}-{pair[0]}"
)
def made(request, tmp_path_factory) -> tuple[Path, np.ndarray, list[keras.Model]]:
    channels, kind = request.param
    images = probes((*SIZE, channels), 60, seed=0)
    how = named(kind, channels, images)[0]
    both = [preprocessed(network(channels, seed), how) for seed in (1, 2)]
    card = {
        "num_classes": PEOPLE,
        "input": dict(
            zip(("rows", "columns", "channels"), images.shape[1:], strict=True)
        ),
    }
    folder = tmp_path_factory.mktemp("beginnings") / "toy"
    export(fuse(both[0], repaired_by(both[1])), card, images, folder)
    return folder, images, both


def test_every_way_gives_the_same_labels(made, tmp_path):
    folder, images, both = made
    size = read_artifact(folder).image_shape
    assert size == images.shape[1:]
    answers = [np.argmax(model(images), axis=1) for model in both]
    expected = np.where(answers[0] == answers[1], answers[0], PEOPLE)
    assert len(set(expected.tolist())) > 1, "the toys answer in different ways"
    np.testing.assert_array_equal(load(folder)(images), expected)
    paths = [tmp_path / f"{i}.png" for i in range(len(images))]
    for path, image in zip(paths, images, strict=True):
        Image.fromarray(image[..., 0] if size[2] == 1 else image).save(path)
    read = np.stack([read_image(path, size) for path in paths])
    np.testing.assert_array_equal(read, images)
    encoded = tf.constant([path.read_bytes() for path in paths])
    signatures = tf.saved_model.load(str(folder)).signatures
    labels = signatures["label_encoded"](encoded=encoded)["label"]
    np.testing.assert_array_equal(labels, expected)
    explained = signatures["explain"](images=tf.constant(images))
    np.testing.assert_array_equal(explained["original_label"], answers[0])


@pytest.mark.parametrize("to", FORMATS)
def test_every_format_takes_them(made, to, tmp_path):
    try:
        check_packages(to)
    except InputError as reason:
        pytest.skip(str(reason))
    folder, images, _ = made
    assert convert(folder, to, tmp_path / f"detector.{to}")[0] > len(images)


def test_colours_become_grey_in_the_graph_as_in_pillow():
    from build.saving.decoding import decoded

    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    data = tf.io.encode_png(noise)
    grey = np.asarray(Image.fromarray(noise).convert("L"))
    np.testing.assert_array_equal(decoded(data, 1)[..., 0], grey)
