"""The methods that are measured: ours, built as artifacts, and other people's."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from artifacts.card import read_card
from benchmarks.quality.subjects import Subject
from repair.settings import METHODS, Settings

# From images (n, rows, columns, 3) uint8, 0..255, to labels (n,), N where flagged.
Labeller = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Fitted:
    """A method that has seen its clean data.

    Attributes:
        labels_of: What it answers.
        card: Of the artifact, if it is one.
    """

    labels_of: Labeller
    card: Mapping[str, Any] = field(default_factory=dict)


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


@contextmanager
def _built(method: str, subject: Subject, run: Run) -> Iterator[Fitted]:
    """The artifact that ``python -m build`` makes, as it is handed over."""
    from build.pipeline import build_artifact
    from build.request import Request
    from repair.measuring.saved_detector import SavedDetector

    with tempfile.TemporaryDirectory() as folder:
        request = Request(
            model=subject.model,
            clean=run.clean,
            out=Path(folder) / subject.name,
            name=subject.name,
            method=method,
            settings=Settings(seed=run.seed),
            unlabelled=run.unlabelled,
        )
        with contextlib.redirect_stdout(io.StringIO()):
            build_artifact(request)
        detector = SavedDetector(request.out)
        yield Fitted(
            lambda images: detector.answers(images)["detector"], read_card(request.out)
        )


@contextmanager
def _ft_sam(subject: Subject, run: Run) -> Iterator[Fitted]:
    """The strongest published repair; it answers, and flags nothing."""
    from benchmarks.quality.opponents.ft_sam import Recipe, ft_sam
    from repair.network.inference import predicted_labels
    from repair.reading.case import read_case

    case = read_case(subject.model, run.clean, unlabelled=run.unlabelled)
    recipe = Recipe(epochs=run.epochs)
    tuned = ft_sam(case.original, case.clean, recipe, seed=run.seed)
    yield Fitted(partial(predicted_labels, tuned))


@contextmanager
def _strip(subject: Subject, run: Run) -> Iterator[Fitted]:
    """The usual detector; the BadNet answers where it does not flag."""
    from benchmarks.quality.opponents.strip import strip
    from repair.reading.case import read_case

    case = read_case(subject.model, run.clean, unlabelled=run.unlabelled)
    yield Fitted(strip(case.original, case.clean, seed=run.seed, overlays=run.overlays))


DETECTORS: Mapping[
    str, Callable[[Subject, Run], contextlib.AbstractContextManager[Fitted]]
] = {
    **{method: partial(_built, method) for method in METHODS},
    "ft-sam": _ft_sam,
    "strip": _strip,
}
