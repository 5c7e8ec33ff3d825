"""Commands on networks: each reads, computes, and returns rows for a table."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from repair.commands.accuracy import opened_detector
from repair.commands.data_options import data_options_from, preprocessing_from
from repair.commands.network_options import network_options_from
from repair.commands.options import settings_from
from repair.commands.places import check_unread
from repair.dataset import Dataset
from repair.errors import SettingError
from repair.measuring.evaluation import figures, measured_on
from repair.measuring.tables import Cell
from repair.measuring.trials import Trial, read_trials
from repair.methods.choose import repair_network
from repair.metrics import clean_accuracy
from repair.network.inference import outputs, predicted_labels, sound_labels
from repair.network.preprocessing import without_preprocessing
from repair.process.whole_file import make_folder, new_file
from repair.reading.case import Case, read_case
from repair.reading.data_file import files_of, read_dataset
from repair.reading.digest import digest_of
from repair.rule import fused_labels

Rows = list[dict[str, Cell]]
Answers = Callable[[np.ndarray], dict[str, np.ndarray]]


def defence(arguments: argparse.Namespace) -> Rows:
    """The full table: every network on clean and poisoned data."""
    if arguments.model.is_dir():
        detector = opened_detector(arguments.model)
        shape, num_classes = detector.image_shape, detector.num_classes
        clean = read_dataset(
            arguments.clean,
            image_shape=shape,
            num_classes=num_classes,
            options=data_options_from(arguments),
            names=detector.class_names,
        )
        trials = _trials(arguments, clean, num_classes)
        trials = _marked(trials, arguments, detector.fitted_to)
        answers: Answers = detector.answers
    else:
        case = case_of(arguments.model, arguments)
        num_classes = case.num_classes
        # Read before any long work, so that errors come at once.
        trials = _trials(arguments, case.clean, num_classes)
        trials = _marked(trials, arguments, _digest(arguments.clean, arguments))
        sound_labels(arguments.model, case.original, case.clean.images)
        answers = _defended(case, arguments)
    return [
        row
        for trial in trials
        for row in figures(trial, answers(trial.data.images), num_classes)
    ]


def fine_prune(arguments: argparse.Namespace) -> Rows:
    """Repairs networks and saves each as a Keras HDF5 file."""
    rows: Rows = []
    paths = [
        arguments.out / f"{_stem(model)}_repaired.h5" for model in arguments.models
    ]
    if len(set(paths)) < len(paths):
        raise SettingError("expected networks of different names. Received: one twice.")
    check_unread(paths, arguments)
    make_folder(arguments.out)
    for model, path in zip(arguments.models, paths, strict=True):
        case, settings = case_of(model, arguments), settings_from(arguments)
        sound_labels(model, case.original, case.clean.images)
        repair = repair_network(arguments.method, case.original, case.clean, settings)
        _save(repair.repaired, path)
        answers = predicted_labels(repair.repaired, case.clean.images)
        share = clean_accuracy(answers, case.clean.labels)
        row: dict[str, Cell] = {
            "network": str(path),
            "clean accuracy (validation)": share,
        }
        rows.append(row | measured_on(True))
    return rows


def _stem(model: Path) -> str:
    return model.stem.removesuffix("_bd_net").removesuffix("_bd_weights")


def _trials(
    arguments: argparse.Namespace, clean: Dataset, num_classes: int
) -> list[Trial]:
    return read_trials(
        clean,
        num_classes,
        test=arguments.test,
        poisoned=arguments.poisoned,
        flags=arguments.flags,
        options=data_options_from(arguments),
    )


def _marked(
    trials: list[Trial], arguments: argparse.Namespace, fitted_to: str | None
) -> list[Trial]:
    """Says of each trial whether its files are those that a detector was fitted to."""
    test = [] if arguments.test is None else [arguments.test]
    paths = [arguments.clean, *test, *arguments.poisoned]
    return [
        replace(trial, fitted=_digest(path, arguments) == fitted_to)
        for trial, path in zip(trials, paths, strict=True)
    ]


def _digest(path: Path, arguments: argparse.Namespace) -> str:
    options, labelled = data_options_from(arguments), not arguments.unlabelled
    return digest_of(files_of(path, options, labelled=labelled))


def case_of(model: Path, arguments: argparse.Namespace) -> Case:
    """The network and the clean images, as the command line says to read them."""
    return read_case(
        model,
        arguments.clean,
        preprocessing=preprocessing_from(arguments),
        unlabelled=arguments.unlabelled,
        options=data_options_from(arguments),
        network_options=network_options_from(arguments),
    )


def _defended(case: Case, arguments: argparse.Namespace) -> Answers:
    """Repairs a network; the answers of all its stages to images."""
    settings = settings_from(arguments)
    repair = repair_network(arguments.method, case.original, case.clean, settings)
    stages = {**repair.stages, "repaired": repair.repaired}

    def answers(images: np.ndarray) -> dict[str, np.ndarray]:
        before = outputs(case.original, images)
        scores = {name: outputs(network, images) for name, network in stages.items()}
        labels = {name: np.argmax(values, axis=1) for name, values in scores.items()}
        others = [outputs(network, images) for network in repair.witnesses.values()]
        fused = fused_labels(before, [scores["repaired"], *others], repair.rule)
        return {"BadNet": np.argmax(before, axis=1), **labels, "detector": fused}

    return answers


def _save(network: keras.Model, path: Path) -> None:
    size = 2 * sum(weight.nbytes for weight in network.get_weights()) + (1 << 16)
    with new_file(path, size=size) as unfinished:
        without_preprocessing(network).save(unfinished)
