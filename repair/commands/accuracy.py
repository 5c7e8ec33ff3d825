"""Accuracy of a network or a detector on data, and why it may be near zero."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import numpy as np

from artifacts.why.story import STAND_IN
from repair.commands.data_options import data_options_from, preprocessing_from
from repair.commands.network_options import network_options_from
from repair.dataset import Dataset
from repair.measuring.causes import clear_cause, likely_causes, near_zero
from repair.measuring.doubts import doubts_about_classes, doubts_about_labels
from repair.measuring.evaluation import measured_on
from repair.measuring.saved_detector import SavedDetector
from repair.measuring.tables import Cell
from repair.measuring.trials import counted_as
from repair.metrics import clean_accuracy
from repair.network.find_preprocessing import found_preprocessing
from repair.network.inference import sound_labels
from repair.network.preprocessing import preprocessed
from repair.process.notice import say
from repair.process.progress import finding_preprocessing
from repair.reading.case import shape_of, shape_told
from repair.reading.data_file import files_of, read_dataset
from repair.reading.digest import digest_of
from repair.reading.network_file import read_network
from repair.reading.pixels import Shape
from repair.settings import DataOptions

Rows = list[dict[str, Cell]]


class Answered(NamedTuple):
    """What a network or detector answered to all data.

    Attributes:
        num_classes: N.
        every: The data.
        labels: Its labels ``(n,)`` of each.
        accuracies: Clean accuracy of each preprocessing that was tried.
        fitted_to: Digest of the data that a detector was fitted to.
    """

    num_classes: int
    every: list[Dataset]
    labels: list[np.ndarray]
    accuracies: Mapping[str, float]
    fitted_to: str | None = None


def accuracy(arguments: argparse.Namespace) -> Rows:
    """Accuracy of a network or a detector; the first file tells the preprocessing."""
    options = data_options_from(arguments)
    of = _of_detector if arguments.model.is_dir() else _of_network
    answered = of(arguments, options)
    rows: Rows = []
    every = zip(arguments.data, answered.every, answered.labels, strict=True)
    for path, data, labels in every:
        share = clean_accuracy(labels, data.labels)
        fitted = answered.fitted_to is not None and (
            digest_of(files_of(path, options)) == answered.fitted_to
        )
        beyond = doubts_about_classes(data.labels, answered.num_classes)
        for doubt in (*doubts_about_labels(data), *beyond):
            say(f"warning: {path}: {doubt}")
        row: dict[str, Cell] = {"data": str(path), "images": len(data)}
        rows.append(row | {"accuracy": share} | measured_on(fitted))
        if near_zero(share, data.labels, answered.num_classes):
            tried = answered.accuracies
            causes = likely_causes(labels, data.labels, tried, named=data.named)
            say(f"warning: {path}: accuracy is near zero, {share:.2%}. {causes}")
        elif cause := clear_cause(labels, data.labels, named=data.named):
            say(f"warning: {path}: accuracy is low, {share:.2%}. {cause}")
    return rows


def opened_detector(folder: Path) -> SavedDetector:
    """The detector, and a word on stderr if it is a stand-in."""
    detector = SavedDetector(folder)
    if detector.stand_in:
        say(f"note: {STAND_IN}")
    return detector


def _of_detector(arguments: argparse.Namespace, options: DataOptions) -> Answered:
    detector = opened_detector(arguments.model)
    count = detector.num_classes
    every = _datasets(
        arguments, detector.image_shape, count, options, detector.class_names
    )
    labels = [detector.answers(data.images)["detector"] for data in every]
    return Answered(count, every, labels, {}, detector.fitted_to)


def _of_network(arguments: argparse.Namespace, options: DataOptions) -> Answered:
    told = shape_told(arguments.data[0], options)
    told_of_file = asdict(network_options_from(arguments))
    network = read_network(arguments.model, image_shape=told, **told_of_file)
    count = network.output_shape[1]
    every = _datasets(arguments, shape_of(network), count, options)
    found = found_preprocessing(
        network, every[0], preprocessing_from(arguments), finding_preprocessing
    )
    plain = preprocessed(network, found.preprocessing)
    labels = [sound_labels(arguments.model, plain, data.images) for data in every]
    return Answered(count, every, labels, found.accuracies)


def _datasets(
    arguments: argparse.Namespace,
    shape: Shape,
    num_classes: int,
    options: DataOptions,
    names: tuple[str, ...] | None = None,
) -> list[Dataset]:
    """All data; the first names the classes, if ``names`` does not, and the first label."""
    every: list[Dataset] = []
    for path in arguments.data:
        every.append(
            read_dataset(
                path,
                image_shape=shape,
                num_classes=num_classes,
                options=options,
                names=names,
                bounded=False,
            )
        )
        names, options = every[0].names, counted_as(every[0], options)
    return every
