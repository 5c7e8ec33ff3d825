"""Valid descriptions, changed in a few places, with Keras itself as the judge.

Random bytes hardly ever become a network. So a description that Keras wrote is changed as an
author, or an attacker, might: another number, another word that stands elsewhere, a key or a
layer more or less. Whatever is read then must answer as Keras does; to refuse is never wrong.
"""

from __future__ import annotations

import copy
import json
import random
import warnings
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np

from benchmarks.fuzz.asking import CLASSES, FOLDER, SHAPE, refused
from benchmarks.reading.files import probabilities
from repair.network.inference import outputs
from repair.reading.network_file import read_network

# How far answers may be apart; float32 sums in another order.
MOST = 1e-4
_NUMBERS = (0, 1, -1, 2, 3, 5, 0.5, 1e-3, 1e9, -0.25)
Place = tuple[Any, Any]


def configs(content: bytes) -> None:
    """A changed network, by dice that the bytes throw."""
    dice = random.Random(content)  # noqa: S311
    members = dice.choice(_seeds())
    description = json.loads(members["config.json"])
    for _ in range(dice.randint(1, 3)):
        change(description, dice)
    path = FOLDER / "changed.keras"
    with zipfile.ZipFile(path, "w") as file:
        for name, old in members.items():
            new = json.dumps(description).encode() if name == "config.json" else old
            file.writestr(name, new)
    refused(lambda: agree(path))


def agree(path: Path) -> None:
    """Holds a network that is read against what Keras makes of the same file.

    Raises:
        ValueError: If the two answer differently; what Keras can not load is left.
    """
    network = read_network(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = keras.models.load_model(path, compile=False, safe_mode=True)
            images = _images(network.input_shape[1:])
            given = images.reshape(len(images), *theirs.input_shape[1:])
            expected = probabilities(np.asarray(theirs(given, training=False)))
    except Exception:
        return
    found = outputs(network, images)
    if not np.isfinite(expected).all():
        return
    if found.shape != expected.shape or not np.abs(found - expected).max() < MOST:
        raise ValueError(f"read otherwise than by Keras: {found[0]} {expected[0]}")


def change(description: Any, dice: random.Random) -> None:
    """Changes one place of a description."""
    places: list[Place] = []
    _collect(description["config"], places)
    holder, key = dice.choice(places)
    old = holder[key]
    if isinstance(old, bool):
        holder[key] = not old
    elif isinstance(old, int | float):
        holder[key] = dice.choice((*_NUMBERS, old + 1, old * 2))
    elif isinstance(old, str):
        words = [x[y] for x, y in places if y == key and isinstance(x[y], str)]
        holder[key] = dice.choice(words)
    elif isinstance(old, list) and old:
        _in_list(old, dice)
    elif isinstance(old, dict) and dice.random() < 0.5:
        other, place = dice.choice(places)
        holder[key] = copy.deepcopy(other[place])
    elif isinstance(holder, dict):
        del holder[key]
    else:
        holder[key] = dice.choice((None, 1, "same", [2, 2], True))


def _in_list(values: list[Any], dice: random.Random) -> None:
    index = dice.randrange(len(values))
    turn = dice.randrange(4)
    if turn == 0:
        del values[index]
    elif turn == 1:
        values.insert(index, copy.deepcopy(dice.choice(values)))
    elif turn == 2:
        values.reverse()
    else:
        values[index] = dice.choice(_NUMBERS)


def _collect(value: Any, places: list[Place]) -> None:
    keys: Any = ()
    if isinstance(value, dict):
        keys = list(value)
    elif isinstance(value, list):
        keys = range(len(value))
    for key in keys:
        places.append((value, key))
        _collect(value[key], places)


def _images(shape: tuple[int, ...]) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (4, *shape)).astype(np.float32)


@cache
def _seeds() -> tuple[dict[str, bytes], ...]:
    return tuple(_members(make) for make in (_plain, _varied, _nested))


def _members(make: Callable[[], keras.Model]) -> dict[str, bytes]:
    keras.utils.set_random_seed(0)
    path = FOLDER / "seed.keras"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        make().save(path)
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def _plain() -> keras.Model:
    layers = keras.layers
    return keras.Sequential([
        keras.Input(SHAPE),
        layers.Rescaling(1 / 255),
        layers.Conv2D(4, 3, activation="relu", padding="same"),
        layers.BatchNormalization(),
        layers.MaxPooling2D(2),
        layers.Dropout(0.5),
        layers.Flatten(),
        layers.Dense(8, activation="tanh"),
        layers.Dense(CLASSES, activation="softmax"),
    ])  # fmt: skip


def _varied() -> keras.Model:
    layers = keras.layers
    images = keras.Input(SHAPE)
    x = layers.ZeroPadding2D(1)(layers.Rescaling(1 / 127.5, -1)(images))
    x = layers.Conv2D(4, 3, strides=2, use_bias=False)(x)
    x = layers.LeakyReLU(0.1)(layers.BatchNormalization()(x))
    y = layers.DepthwiseConv2D(3, padding="same", activation="gelu")(x)
    x = layers.Add()([x, layers.LayerNormalization()(y)])
    x = layers.Concatenate()([x, layers.AveragePooling2D(3, 1, "same")(x)])
    x = layers.SeparableConv2D(6, 3, dilation_rate=2, padding="same")(x)
    x = layers.Activation("hard_sigmoid")(layers.UpSampling2D(2)(x))
    x = layers.GlobalAveragePooling2D()(layers.Cropping2D(1)(x))
    return keras.Model(images, layers.Dense(CLASSES)(x))


def _nested() -> keras.Model:
    layers = keras.layers
    inner = keras.Sequential(
        [keras.Input(SHAPE), layers.Conv2D(3, 3, padding="same"), layers.ReLU(6.0)]
    )
    images = keras.Input(SHAPE)
    x = layers.Multiply()([inner(inner(images)), images])
    x = layers.GlobalMaxPooling2D()(layers.Permute((2, 1, 3))(x))
    return keras.Model(images, layers.Dense(CLASSES, "softmax")(layers.ReLU()(x)))
