"""The methods that are measured: ours, and other people's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from benchmarks.quality.subjects import Subject
from repair.settings import METHODS, Settings

if TYPE_CHECKING:
    from repair.reading.case import Case

# From images (n, rows, columns, 3) uint8, 0..255, to labels (n,), N where flagged.
Labeller = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Fitted:
    """A method that has seen its clean data.

    Attributes:
        labels_of: What it answers.
        settings: What its artifact's card would say of it.
    """

    labels_of: Labeller
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """What one method is given.

    Attributes:
        clean: File of the clean validation data.
        seed: Of the method.
        unlabelled: Whether the labels of the clean data are kept from it.
        epochs: Of FT-SAM.
        overlays: Of STRIP.
    """

    clean: Path
    seed: int = 0
    unlabelled: bool = False
    epochs: int = 100
    overlays: int = 100


def _fused(method: str, subject: Subject, run: Run) -> Fitted:
    """One of ours, fused with the BadNet, before it is exported.

    ``python -m benchmarks.identity`` shows that an artifact gives the same labels.
    """
    from build.fusing.fusion import fuse
    from repair.methods.choose import repair_network
    from repair.network.inference import labels_by_network

    keras.utils.set_random_seed(run.seed)
    case = _case(subject, run)
    settings = Settings(seed=run.seed)
    repair = repair_network(method, case.original, case.clean, settings)
    detector = fuse(case.original, repair)

    def labels_of(images: np.ndarray) -> np.ndarray:
        answers = labels_by_network(partial(detector, training=False), images)
        return answers["detector"]

    return Fitted(labels_of, repair.settings)


def _ft_sam(subject: Subject, run: Run) -> Fitted:
    """The strongest published repair; it answers, and flags nothing."""
    from benchmarks.quality.opponents.ft_sam import Recipe, ft_sam
    from repair.network.inference import predicted_labels

    case = _case(subject, run)
    recipe = Recipe(epochs=run.epochs)
    tuned = ft_sam(case.original, case.clean, recipe, seed=run.seed)
    return Fitted(partial(predicted_labels, tuned))


def _strip(subject: Subject, run: Run) -> Fitted:
    """The usual detector; the BadNet answers where it does not flag."""
    from benchmarks.quality.opponents.strip import strip

    case = _case(subject, run)
    return Fitted(
        strip(case.original, case.clean, seed=run.seed, overlays=run.overlays)
    )


def _case(subject: Subject, run: Run) -> Case:
    from repair.reading.case import read_case

    return read_case(subject.model, run.clean, unlabelled=run.unlabelled)


DETECTORS: Mapping[str, Callable[[Subject, Run], Fitted]] = {
    **{method: partial(_fused, method) for method in METHODS},
    "ft-sam": _ft_sam,
    "strip": _strip,
}
