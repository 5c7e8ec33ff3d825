"""Which Keras wrote a file, and what some settings meant to it."""

from __future__ import annotations

import json
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers
from saved_networks import images_for, lively, saved
from toys import change_model

from repair.errors import ModelError
from repair.network.inference import outputs
from repair.reading.described.parts import model_from
from repair.reading.described.writer import version_in, writer_of
from repair.reading.network_file import read_network

SHAPE = (20, 18, 3)


@pytest.mark.parametrize(
    ("written", "version"),
    [
        ("3.15.1", (3, 15)),
        ("2.2.4-tf", (2, 2)),
        ("2.13.1rc0", (2, 13)),
        ("3.x", None),
        ("3x", None),
        ("\u00b3.1", None),
        ("\u0663.1", None),
        ("5.0", None),
        ("3.1234", None),
        (3, None),
        (None, None),
    ],
)
def test_version(written, version):
    assert version_in(written) == version


def test_version_without_more_is_the_newest_of_its_line():
    assert version_in("3") > version_in("3.99")
    assert version_in("3") < (4, 0)


def of_tf_keras(**entry: Any) -> Any:
    first = {
        "module": "keras.layers",
        "class_name": "InputLayer",
        "config": {"batch_input_shape": [None, 8, 8, 3], "name": "input"},
    }
    return entry | {"config": {"name": "m", "layers": [first]}}


@pytest.mark.parametrize("module", ["keras", "keras.src.engine.sequential", None])
def test_description_of_tf_keras_alone(module):
    description = of_tf_keras(module=module, class_name="Sequential")
    assert writer_of(model_from(description), description, None) < (3, 0)
    assert writer_of(model_from(description), description, (3, 2)) == (3, 2)
    told = description | {"keras_version": "2.4.0"}
    assert writer_of(model_from(told), told, (3, 2)) == (2, 4)


def test_description_of_keras_3_alone():
    description = json.loads(keras.Sequential([keras.Input(SHAPE)]).to_json())
    assert writer_of(model_from(description), description, None) >= (3, 0)


def as_written_by(version: str, path: Any) -> Any:
    def change(file: h5py.File) -> None:
        file.attrs["keras_version"] = version

    return change_model(path, change)


def cropped(crop: Any) -> keras.Model:
    keras.utils.set_random_seed(0)
    images = keras.Input(SHAPE)
    x = layers.Conv2D(4, 3, activation="tanh")(crop(layers.Rescaling(1 / 255)(images)))
    x = layers.GlobalAveragePooling2D()(x)
    return lively(keras.Model(images, layers.Dense(4, activation="softmax")(x)))


def piece(around: Any) -> Any:
    def crop(x: Any) -> Any:
        return layers.Resizing(16, 16)(layers.Cropping2D(around)(x))

    return crop


@pytest.mark.parametrize(
    ("version", "same"),
    [
        ("2.15.0", layers.Resizing(16, 16, crop_to_aspect_ratio=True)),
        ("3.5.0", layers.Resizing(16, 16, crop_to_aspect_ratio=True)),
        ("3.6.0", piece(((1, 3), (0, 2)))),
        ("3.7.0", piece(((1, 3), (0, 2)))),
        ("3.8.0", lambda x: x),
    ],
)
def test_random_crop_answers_as_its_writer(tmp_path, version, same):
    network = cropped(layers.RandomCrop(16, 16))
    as_it_was = cropped(same)
    as_it_was.set_weights(network.get_weights()[-len(as_it_was.weights) :])
    images = images_for(network)
    read = read_network(as_written_by(version, saved(network, tmp_path, ".h5")))
    expected = as_it_was.predict(images, verbose=0)
    np.testing.assert_allclose(outputs(read, images), expected, rtol=0, atol=1e-5)


def test_random_crop_of_nothing_is_refused(tmp_path):
    path = saved(cropped(layers.RandomCrop(16, 16)), tmp_path, ".h5")

    def change(file: h5py.File) -> None:
        text = file.attrs["model_config"].replace('"height": 16', '"height": 0')
        file.attrs["model_config"] = text
        file.attrs["keras_version"] = "3.6.0"

    with pytest.raises(ModelError, match="a RandomCrop of images to at most"):
        read_network(change_model(path, change))


def test_output_padding_that_older_versions_do_not_write_is_told_of(tmp_path, capsys):
    def transposed(x: Any) -> Any:
        return layers.Conv2DTranspose(4, 3, strides=2, padding="same")(x)

    path = saved(cropped(transposed), tmp_path, ".h5")
    read_network(path)
    assert "output_padding" not in capsys.readouterr().err

    def change(file: h5py.File) -> None:
        text = file.attrs["model_config"].replace('"output_padding": null, ', "")
        file.attrs["model_config"] = text
        file.attrs["keras_version"] = "3.9.2"

    read_network(change_model(path, change))
    assert "taken for one without output_padding" in capsys.readouterr().err


def test_kernels_of_theano_are_turned(tmp_path):
    """As Keras 2.3.1 does when it loads such a file on TensorFlow."""
    images = keras.Input(SHAPE)
    x = layers.Conv2D(4, (3, 2), name="conv")(layers.Rescaling(1 / 255)(images))
    x = layers.DepthwiseConv2D(3, name="depthwise")(x)
    x = layers.Conv2DTranspose(4, 3, name="transposed")(x)
    row = layers.Conv1D(3, 4, name="row")(layers.Reshape((-1, 4))(x))
    x = layers.Dense(4, activation="softmax")(layers.GlobalAveragePooling1D()(row))
    network = lively(keras.Model(images, x))
    given = images_for(network)
    expected = outputs(read_network(saved(network, tmp_path, ".h5")), given)
    for name in ("conv", "transposed", "row"):
        kernel, bias = network.get_layer(name).get_weights()
        kernel = np.flip(kernel, axis=tuple(range(kernel.ndim - 2)))
        network.get_layer(name).set_weights([kernel, bias])
    path = saved(network, tmp_path, ".h5")
    assert np.abs(outputs(read_network(path), given) - expected).max() > 1e-3

    def change(file: h5py.File) -> None:
        file.attrs["keras_version"] = "2.2.4"
        file["model_weights"].attrs["backend"] = "theano"

    read = read_network(change_model(path, change))
    np.testing.assert_allclose(outputs(read, given), expected, rtol=0, atol=1e-5)
