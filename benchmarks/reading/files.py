"""Network files of others, read and compared with what Keras itself makes of them."""

from __future__ import annotations

import math
import warnings
from pathlib import Path

import keras
import numpy as np

from repair.errors import RepairError
from repair.measuring.tables import Cell
from repair.network.inference import outputs
from repair.reading.network_file import read_network

_IMAGES = 8


def compared_files(paths: list[Path]) -> list[dict[str, Cell]]:
    """A row for each file."""
    return [{"file": path.name, **_compared(path)} for path in paths]


def _compared(path: Path) -> dict[str, Cell]:
    try:
        network = read_network(path)
    except RepairError as reason:
        return {
            "read": "no",
            "max difference": str(reason).replace(str(path), "")[2:200],
        }
    shape = network.input_shape[1:]
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (_IMAGES, *shape)).astype(np.float32)
    read = f"{shape} to {network.output_shape[1]} labels"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = keras.models.load_model(path, compile=False, safe_mode=True)
        plain = images.reshape(_IMAGES, *theirs.input_shape[1:])
        expected = probabilities(theirs.predict(plain, verbose=0))
    except Exception as reason:
        return {"read": read, "max difference": f"Keras fails: {type(reason).__name__}"}
    difference = np.abs(outputs(network, images) - expected).max()
    return {"read": read, "max difference": f"{difference:.1e}"}


def probabilities(answers: np.ndarray) -> np.ndarray:
    """What plain networks answer: one sigmoid as two labels, logits through a softmax.

    Axes of one place between images and scores are dropped, as the reader does.
    """
    if math.prod(answers.shape[1:-1]) == 1:
        answers = answers.reshape(len(answers), answers.shape[-1])
    if answers.shape[1] == 1:
        return np.concatenate([1 - answers, answers], axis=1)
    if np.abs(answers.sum(axis=1) - 1).max() < 1e-3:
        return answers
    shares = np.exp(answers - answers.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)
