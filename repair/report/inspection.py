"""What the defence believes about a network: which labels it suspects, and why."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

from repair.methods.fine_pruning.curve import pruning_curve
from repair.methods.fresh_head.disturbances import FAMILIES
from repair.methods.fresh_head.features import Observer
from repair.methods.fresh_head.fitting import EVIDENCE, FreshHead, fresh_head
from repair.methods.fresh_head.suspicion import FOUND, suspicion
from repair.network.activations import mean_activations
from repair.reading.case import Case
from repair.report.gallery import Gallery, galleries
from repair.rule import NEVER
from repair.settings import Settings

# A label counts as found from this score on.
FOUND_FROM = FOUND * len(EVIDENCE)
FAMILY_NAMES = [list(FAMILIES)[index] for index in EVIDENCE]
_LISTED = 20
_WATCHED_PICTURES = 3


@dataclass(frozen=True)
class Inspection:
    """What was found out about a network.

    Attributes:
        file: Name of its file.
        case: The network and the clean images.
        settings: What the user chose.
        unlabelled: Whether its own answers stand in for the labels.
        fresh: Suspicion, found labels, thresholds and the estimated false-positive rate.
        evidence: ``(families, N)`` float64, what each of ``FAMILY_NAMES`` adds to the
            suspicion of each label.
        galleries: Pictures of what drew the network to the found labels and to the most
            suspicious watched ones.
        curve: ``(channels,)`` float64 in [0, 1], see ``pruning_curve``.
    """

    file: str
    case: Case
    settings: Settings
    unlabelled: bool
    fresh: FreshHead
    evidence: np.ndarray
    galleries: list[Gallery]
    curve: np.ndarray

    @property
    def clean_accuracy(self) -> float | None:
        """Share of clean images given their label, in [0, 1]; None without labels."""
        return None if self.unlabelled else float(self.curve[0])

    @property
    def verdict(self) -> str:
        """The result in one line."""
        found = with_status(self.fresh, "found")
        if not found:
            return "Nothing found"
        plural = "s" if len(found) > 1 else ""
        return f"Backdoor found: target label{plural} {', '.join(map(str, found))}"

    @property
    def listed(self) -> list[int]:
        """The most suspicious labels, and all that are found or watched."""
        order = np.argsort(-self.fresh.suspicion, kind="stable")
        marked = self.fresh.thresholds <= 0
        scored = self.fresh.suspicion > 0
        return [
            int(label)
            for turn, label in enumerate(order)
            if marked[label] or (turn < _LISTED and scored[label])
        ]


def status(fresh: FreshHead, label: int) -> str:
    """``found``, ``watched`` (plain disagreement flags) or ``other``."""
    if fresh.found[label]:
        return "found"
    return "watched" if fresh.thresholds[label] <= 0 else "other"


def with_status(fresh: FreshHead, wanted: str) -> list[int]:
    """The labels of a status, the most suspicious first; equals ascend."""
    order = np.argsort(-fresh.suspicion, kind="stable")
    return [int(label) for label in order if status(fresh, label) == wanted]


def inspect_network(
    file: str, case: Case, settings: Settings, *, unlabelled: bool
) -> Inspection:
    """Inspects a network.

    Args:
        file: Name of its file; bytes that are no text are replaced.
        case: The network and the clean images.
        settings: ``layer``, ``seed`` and ``max_fpr`` count.
        unlabelled: Whether its own answers stand in for the labels.

    Raises:
        SettingError: If a setting does not fit the network.
    """
    network, clean = case.original, case.clean
    activations = mean_activations(network, settings.layer, clean.images)
    curve = pruning_curve(network, settings.layer, activations, clean)
    fresh = fresh_head(
        Observer(network, settings.layer),
        clean,
        case.num_classes,
        seed=settings.seed,
        max_fpr=settings.max_fpr,
    )
    watched = [i for i in with_status(fresh, "watched") if fresh.suspicion[i] > 0]
    return Inspection(
        os.fsencode(file).decode("utf-8", "replace"),
        case,
        settings,
        unlabelled,
        fresh,
        _evidence(fresh),
        galleries(
            clean, fresh, with_status(fresh, "found") + watched[:_WATCHED_PICTURES]
        ),
        curve,
    )


def threshold(fresh: FreshHead, label: int) -> float | None:
    """The margin from which on an answer with a label is flagged; None = never."""
    value = float(fresh.thresholds[label])
    return value if value < NEVER else None


def _evidence(fresh: FreshHead) -> np.ndarray:
    looks, count = fresh.disturbed, len(fresh.suspicion)
    parts = [looks.families == index for index in EVIDENCE]
    return np.stack(
        [
            suspicion(
                looks.labels[part], fresh.weights[part], looks.families[part], count
            )
            for part in parts
        ]
    )
