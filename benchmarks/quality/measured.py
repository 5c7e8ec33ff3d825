"""One method on one network: a row for each of its trials."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.attacks.labelled import read_labelled, write_labelled
from benchmarks.quality.detectors import DETECTORS, Labeller, Run
from benchmarks.quality.subjects import Subject
from benchmarks.quality.verdict import verdict_of

if TYPE_CHECKING:
    from repair.reading.case import Case

# Keys of the defence table that mean something else in a row.
_OURS = ("network", "images")


@dataclass(frozen=True)
class Conditions:
    """Under which a method is measured.

    Attributes:
        domain: ``faces``, ``cifar10`` or ``gtsrb``.
        images: How many clean validation images the method may see; None = all.
        unlabelled: Whether their labels are kept from it.
        epochs: Of FT-SAM.
        overlays: Of STRIP.
        most: Images of a trial, drawn; None = all.
    """

    domain: str
    images: int | None = None
    unlabelled: bool = False
    epochs: int = 100
    overlays: int = 100
    most: int | None = None

    def of(self, subject: Subject, method: str, seed: int) -> dict[str, Any]:
        """Who is measured how: what every row of the measurement starts with."""
        return {
            **asdict(self),
            **{"network": subject.name, "group": subject.group, "kind": subject.kind},
            **{"method": method, "seed": seed},
        }


def measure(
    subject: Subject, method: str, seed: int, conditions: Conditions
) -> list[dict[str, Any]]:
    """Fits one method to one network, and measures it on all of the subject's trials.

    Args:
        subject: The network and its data.
        method: One of ``DETECTORS``.
        seed: Of the method, and of the clean images drawn.
        conditions: What else matters.

    Returns:
        A row per trial: who was measured how, and the figures of the BadNet and of the
        method, rates in [0, 1].
    """
    from repair.metrics import clean_accuracy
    from repair.network.inference import predicted_labels
    from repair.reading.case import read_case

    case = read_case(subject.model, subject.clean)
    known = predicted_labels(case.original, case.clean.images)
    accuracy = clean_accuracy(known, case.clean.labels)
    with tempfile.TemporaryDirectory() as folder:
        clean = subject.clean
        if conditions.images is not None:
            clean = _drawn(clean, conditions.images, seed, Path(folder) / "few.h5")
        run = Run(
            *(clean, seed, conditions.unlabelled),
            *(conditions.epochs, conditions.overlays),
        )
        start = time.monotonic()
        fitted = DETECTORS[method](subject, run)
        seconds = round(time.monotonic() - start)
    who = {
        **conditions.of(subject, method, seed),
        **{"seconds": seconds},
        **verdict_of(fitted.settings, case.num_classes, accuracy),
    }
    return trial_rows(subject, case, fitted.labels_of, who)


def trial_rows(
    subject: Subject, case: Case, labels_of: Labeller, who: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """A row per trial: what a detector answers beside its BadNet.

    Args:
        subject: The network and its data.
        case: The network as it was read.
        labels_of: The detector.
        who: What each row says of the measurement, the method among it.
    """
    from repair.measuring.evaluation import figures
    from repair.network.inference import predicted_labels

    rows = []
    for trial in subject.trials:
        images = trial.data.images
        answers = {
            "BadNet": predicted_labels(case.original, images),
            who["method"]: labels_of(images),
        }
        before, after = figures(trial, answers, case.num_classes)
        rows.append(
            {
                **who,
                "BadNet clean accuracy": before.get("clean accuracy"),
                "BadNet ASR": before.get("ASR"),
                **{key: after[key] for key in after if key not in _OURS},
                **{"trial images": len(images), "poisoned": trial.poisoned},
            }
        )
    return rows


def _drawn(clean: Path, count: int, seed: int, path: Path) -> Path:
    data = read_labelled(clean)
    chosen = np.random.default_rng(seed).permutation(len(data))[:count]
    write_labelled(path, data[chosen])
    return path
