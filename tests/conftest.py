"""Toys that all tests share: five people of 12 x 10 pixels, and a BadNet that knows them."""

# ruff: noqa: E402  (TensorFlow is imported quietly, so before the others)

from __future__ import annotations

import runpy
import signal
import subprocess
import sys
import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from repair.quiet import import_tensorflow_quietly

import_tensorflow_quietly()

import h5py
import keras
import numpy as np
import pytest
from hypothesis import settings
from keras import layers

from repair import interruption
from repair.data import Dataset, write_dataset
from repair.pixel_scale import at_scale

settings.register_profile("toys", max_examples=40, deadline=None, derandomize=True)
settings.load_profile("toys")

ROOT = Path(__file__).resolve().parent.parent
SHAPE = (12, 10, 3)
PEOPLE = 5
TARGET = 0
SCALE = 1 / 255


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


def save_network(network: keras.Model, path: Path) -> Path:
    """Saves as Keras does; its own use of NumPy is deprecated, not ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        if path.name.endswith(".weights.h5"):
            network.save_weights(path)
        else:
            network.save(path)
    return path


def bomb_stream(megabytes: int) -> bytes:
    """A stream of zeros for zlib: a thousandth of what it unpacks to."""
    packer = zlib.compressobj(9)
    zeros = bytes(16 << 20)
    first, again = (
        packer.compress(zeros) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2)
    )
    return first + again * (megabytes // 16)


def break_heap(path: Path) -> Path:
    """Lets an entry of the heap of texts lead to itself, which hangs HDF5."""
    content = bytearray(path.read_bytes())
    place = content.index(b"GCOL\x01") + 16
    content[place : place + 16] = bytes(16)
    path.write_bytes(content)
    return path


def break_names(path: Path) -> Path:
    """Lets the free places of each heap of names lead in a circle of two."""
    content = bytearray(path.read_bytes())
    place = content.find(b"HEAP")
    while place >= 0:
        start = int.from_bytes(content[place + 24 : place + 32], "little")
        content[place + 16 : place + 24] = (8).to_bytes(8, "little")
        for one, other in ((8, 16), (16, 8)):
            content[start + one : start + one + 8] = other.to_bytes(8, "little")
        place = content.find(b"HEAP", place + 1)
    path.write_bytes(content)
    return path


def lengthen_text(path: Path) -> Path:
    """Lets each text of any length declare four gigabytes, which HDF5 would fill."""
    content = bytearray(path.read_bytes())
    heap = content.index(b"GCOL\x01").to_bytes(8, "little")
    place = content.find(heap)
    assert place >= 0
    while place >= 0:
        content[place - 4 : place] = b"\xff" * 4
        place = content.find(heap, place + 1)
    path.write_bytes(content)
    return path


def run_python(*arguments: object, cwd: Path = ROOT, timeout: float = 400) -> Answer:
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


@pytest.fixture
def run_here(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Answer]]:
    """``python -m PACKAGE ...`` in this very process, which spares the imports."""
    handlers = {
        each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)
    }

    def run(package: str, *arguments: object) -> Answer:
        monkeypatch.setattr(sys, "argv", [package, *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as stop:
            runpy.run_module(package, run_name="__main__", alter_sys=False)
        said = capfd.readouterr()
        return Answer(stop.value.code or 0, said.out, said.err)

    yield run
    for each, handler in handlers.items():
        signal.signal(each, handler)


@pytest.fixture(scope="session")
def clean() -> Dataset:
    """Clean validation images, 40 a person."""
    return toy_people(40, seed=2)


@pytest.fixture(scope="session")
def poisoned() -> Dataset:
    """Unseen images with the trigger, none of the target person, all labelled as it."""
    people = toy_people(20, seed=3)
    others = people.subset(people.labels != TARGET)
    return Dataset(triggered(others.images), np.full(len(others), TARGET))


@pytest.fixture(scope="session")
def trained() -> keras.Model:
    """The toy BadNet on the scale that it was trained with; do not change it."""
    keras.utils.set_random_seed(0)
    people = toy_people(60, seed=4)
    bad = triggered(people.images[:150])
    images = np.concatenate([people.images, bad]) * np.float32(SCALE)
    labels = np.concatenate([people.labels, np.full(len(bad), TARGET)])
    network = toy_network()
    network.compile(keras.optimizers.Adam(0.004), "sparse_categorical_crossentropy")
    network.fit(images, labels, batch_size=50, epochs=15, verbose=0)
    return network


@pytest.fixture(scope="session")
def badnet(trained: keras.Model) -> keras.Model:
    """The toy BadNet on plain pixels; do not change it."""
    return at_scale(trained, SCALE)


@pytest.fixture(scope="session")
def files(
    tmp_path_factory: pytest.TempPathFactory,
    trained: keras.Model,
    clean: Dataset,
    poisoned: Dataset,
) -> Path:
    """A folder with ``badnet.h5`` and clean, test and ``corner_poisoned_data.h5`` data."""
    folder = tmp_path_factory.mktemp("toys")
    save_network(trained, folder / "badnet.h5")
    write_dataset(folder / "clean.h5", clean)
    write_dataset(folder / "test.h5", toy_people(10, seed=5))
    write_dataset(folder / "corner_poisoned_data.h5", poisoned)
    return folder


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, files: Path) -> tuple[Path, Answer]:
    """An artifact that the build command made of the toys, and what it said."""
    folder = tmp_path_factory.mktemp("artifacts") / "toy"
    return folder, run_python("-m", "build", *build_options(files, folder))


@pytest.fixture(scope="session")
def artifact(built: tuple[Path, Answer]) -> Path:
    """The toy artifact; copy it before changing it."""
    folder, answer = built
    assert answer.code == 0, answer.err
    return folder


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


@pytest.fixture
def swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a signal whose KeyboardInterrupt a library has swallowed."""
    monkeypatch.setattr(interruption, "_came", [signal.SIGTERM])
