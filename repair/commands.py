"""The evaluation commands: each reads, computes, and returns rows for a table."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from repair.command_line import scale_from, settings_from
from repair.contact_sheet import contact_sheet
from repair.data import Dataset, read_dataset
from repair.errors import DatasetError, SettingError
from repair.evaluation import Trial, figures
from repair.flags import purple_flags, read_flags, write_flags
from repair.inference import outputs, predicted_labels
from repair.methods import repair_network
from repair.metrics import clean_accuracy
from repair.networks import read_network
from repair.pixel_scale import at_scale, find_scale, without_scale
from repair.rule import fused_labels
from repair.saved_model import SavedDetector
from repair.tables import Cell

Rows = list[dict[str, Cell]]
Answers = Callable[[np.ndarray], dict[str, np.ndarray]]


def accuracy(arguments: argparse.Namespace) -> Rows:
    """Accuracy of a network or a detector; the first file tells the pixel scale."""
    if arguments.model.is_dir():
        detector = SavedDetector(arguments.model)
        every = _datasets(arguments, detector.image_shape)
        answers = [detector.answers(data.images)["detector"] for data in every]
    else:
        network = read_network(arguments.model)
        every = _datasets(arguments, network.input_shape[1:])
        scale = scale_from(arguments) or find_scale(network, every[0])
        scaled = at_scale(network, scale)
        answers = [predicted_labels(scaled, data.images) for data in every]
    return [
        {
            "data": str(path),
            "images": len(data),
            "accuracy": clean_accuracy(labels, data.labels),
        }
        for path, data, labels in zip(arguments.data, every, answers, strict=True)
    ]


def defence(arguments: argparse.Namespace) -> Rows:
    """The full table: every network on clean and poisoned data."""
    if arguments.model.is_dir():
        detector = SavedDetector(arguments.model)
        shape, num_classes = detector.image_shape, detector.num_classes
        answers: Answers = detector.answers
        clean = read_dataset(
            arguments.clean, image_shape=shape, num_classes=num_classes
        )
    else:
        original, clean = _original(arguments)
        shape, num_classes = original.input_shape[1:], original.output_shape[1]
        answers = _defended(original, clean, arguments)
    trials = [Trial("clean validation", clean)]
    if arguments.test is not None:
        test = read_dataset(arguments.test, image_shape=shape, num_classes=num_classes)
        trials.append(Trial("clean test", test))
    for path in arguments.poisoned:
        data = read_dataset(path, image_shape=shape, num_classes=num_classes)
        flags = arguments.flags and read_flags(arguments.flags, len(data))
        name = path.stem.removesuffix("_poisoned_data")
        trials.append(Trial(name, data, poisoned=True, triggered=flags))
    return [
        row
        for trial in trials
        for row in figures(trial, answers(trial.data.images), num_classes)
    ]


def fine_prune(arguments: argparse.Namespace) -> Rows:
    """Repairs networks and saves each as a Keras HDF5 file."""
    rows: Rows = []
    if arguments.out.exists() and not arguments.out.is_dir():
        raise SettingError(f"{arguments.out}: expected a folder. Received: a file.")
    arguments.out.mkdir(parents=True, exist_ok=True)
    for model in arguments.models:
        arguments.model = model
        original, clean = _original(arguments)
        repair = repair_network(
            arguments.method, original, clean, settings_from(arguments)
        )
        path = arguments.out / f"{model.stem.removesuffix('_bd_net')}_repaired.h5"
        _save(repair.repaired, path)
        answers = predicted_labels(repair.repaired, clean.images)
        share = clean_accuracy(answers, clean.labels)
        rows.append({"network": str(path), "clean accuracy (validation)": share})
    return rows


def check(arguments: argparse.Namespace) -> Rows:
    """What a data file holds, and whether a label is N."""
    rows: Rows = []
    for path in arguments.data:
        data = read_dataset(path, image_shape=tuple(arguments.image_shape))
        row: dict[str, Cell] = {
            "data": str(path),
            "images": len(data),
            "shape": "x".join(map(str, data.images.shape[1:])),
            "pixels": f"{data.images.min()}..{data.images.max()}",
            "labels": f"{data.labels.min()}..{data.labels.max()}",
            "different labels": len(np.unique(data.labels)),
        }
        if arguments.num_classes is not None:
            row["label = N"] = int((data.labels == arguments.num_classes).sum())
            row["label > N"] = int((data.labels > arguments.num_classes).sum())
        rows.append(row)
    return rows


def sheet(arguments: argparse.Namespace) -> Rows:
    """Draws the first images of a data file as a PNG."""
    data = read_dataset(arguments.data, image_shape=tuple(arguments.image_shape))
    chosen = np.arange(
        arguments.first, min(arguments.first + arguments.count, len(data))
    )
    if not len(chosen):
        raise DatasetError(
            f"{arguments.data}: has {len(data)} images, none from {arguments.first} on."
        )
    contact_sheet(data.subset(chosen)).save(arguments.out, "PNG")
    return [{"picture": str(arguments.out), "images": len(chosen)}]


def flags(arguments: argparse.Namespace) -> Rows:
    """Labels the images that carry painted lips, by their exact colour."""
    data = read_dataset(arguments.data, image_shape=tuple(arguments.image_shape))
    found = purple_flags(data.images)
    write_flags(arguments.out, found)
    return [
        {
            "flags": str(arguments.out),
            "images": len(found),
            "with trigger": int(found.sum()),
            "share": float(found.mean()),
        }
    ]


def _datasets(
    arguments: argparse.Namespace, image_shape: tuple[int, int, int]
) -> list[Dataset]:
    return [read_dataset(path, image_shape=image_shape) for path in arguments.data]


def _original(arguments: argparse.Namespace) -> tuple[keras.Model, Dataset]:
    network = read_network(arguments.model)
    clean = read_dataset(
        arguments.clean,
        image_shape=network.input_shape[1:],
        num_classes=network.output_shape[1],
        labelled=not arguments.unlabelled,
    )
    original = at_scale(network, scale_from(arguments) or find_scale(network, clean))
    if arguments.unlabelled:
        clean = Dataset(clean.images, predicted_labels(original, clean.images))
    return original, clean


def _defended(
    original: keras.Model, clean: Dataset, arguments: argparse.Namespace
) -> Answers:
    """Repairs a network; the answers of all its stages to images."""
    settings = settings_from(arguments)
    repair = repair_network(arguments.method, original, clean, settings)
    stages = {**repair.stages, "repaired": repair.repaired}

    def answers(images: np.ndarray) -> dict[str, np.ndarray]:
        before = outputs(original, images)
        scores = {name: outputs(network, images) for name, network in stages.items()}
        labels = {name: np.argmax(values, axis=1) for name, values in scores.items()}
        fused = fused_labels(before, scores["repaired"], repair.thresholds)
        return {"BadNet": np.argmax(before, axis=1), **labels, "detector": fused}

    return answers


def _save(network: keras.Model, path: Path) -> None:
    unfinished = path.with_name(f".{path.stem}.building.h5")
    without_scale(network).save(unfinished)
    unfinished.replace(path)
