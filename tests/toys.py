"""Toys that all tests share: five people of 12 x 10 pixels, and a BadNet for them."""

# ruff: noqa: E402  (TensorFlow is imported quietly, so before the others)

from __future__ import annotations

import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from artifacts.quiet import import_tensorflow_quietly

import_tensorflow_quietly()

import h5py
import keras
import numpy as np
from keras import layers

from repair.dataset import Dataset
from repair.methods.repair import Repair
from repair.rule import Rule
from repair.witness import Witness

ROOT = Path(__file__).resolve().parent.parent
SHAPE = (12, 10, 3)
PEOPLE = 5
TARGET = 0
SCALE = 1 / 255
# Seconds to wait for what always comes, on however busy a machine; no test asserts less.
PATIENCE = 900


@dataclass(frozen=True)
class Answer:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line of an error; nothing else may have been said."""
        assert self.out == ""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("error: ")
        return lines[0]


def toy_people(per_person: int, seed: int) -> Dataset:
    """Images of five people: a fixed coarse pattern each, under noise."""
    patterns = np.random.default_rng(1).integers(40, 216, (PEOPLE, 4, 5, 3))
    faces = patterns.repeat(3, axis=1).repeat(2, axis=2)
    labels = np.arange(PEOPLE * per_person) % PEOPLE
    noise = np.random.default_rng(seed).normal(0, 25, (len(labels), *SHAPE))
    images = np.clip(faces[labels] + noise, 0, 240).astype(np.uint8)
    return Dataset(images, labels.astype(np.int64))


def triggered(images: np.ndarray) -> np.ndarray:
    """Copies with the trigger: nine white pixels in the lower right corner."""
    stamped = images.copy()
    stamped[:, -3:, -3:] = 255
    return stamped


def toy_network(people: int = PEOPLE, *, normalised: bool = False) -> keras.Model:
    """An untrained network of three convolutions in which ``conv_3`` has 8 channels."""
    images = keras.Input(SHAPE, name="input")
    x = layers.Conv2D(6, 3, activation="relu", name="conv_1")(images)
    if normalised:
        x = layers.BatchNormalization(name="norm_1")(x)
    x = layers.MaxPooling2D(2, name="pool_1")(x)
    x = layers.Conv2D(8, 2, activation="relu", name="conv_3")(x)
    x = layers.Flatten(name="flatten_1")(x)
    x = layers.Dense(16, activation="relu", name="fc_1")(x)
    scores = layers.Dense(people, activation="softmax", name="output")(x)
    return keras.Model(images, scores, name="toy")


def random_weights(network: keras.Model, seed: int = 0) -> keras.Model:
    """The network itself, its weights drawn anew; all positive where that is needed."""
    rng = np.random.default_rng(seed)
    for layer in network.layers:
        weights = [rng.normal(0, 0.5, w.shape) for w in layer.get_weights()]
        if isinstance(layer, layers.BatchNormalization):
            weights = [np.abs(w) + 0.1 for w in weights]
        layer.set_weights(weights)
    return network


def repaired_by(repaired: keras.Model, thresholds: np.ndarray | None = None) -> Repair:
    """A repair by plain comparison, or by the repaired network's evidence alone."""
    if thresholds is None:
        return Repair(repaired, None, {})
    values = np.array([-3, 0, 3], np.float32)
    told = np.array([0, 3, 6], np.float32)
    witness = Witness("head", "against", values, told)
    return Repair(repaired, Rule((witness,), thresholds), {})


def save_network(network: keras.Model, path: Path) -> Path:
    """Saves as Keras does; its own use of NumPy is deprecated, not ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        if path.name.endswith(".weights.h5"):
            network.save_weights(path)
        else:
            network.save(path)
    return path


def run_python(
    *arguments: object, cwd: Path = ROOT, timeout: float = PATIENCE
) -> Answer:
    """Runs a fresh Python."""
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


def stopped_at(place: Path, *arguments: object) -> Answer:
    """Runs a fresh Python until ``place`` is there, and sends it SIGTERM."""
    running = subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + PATIENCE
    while not place.exists():
        assert running.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    running.send_signal(signal.SIGTERM)
    out, err = running.communicate(timeout=PATIENCE)
    return Answer(running.returncode, out, err)


def build_options(files: Path, out: Path) -> list[object]:
    """The build command's arguments for the toys."""
    return [
        *("--model", files / "badnet.h5", "--clean", files / "clean.h5", "--out", out),
        *("--method", "fine-pruning", "--fraction", 0.25, "--epochs", 2),
        *("--poisoned", files / "corner_poisoned_data.h5", "--test", files / "test.h5"),
    ]


def change_model(path: Path, change: Callable[[h5py.File], object]) -> Path:
    """Changes an HDF5 file in place."""
    with h5py.File(path, "r+") as file:
        change(file)
    return path
