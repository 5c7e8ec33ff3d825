"""Networks unlike the competition's: grey 28 x 28, a 32 x 32 ResNet, a 224 x 224 transfer."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import layers

from repair.dataset import Dataset
from repair.network.preprocessing import at_scale
from repair.reading.case import Case, read_case
from repair.reading.network_file import read_network

_CLASSES = 10


@dataclass(frozen=True)
class Subject:
    """A network of plain pixels and clean images of its classes."""

    name: str
    network: keras.Model
    clean: Dataset


def subjects(names: Sequence[str], cifar10: Path | None) -> Iterator[Subject]:
    """The networks of these names; the ResNet only where its bench is given."""
    if "grey" in names:
        yield _grey()
    if "resnet" in names and cifar10 is not None:
        case: Case = read_case(
            cifar10 / "models" / "square.h5",
            cifar10 / "data" / "clean_validation_data.h5",
        )
        yield Subject("ResNet, 32 x 32", case.original, case.clean)
    if "transfer" in names:
        yield _transfer()


def made_up(shape: tuple[int, int, int], per_class: int, seed: int) -> Dataset:
    """Images of ten classes: a coarse pattern each, under noise."""
    rows, columns, channels = shape
    patterns = np.random.default_rng(1).uniform(30, 226, (_CLASSES, 4, 4, channels))
    down, across = (np.linspace(0, 3.999, side).astype(int) for side in (rows, columns))
    labels = np.arange(_CLASSES * per_class) % _CLASSES
    noise = np.random.default_rng(seed).normal(0, 25, (len(labels), *shape))
    images = patterns[:, down][:, :, across][labels] + noise
    return Dataset(np.clip(images, 0, 255).astype(np.uint8), labels.astype(np.int64))


def _grey() -> Subject:
    """Trained from scratch, in seconds."""
    keras.utils.set_random_seed(0)
    shape = (28, 28, 1)
    clean = made_up(shape, 60, seed=2)
    network = keras.Sequential(
        [
            keras.Input(shape),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(_CLASSES, activation="softmax"),
        ]
    )
    network.compile("adam", "sparse_categorical_crossentropy")
    own = made_up(shape, 60, seed=3)
    network.fit(own.images / 255.0, own.labels, batch_size=50, epochs=4, verbose=0)
    plain = keras.Model(network.inputs[0], network.outputs[0])
    return Subject("grey, 28 x 28", at_scale(plain, 1 / 255), clean)


def _transfer() -> Subject:
    """MobileNetV2 with random weights; its head is set to the classes' mean features."""
    keras.utils.set_random_seed(0)
    shape = (224, 224, 3)
    clean = made_up(shape, 12, seed=2)
    base = keras.applications.MobileNetV2(
        shape, alpha=0.35, include_top=False, weights=None, pooling="avg"
    )
    images = keras.Input(shape)
    features = base(layers.Rescaling(1 / 127.5, offset=-1)(images), training=False)
    seen = keras.Model(images, features).predict(clean.images, 32, verbose=0)
    centre, spread = seen.mean(axis=0), seen.std(axis=0) + 1e-6
    means = np.stack(
        [((seen - centre) / spread)[clean.labels == k].mean(axis=0) for k in range(10)]
    )
    head = layers.Dense(_CLASSES, activation="softmax", name="head")
    network = keras.Model(images, head(features))
    kernel = (means / spread).T
    head.set_weights([kernel, -0.5 * (means**2).sum(axis=1) - centre @ kernel])
    with tempfile.TemporaryDirectory() as folder:  # read as a build does: flattened
        path = Path(folder) / "transfer.keras"
        network.save(path)
        return Subject("transfer, 224 x 224", read_network(path), clean)
