"""The story from top to bottom: load, repair, fuse, export, report."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from artifacts.errors import one_line
from build.described import described
from build.fusing.fusion import fuse
from build.request import Request
from build.saving.new_folder import check_place
from build.saving.saved_model import export
from repair.errors import DatasetError, RepairFailedError
from repair.measuring.causes import clear_cause, likely_causes
from repair.measuring.doubts import (
    doubts_about_detector,
    doubts_about_images,
    doubts_about_labels,
)
from repair.measuring.evaluation import figures
from repair.measuring.tables import table
from repair.measuring.trials import read_trials
from repair.methods.choose import repair_network
from repair.methods.repair import Repair
from repair.metrics import clean_accuracy, with_range
from repair.network.answering import answer
from repair.network.inference import labels_by_network, sound_labels
from repair.process.notice import say
from repair.process.repeatable import make_repeatable
from repair.process.whole_file import no_empty_folders
from repair.reading.case import Case, read_case
from repair.reading.data_file import files_of
from repair.reading.digest import Moment, digest, digest_of, moment
from repair.verdict import verdict

LEAST_CLEAN_ACCURACY = 0.5
_CHECKED_IMAGES = 1000


def build_artifact(request: Request) -> tuple[Case, Repair]:
    """Builds one artifact and prints its figures.

    Returns:
        The BadNet and its repair, of which the artifact is made.

    Raises:
        RepairError: If an input is unfit, or nothing usable came out.
    """
    with no_empty_folders(request.out):
        return _built(request)


def _built(request: Request) -> tuple[Case, Repair]:
    make_repeatable(request.settings.seed)
    check_place(request.out)
    moments = _moments(request)
    hashes = _hashes(request)
    case = read_case(
        request.model,
        request.clean,
        preprocessing=request.preprocessing,
        unlabelled=request.unlabelled,
        options=request.options,
        network_options=request.network_options,
    )
    clean, num_classes = case.clean, case.num_classes
    # Read before any long work, so that errors come at once.
    trials = read_trials(
        clean,
        num_classes,
        test=request.test,
        poisoned=request.poisoned,
        options=request.options,
    )
    known = sound_labels(request.model, case.original, clean.images)
    before = clean_accuracy(known, clean.labels)
    say(
        f"{request.name}: {num_classes} labels, {len(clean)} clean images, "
        f"{case.preprocessing}, clean accuracy {before:.2%}"
    )
    _check_accuracy(request, case, known)
    _warn(request, doubts_about_images(clean, num_classes))
    repair = repair_network(request.method, case.original, clean, request.settings)
    detector = fuse(case.original, repair)
    on_clean = _answers(detector, clean.images)
    after = clean_accuracy(on_clean["detector"], clean.labels)
    doubts = doubts_about_detector(
        before, after, repair.estimated_fpr, least=LEAST_CLEAN_ACCURACY
    )
    _warn(request, doubts)
    known_accuracy = None if request.unlabelled else before
    said = verdict(repair.settings, num_classes, accuracy=known_accuracy)
    say(
        f"{request.name}: {said.named(clean.names)}. Confidence: "
        f"{said.sureness(clean.names)}. {said.reason}"
    )
    if told := false_positives(repair):
        say(f"{request.name}: {told}")
    card = described(request, case, repair) | {
        "verdict": said.on_card(),
        "clean_accuracy": {"original": round(before, 6), "detector": round(after, 6)},
        "sha256": hashes,
    }
    _check_same(request, hashes, moments)
    try:
        export(detector, card, clean.images[:_CHECKED_IMAGES], request.out)
    except tf.errors.OpError as reason:  # how TensorFlow says that a disk is full
        raise RepairFailedError(
            f"{request.out}: can not be written; what was there stays. "
            f"Received: {one_line(reason)}."
        ) from reason
    say(f"{request.name}: written to {request.out}")
    every = [on_clean, *(_answers(detector, trial.data.images) for trial in trials[1:])]
    rows = [
        row
        for trial, answers in zip(trials, every, strict=True)
        for row in figures(trial, answers, num_classes)
    ]
    print(table(rows), flush=True)
    return case, repair


def false_positives(repair: Repair) -> str:
    """What is said of their rate; nothing of a method that holds no images out."""
    rate, images = repair.estimated_fpr, repair.settings.get("clean_images")
    if images is None:
        return ""
    if rate is None:
        return "false positives are not estimated: too few images"
    return (
        f"flags about {with_range(rate, images)} of clean images that it has not seen, as "
        "images that were held out tell"
    )


def _warn(request: Request, doubts: list[str]) -> None:
    for doubt in doubts:
        say(f"warning: {request.name}: {doubt}")


def _hashes(request: Request) -> dict[str, str]:
    return {"badnet": digest(request.model), "clean_data": digest_of(_clean(request))}


def _clean(request: Request) -> list[Path]:
    return files_of(request.clean, request.options, labelled=not request.unlabelled)


def _moments(request: Request) -> list[Moment]:
    return [moment(path) for path in (request.model, *_clean(request))]


def _check_same(request: Request, hashes: dict[str, str], was: list[Moment]) -> None:
    """The card shall name the files that were read, not what was there before or since."""
    lasting = all(map(Moment.lasts, was, _moments(request)))
    if not lasting or _hashes(request) != hashes:
        raise DatasetError(
            f"{request.model} or {request.clean} was changed while it was read; nothing "
            "was replaced. Build it again."
        )


def _check_accuracy(request: Request, case: Case, known: np.ndarray) -> None:
    clean = case.clean
    accuracy, named = clean_accuracy(known, clean.labels), clean.named
    if accuracy > LEAST_CLEAN_ACCURACY or request.force:
        cause = clear_cause(known, clean.labels, named=named)
        if cause is not None and not request.unlabelled:
            _warn(request, [f"clean accuracy is {accuracy:.2%}. {cause}"])
        return
    near = "near zero" if accuracy < 0.05 else "low"
    causes = likely_causes(known, clean.labels, case.found.accuracies, named=named)
    causes = " ".join([*doubts_about_labels(clean), causes])
    raise DatasetError(
        f"{request.clean}: the network's clean accuracy on it is {near}, {accuracy:.2%}. "
        f"Expected more than {LEAST_CLEAN_ACCURACY:.0%}: the classes, in the order of "
        f"labels, that {request.model.name} was trained on. {causes} Mend that, or build "
        "it nevertheless: --force"
    )


def _answers(detector: keras.Model, images: np.ndarray) -> dict[str, np.ndarray]:
    """Labels ``(n,)`` of the BadNet, the repaired network and the detector."""
    return labels_by_network(partial(answer, detector), images, detector)
