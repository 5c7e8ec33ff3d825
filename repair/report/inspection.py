"""What the defence believes about a network: which labels it suspects, and why."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

from artifacts.names import quoted
from repair.methods.fine_pruning.curve import pruning_curve
from repair.methods.witnesses.findings import Findings
from repair.methods.witnesses.fitting import Witnesses, fit_witnesses
from repair.methods.witnesses.looks.disturbances import FAMILIES
from repair.methods.witnesses.method import chosen_recipe
from repair.methods.witnesses.recipe import Recipe
from repair.metrics import clean_accuracy
from repair.network.activations import mean_activations
from repair.network.cut import last_convolution
from repair.network.inference import predicted_labels
from repair.reading.case import Case
from repair.report.gallery import Gallery, galleries
from repair.settings import Settings
from repair.verdict import Verdict, verdict

_LISTED = 20
_FURTHER_PICTURES = 3


@dataclass(frozen=True)
class Inspection:
    """What was found out about a network.

    Attributes:
        file: Name of its file.
        case: The network and the clean images.
        settings: What the user chose.
        unlabelled: Whether its own answers stand in for the labels.
        recipe: The method's constants.
        heard: The witnesses and what was learned on the way.
        evidence: ``(families, N)`` int64, how many telling images of each family of
            ``recipe.evidence`` were given each label.
        galleries: Pictures of what drew the network to the found labels and to the most
            suspicious watched ones; where none is found, to the most suspicious ones.
        clean_accuracy: Share of clean images given their label, in [0, 1]; None without
            labels.
        pruning: Name of a convolution, and what pruning it costs: ``(channels,)`` float64
            in [0, 1], see ``pruning_curve``; None without a convolution.
    """

    file: str
    case: Case
    settings: Settings
    unlabelled: bool
    recipe: Recipe
    heard: Witnesses
    evidence: np.ndarray
    galleries: list[Gallery]
    clean_accuracy: float | None
    pruning: tuple[str, np.ndarray] | None

    @property
    def findings(self) -> Findings:
        """What is believed of each label."""
        return self.heard.findings

    @property
    def verdict(self) -> Verdict:
        """What is said of the network in the end."""
        settings, num_classes = self.heard.for_verdict(), self.case.num_classes
        return verdict(settings, num_classes, accuracy=self.clean_accuracy)

    @property
    def headline(self) -> str:
        """The verdict in one line, with the names of classes where the data have them."""
        return self.verdict.named(self.case.clean.names)

    def named(self, label: int) -> str:
        """A label, and the name of its class where the data have names."""
        return quoted(label, self.case.clean.names)

    @property
    def listed(self) -> list[int]:
        """Those that most speaks for, the found ones first, and all that are watched."""
        suspicion, strength = self.findings.suspicion, self.findings.strength
        order = np.lexsort((-suspicion, -strength))  # found from a strength on
        suspected = (suspicion > 0) | (strength > 0)
        return [
            int(label)
            for turn, label in enumerate(order)
            if self.findings.status(label) != "other"
            or (turn < _LISTED and suspected[label])
        ]


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
    recipe = chosen_recipe(network, clean, settings)
    heard = fit_witnesses(
        network, clean, recipe, seed=settings.seed, asked=settings.layer
    )
    findings = heard.findings
    return Inspection(
        file=os.fsencode(file).decode("utf-8", "replace"),
        case=case,
        settings=settings,
        unlabelled=unlabelled,
        recipe=recipe,
        heard=heard,
        evidence=_evidence(heard, recipe),
        galleries=galleries(heard, pictured(findings)),
        clean_accuracy=None if unlabelled else _accuracy(case),
        pruning=_pruning(case, heard.layer[0]),
    )


def pictured(findings: Findings) -> list[int]:
    """The found labels, and the most suspicious watched ones; without any found, of all."""
    found, watched = findings.with_status("found"), findings.with_status("watched")
    order = np.argsort(-findings.suspicion, kind="stable").tolist()
    further = [
        label
        for label in order
        if findings.suspicion[label] > 0 and (label in watched or not found)
    ]
    return found + further[:_FURTHER_PICTURES]


def _accuracy(case: Case) -> float:
    answers = predicted_labels(case.original, case.clean.images)
    return clean_accuracy(answers, case.clean.labels)


def _pruning(case: Case, layer: str) -> tuple[str, np.ndarray] | None:
    """What pruning the convolution costs that the head stands on, or the last below."""
    network, clean = case.original, case.clean
    convolution = last_convolution(network, layer)
    if convolution is None:
        return None
    activations = mean_activations(network, convolution, clean.images)
    return convolution, pruning_curve(network, convolution, activations, clean)


def _evidence(heard: Witnesses, recipe: Recipe) -> np.ndarray:
    """``(families, N)`` int64: the telling images of each family, by label."""
    disturbed, names = heard.disturbed, list(FAMILIES)
    rows = []
    for name in recipe.evidence:
        told = heard.telling & (disturbed.families == names.index(name))
        count = len(heard.findings.suspicion)
        rows.append(np.bincount(disturbed.labels[told], minlength=count))
    return np.stack(rows)
