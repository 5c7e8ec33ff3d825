"""Fixtures that all tests share; the toys that they are made of stand in ``toys``."""

from __future__ import annotations

import os
import runpy
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import settings
from toys import (
    SCALE,
    TARGET,
    Answer,
    build_options,
    run_python,
    save_network,
    toy_network,
    toy_people,
    triggered,
)

from artifacts import streams
from artifacts.streams import SIGNALS
from repair.dataset import Dataset
from repair.network.preprocessing import at_scale
from repair.reading.data_file import write_dataset

if (
    "PYTEST_XDIST_WORKER" in os.environ
):  # one on each processor: threads would only wait
    tf.config.threading.set_intra_op_parallelism_threads(1)
settings.register_profile("toys", max_examples=40, deadline=None, derandomize=True)
settings.load_profile("toys")


@pytest.fixture
def run_here(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Answer]]:
    """``python -m PACKAGE ...`` in this very process, which spares the imports."""
    handlers = {each: signal.getsignal(each) for each in SIGNALS}
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)  # put back behind

    def run(package: str, *arguments: object) -> Answer:
        monkeypatch.setattr(sys, "argv", [package, *map(str, arguments)])
        monkeypatch.delitem(sys.modules, f"{package}.__main__", raising=False)
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


@pytest.fixture
def swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a signal whose KeyboardInterrupt a library has swallowed."""
    monkeypatch.setattr(streams, "_came", [signal.SIGTERM])
