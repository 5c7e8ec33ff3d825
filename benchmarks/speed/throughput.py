"""Images a second: the detector against the BadNet alone, and both networks' predict."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import tensorflow as tf

from benchmarks.speed.whole_process import Command, medians
from build.formats.probes import probes
from repair.measuring.tables import Cell
from repair.network.scores import scores

BATCH = 256
COMPETITION_IMAGES = 11_547
_PREDICT = """
import sys
import h5py, keras, numpy as np
with h5py.File(sys.argv[2]) as file:
    images = np.moveaxis(np.asarray(file["data"]), 1, -1)
badnet, repaired = (keras.models.load_model(sys.argv[1], compile=False) for _ in "12")
answers = [np.argmax(x.predict(images / 255), axis=1) for x in (badnet, repaired)]
labels = np.where(answers[0] == answers[1], answers[0], badnet.output_shape[-1])
print("\\n".join(map(str, labels)))
"""


def forward_pass(network: keras.Model, artifact: Path, runs: int) -> dict[str, Cell]:
    """Batches of 256 through the artifact, and in turn through the BadNet alone.

    Args:
        network: The BadNet, of plain pixels.
        artifact: Built from it.
        runs: Batches that count.
    """
    images = tf.constant(probes(network.input_shape[1:], BATCH, seed=0))
    with tempfile.TemporaryDirectory() as folder:
        alone = _loaded_alone(network, folder)
        fused: Any = tf.saved_model.load(str(artifact))
        seconds: dict[Any, list[float]] = {alone: [], fused: []}
        for _ in range(runs + 5):  # the first five warm up
            for model, each in seconds.items():
                start = time.perf_counter()
                model.serve(images).numpy()
                each.append(time.perf_counter() - start)
    rates = [BATCH / np.array(each[5:]) for each in seconds.values()]
    return {
        "figure": "images a second, batch 256",
        "ours": f"{statistics.median(rates[1]):.0f}",
        "against": f"BadNet alone as SavedModel: {statistics.median(rates[0]):.0f}",
        "ratio": f"{statistics.median(rates[1] / rates[0]):.2f}",
        "goal": ">= 0.90",
    }


def _loaded_alone(network: keras.Model, folder: str) -> Any:
    """The label of one network, saved as lean as the artifact is."""
    module = tf.Module()
    images = keras.Input(network.input_shape[1:], dtype="uint8")
    lean = keras.Model(images, keras.Model(network.input, scores(network, "s"))(images))
    module.weights = [weight.value for weight in lean.weights]

    @tf.function(input_signature=[tf.TensorSpec((None, *images.shape[1:]), tf.uint8)])
    def serve(images: tf.Tensor) -> tf.Tensor:
        return tf.argmax(lean(images, training=False), axis=-1)

    module.serve = serve
    tf.saved_model.save(module, folder)
    return tf.saved_model.load(folder)


def from_hdf5(model: Path, artifact: Path, shape: Any, runs: int) -> dict[str, Cell]:
    """Whole processes over a file as large as the competition's test data.

    The other one reads the file at once and asks the BadNet twice, since a fine-pruned
    network is of the same size.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "images.h5"
        images = probes(shape, 1000, seed=0)
        with h5py.File(file, "w") as data:
            data["data"] = np.resize(
                np.moveaxis(images, -1, 1),
                (COMPETITION_IMAGES, shape[2], shape[0], shape[1]),
            )
        commands: dict[str, Command] = {
            "ours": (["-m", "artifacts", artifact, file], 0),
            "predict": (["-c", _PREDICT, model, file], 0),
        }
        found = medians(commands, runs, "files")
    return {
        "figure": f"{COMPETITION_IMAGES:,} images of an HDF5 file, whole process",
        "ours": f"{found['ours']:.1f} s",
        "against": f"predict of two networks: {found['predict']:.1f} s",
        "ratio": f"{found['predict'] / found['ours']:.2f}",
        "goal": ">= 3",
    }


def size(network: keras.Model, artifact: Path) -> dict[str, Cell]:
    """The artifact's files against the BadNet's weights, four bytes each."""
    ours = sum(path.stat().st_size for path in artifact.rglob("*") if path.is_file())
    weights = 4 * network.count_params()
    return {
        "figure": "size of the artifact",
        "ours": f"{ours / 1e6:.2f} MB",
        "against": f"weights of the BadNet: {weights / 1e6:.2f} MB",
        "ratio": f"{ours / weights:.2f}",
        "goal": "<= 1.8",
    }
