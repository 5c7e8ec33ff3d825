"""Commands on networks: each reads, computes, and returns rows for a table."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from artifacts.why.story import STAND_IN
from repair.commands.data_options import data_options_from, preprocessing_from
from repair.commands.options import settings_from
from repair.dataset import Dataset
from repair.errors import SettingError
from repair.measuring.causes import likely_causes, near_zero
from repair.measuring.evaluation import figures
from repair.measuring.saved_detector import SavedDetector
from repair.measuring.tables import Cell
from repair.measuring.trials import Trial, read_trials
from repair.methods.choose import repair_network
from repair.metrics import clean_accuracy
from repair.network.find_preprocessing import found_preprocessing
from repair.network.inference import outputs, predicted_labels
from repair.network.preprocessing import preprocessed, without_preprocessing
from repair.process.notice import say
from repair.process.whole_file import new_file
from repair.reading.case import Case, read_case, shape_of, shape_told
from repair.reading.data_file import read_dataset
from repair.reading.network_file import read_network
from repair.reading.pixels import Shape
from repair.report.files import write_inspection
from repair.report.inspection import inspect_network
from repair.report.next_steps import after_inspection
from repair.rule import fused_labels
from repair.settings import DataOptions, Settings
from repair.verdict import FAILED

Rows = list[dict[str, Cell]]
Answers = Callable[[np.ndarray], dict[str, np.ndarray]]


def accuracy(arguments: argparse.Namespace) -> Rows:
    """Accuracy of a network or a detector; the first file tells the preprocessing."""
    options, accuracies = data_options_from(arguments), dict[str, float]()
    if arguments.model.is_dir():
        detector = _detector(arguments.model)
        num_classes = detector.num_classes
        every = _datasets(arguments, detector.image_shape, num_classes, options)
        answers = [detector.answers(data.images)["detector"] for data in every]
    else:
        network = read_network(
            arguments.model, image_shape=shape_told(arguments.data[0], options)
        )
        num_classes = network.output_shape[1]
        every = _datasets(arguments, shape_of(network), num_classes, options)
        found = found_preprocessing(network, every[0], preprocessing_from(arguments))
        accuracies = found.accuracies
        plain = preprocessed(network, found.preprocessing)
        answers = [predicted_labels(plain, data.images) for data in every]
    rows: Rows = []
    for path, data, labels in zip(arguments.data, every, answers, strict=True):
        share = clean_accuracy(labels, data.labels)
        rows.append({"data": str(path), "images": len(data), "accuracy": share})
        if near_zero(share, data.labels, num_classes):
            causes = likely_causes(labels, data.labels, accuracies)
            say(f"warning: {path}: accuracy is near zero, {share:.2%}. {causes}")
    return rows


def defence(arguments: argparse.Namespace) -> Rows:
    """The full table: every network on clean and poisoned data."""
    if arguments.model.is_dir():
        detector = _detector(arguments.model)
        shape, num_classes = detector.image_shape, detector.num_classes
        clean = read_dataset(
            arguments.clean,
            image_shape=shape,
            num_classes=num_classes,
            options=data_options_from(arguments),
        )
        trials = _trials(arguments, clean, num_classes)
        answers: Answers = detector.answers
    else:
        case = _case(arguments.model, arguments)
        num_classes = case.num_classes
        # Read before any long work, so that errors come at once.
        trials = _trials(arguments, case.clean, num_classes)
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
    _make_folder(arguments.out)
    for model, path in zip(arguments.models, paths, strict=True):
        case, settings = _case(model, arguments), settings_from(arguments)
        repair = repair_network(arguments.method, case.original, case.clean, settings)
        _save(repair.repaired, path)
        answers = predicted_labels(repair.repaired, case.clean.images)
        share = clean_accuracy(answers, case.clean.labels)
        rows.append({"network": str(path), "clean accuracy (validation)": share})
    return rows


def inspect(arguments: argparse.Namespace) -> Rows:
    """Writes what the defence believes about a network into a folder."""
    _make_folder(arguments.out)
    case = _case(arguments.model, arguments)
    settings = Settings(
        layer=arguments.layer, max_fpr=arguments.max_fpr, seed=arguments.seed
    )
    inspection = inspect_network(
        arguments.model.name, case, settings, unlabelled=arguments.unlabelled
    )
    said = inspection.verdict
    steps = after_inspection(arguments.model, arguments.clean)
    page = write_inspection(inspection, arguments.out, steps)
    if said.fails(arguments.fail_on):
        arguments.exit_code = FAILED
    return [
        {
            "verdict": said.headline,
            "confidence": said.confidence,
            "clean accuracy": inspection.clean_accuracy,
            "estimated FPR": inspection.findings.estimated_fpr,
            "page": str(page),
        }
    ]


def _detector(folder: Path) -> SavedDetector:
    """The detector, and a word on stderr if it is a stand-in."""
    detector = SavedDetector(folder)
    if detector.stand_in:
        say(f"note: {STAND_IN}")
    return detector


def _datasets(
    arguments: argparse.Namespace, shape: Shape, num_classes: int, options: DataOptions
) -> list[Dataset]:
    """All data, of which the first names the classes and the first label."""
    every: list[Dataset] = []
    for path in arguments.data:
        names = every[0].names if every else None
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
    return every


def _make_folder(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise SettingError(f"{path}: expected a folder. Received: a file.")
    path.mkdir(parents=True, exist_ok=True)


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


def _case(model: Path, arguments: argparse.Namespace) -> Case:
    return read_case(
        model,
        arguments.clean,
        preprocessing=preprocessing_from(arguments),
        unlabelled=arguments.unlabelled,
        options=data_options_from(arguments),
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
        fused = fused_labels(before, scores["repaired"], repair.thresholds)
        return {"BadNet": np.argmax(before, axis=1), **labels, "detector": fused}

    return answers


def _save(network: keras.Model, path: Path) -> None:
    size = 2 * sum(weight.nbytes for weight in network.get_weights()) + (1 << 16)
    with new_file(path, size=size) as unfinished:
        without_preprocessing(network).save(unfinished)
