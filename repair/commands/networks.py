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
from repair.dataset import Dataset
from repair.errors import SettingError
from repair.measuring.evaluation import figures, measured_on
from repair.measuring.tables import Cell
from repair.measuring.trials import Trial, read_trials
from repair.methods.choose import repair_network
from repair.metrics import clean_accuracy
from repair.network.inference import outputs, predicted_labels
from repair.network.preprocessing import without_preprocessing
from repair.process.whole_file import new_file
from repair.reading.case import Case, read_case
from repair.reading.data_file import files_of, read_dataset
from repair.reading.digest import digest, digest_of
from repair.report.files import write_inspection
from repair.report.inspection import Inspection, inspect_network
from repair.report.next_steps import after_inspection
from repair.report.pipelines import check_packages, write_for_pipelines
from repair.report.subject import Subject
from repair.rule import fused_labels
from repair.settings import Settings
from repair.verdict import FAILED

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
        )
        trials = _trials(arguments, clean, num_classes)
        clean_files = files_of(arguments.clean, data_options_from(arguments))
        fitted = digest_of(clean_files) == detector.fitted_to
        trials[0] = replace(trials[0], fitted=fitted)
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
        row: dict[str, Cell] = {
            "network": str(path),
            "clean accuracy (validation)": share,
        }
        rows.append(row | measured_on(True))
    return rows


def inspect(arguments: argparse.Namespace) -> Rows:
    """Writes what the defence believes about a network into a folder."""
    check_packages(arguments)
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
    write_for_pipelines([_subject(inspection, arguments)], arguments)
    if said.fails(arguments.fail_on):
        arguments.exit_code = FAILED
    return [
        {
            "verdict": inspection.headline,
            "confidence": said.confidence,
            "clean accuracy": inspection.clean_accuracy,
            "estimated FPR": inspection.findings.estimated_fpr,
            "page": str(page),
        }
    ]


def _subject(inspection: Inspection, arguments: argparse.Namespace) -> Subject:
    rows, columns, channels = inspection.case.original.input_shape[1:]
    options, labelled = data_options_from(arguments), not arguments.unlabelled
    files = files_of(arguments.clean, options, labelled=labelled)
    return Subject(
        network=arguments.model,
        clean=arguments.clean,
        detector=None,
        digests={
            "badnet": digest(arguments.model),
            "clean_data": digest_of(files),
        },
        verdict=inspection.verdict,
        card={
            "num_classes": inspection.case.num_classes,
            "input": {"rows": rows, "columns": columns, "channels": channels},
            "clean_accuracy": {"original": inspection.clean_accuracy},
        },
    )


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
