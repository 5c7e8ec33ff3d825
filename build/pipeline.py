"""The story from top to bottom: load, repair, fuse, export, report."""

from __future__ import annotations

import sys
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from build.card import sha256
from build.export import export
from build.fusion import fuse
from build.request import Request
from repair.data import Dataset, read_dataset
from repair.errors import DatasetError
from repair.evaluation import Trial, figures
from repair.inference import BATCH_SIZE, predicted_labels
from repair.methods import Repair, repair_network
from repair.metrics import clean_accuracy
from repair.networks import read_network
from repair.pixel_scale import at_scale, find_scale
from repair.saved_model import labels_by_network
from repair.tables import table

LEAST_CLEAN_ACCURACY = 0.5
_CHECKED_IMAGES = 1000


def build_artifact(request: Request) -> None:
    """Builds one artifact and prints its figures.

    Raises:
        RepairError: If an input is unfit, or nothing usable came out.
    """
    keras.utils.set_random_seed(request.settings.seed)
    tf.config.experimental.enable_op_determinism()
    original, clean, scale = _load(request)
    before = clean_accuracy(predicted_labels(original, clean.images), clean.labels)
    _say(
        f"{request.name}: {original.output_shape[1]} labels, {len(clean)} clean images, "
    )
    _say(f"pixels x {scale:.6g}, clean accuracy {before:.2%}\n")
    _check_accuracy(request, before)
    repair = repair_network(request.method, original, clean, request.settings)
    detector = fuse(original, repair.repaired, repair.thresholds)
    answers = _answers(detector, clean.images)
    card = _card(request, scale, repair, original) | {
        "clean_accuracy": {
            "original": round(before, 6),
            "detector": round(clean_accuracy(answers["detector"], clean.labels), 6),
        },
    }
    export(detector, card, clean.images[:_CHECKED_IMAGES], request.out)
    _say(f"{request.name}: written to {request.out}\n")
    print(
        table(_figures(request, detector, clean, original.output_shape[1])), flush=True
    )


def _load(request: Request) -> tuple[keras.Model, Dataset, float]:
    network = read_network(request.model)
    shape, num_classes = network.input_shape[1:], network.output_shape[1]
    clean = read_dataset(
        request.clean,
        image_shape=shape,
        num_classes=num_classes,
        labelled=not request.unlabelled,
    )
    scale = request.scale or find_scale(network, clean)
    original = at_scale(network, scale)
    if request.unlabelled:
        clean = Dataset(clean.images, predicted_labels(original, clean.images))
    return original, clean, scale


def _check_accuracy(request: Request, accuracy: float) -> None:
    if accuracy >= LEAST_CLEAN_ACCURACY or request.force:
        return
    near = "near zero" if accuracy < 0.05 else "low"
    raise DatasetError(
        f"{request.clean}: the network's clean accuracy on it is {near}, {accuracy:.2%}. "
        f"Expected at least {LEAST_CLEAN_ACCURACY:.0%}: the people, in the order of "
        f"labels, that {request.model.name} was trained on. Give such images, or --force."
    )


def _card(
    request: Request, scale: float, repair: Repair, original: keras.Model
) -> dict[str, Any]:
    rows, columns, channels = original.input_shape[1:]
    return {
        "name": request.name,
        "stand_in": request.stand_in,
        "num_classes": original.output_shape[1],
        "input": {"rows": rows, "columns": columns, "channels": channels},
        "pixel_scale": scale,
        "sha256": {
            "badnet": sha256(request.model),
            "clean_data": sha256(request.clean),
        },
        "method": request.method,
        "settings": dict(repair.settings),
        "seed": request.settings.seed,
        "unlabelled": request.unlabelled,
        "estimated_false_positive_rate": repair.estimated_fpr,
        "thresholds": _on_card(repair.thresholds),
        "versions": {
            "keras": keras.__version__,
            "numpy": np.__version__,
            "tensorflow": tf.__version__,
        },
    }


def _on_card(thresholds: np.ndarray | None) -> dict[str, Any] | None:
    """The most common threshold, and the labels that have another."""
    if thresholds is None:
        return None
    values, counts = np.unique(thresholds, return_counts=True)
    usual = values[np.argmax(counts)]
    others = np.flatnonzero(thresholds != usual)
    return {
        "usual": float(usual),
        "by_label": {str(label): float(thresholds[label]) for label in others},
    }


def _answers(detector: keras.Model, images: np.ndarray) -> dict[str, np.ndarray]:
    """Labels ``(n,)`` of the BadNet, the repaired network and the detector."""
    return labels_by_network(
        [
            detector(images[start : start + BATCH_SIZE], training=False)
            for start in range(0, len(images), BATCH_SIZE)
        ]
    )


def _figures(
    request: Request, detector: keras.Model, clean: Dataset, num_classes: int
) -> list[Any]:
    """The rows to print; test and poisoned data are read here, after the build."""
    trials = [Trial("clean validation", clean)]
    limits = {"image_shape": detector.input_shape[1:], "num_classes": num_classes}
    if request.test is not None:
        trials.append(Trial("clean test", read_dataset(request.test, **limits)))
    for path in request.poisoned:
        name = path.stem.removesuffix("_poisoned_data")
        trials.append(Trial(name, read_dataset(path, **limits), poisoned=True))
    return [
        row
        for trial in trials
        for row in figures(trial, _answers(detector, trial.data.images), num_classes)
    ]


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
