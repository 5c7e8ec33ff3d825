"""What follows from all that was heard: suspicion, thresholds, and the rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from repair.dataset import Dataset
from repair.methods.witnesses.findings import Findings
from repair.methods.witnesses.head.testimony import Testimony
from repair.methods.witnesses.looks.observations import Observations
from repair.methods.witnesses.looks.observer import Observer
from repair.methods.witnesses.recipe import Recipe
from repair.methods.witnesses.suspicion.carrying import carried_over
from repair.methods.witnesses.suspicion.counting import suspicion
from repair.methods.witnesses.suspicion.strength import strength, tried
from repair.methods.witnesses.suspicion.telling import telling_images, weights_of
from repair.methods.witnesses.thresholds import false_positive_rate, label_thresholds
from repair.methods.witnesses.twin.testimony import Testimony as TwinTestimony
from repair.rule import Rule


@dataclass(frozen=True)
class Belief:
    """What is believed.

    Attributes:
        rule: When to flag.
        findings: What is believed of each label.
        telling: Bool ``(n,)``, which disturbed images tell against the BadNet's answer.
        weights: ``(n,)`` float64 in [0, 1], how much each of them counts.
    """

    rule: Rule
    findings: Findings
    telling: np.ndarray
    weights: np.ndarray


def conclude(
    observer: Observer,
    clean: Dataset,
    seen: Observations,
    heads: dict[str, Testimony],
    twin: TwinTestimony | None,
    recipe: Recipe,
) -> Belief:
    """What follows from all that was heard.

    Args:
        observer: Looks at images through the BadNet.
        clean: The clean images and their labels.
        seen: What was seen of clean and disturbed images.
        heads: By name of what they stand on; the first is the repaired network's.
        twin: None if it is left out.
        recipe: The method's constants.
    """
    obeyed = 0.0 if twin is None else twin.evidence
    evidence = np.max([head.evidence for head in heads.values()], axis=0) + obeyed
    tells = telling_images(seen, heads, twin, evidence, recipe)
    counted = weights_of(seen, heads["head"], tells, recipe)
    labels, count = seen.disturbed.labels, seen.num_classes
    counts = np.bincount(labels[tells], minlength=count)
    shares = np.bincount(labels, counted, count) / len(labels)
    suspected = suspicion(shares, recipe.natural, recipe.slope)
    lowered = np.minimum(suspected, recipe.most_suspicion)
    if "suspicion" not in recipe.used:
        lowered = np.zeros_like(lowered)
    thresholds = label_thresholds(
        evidence, seen.answers, lowered, recipe.false_positives
    )
    # A head knows nothing of a label without images, and then speaks as loudly as it can.
    known = np.bincount(seen.labels, minlength=seen.num_classes) > 0
    loudest = max(head.witness.evidence[-1] for head in heads.values())
    thresholds = np.where(known, thresholds, thresholds + loudest).astype(np.float32)
    witnesses = [head.witness for head in heads.values()]
    twins = () if twin is None else twin.witnesses
    rule = Rule((*witnesses, *twins), thresholds)
    excess = evidence - thresholds[seen.answers]
    carried = carried_over(
        observer,
        heads["head"],
        clean,
        seen.disturbed,
        counted,
        tried(shares, recipe),
        recipe,
    )
    strong = strength(shares, carried, recipe)
    findings = Findings(
        suspicion=suspected,
        counts=counts,
        carried=carried,
        strength=np.where(counts >= recipe.least_telling, strong, 0),
        thresholds=thresholds,
        excess=excess,
        estimated_fpr=false_positive_rate(excess, recipe.least_held_out),
    )
    return Belief(rule, findings, tells, counted)
