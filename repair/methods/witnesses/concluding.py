"""What follows from all that was heard: thresholds, and the rule."""

from __future__ import annotations

import numpy as np

from repair.methods.witnesses.findings import Findings
from repair.methods.witnesses.head.testimony import Testimony
from repair.methods.witnesses.looks.observations import Observations
from repair.methods.witnesses.recipe import Recipe
from repair.methods.witnesses.suspecting import Suspects
from repair.methods.witnesses.thresholds import (
    false_positive_rate,
    label_thresholds,
    thresholds_without_images,
)
from repair.methods.witnesses.twin.testimony import Testimony as TwinTestimony
from repair.methods.witnesses.unlearning.testimony import Testimony as Unlearned
from repair.rule import AGAINST_WEIGHT, Rule


def conclude(
    seen: Observations,
    suspects: Suspects,
    heads: dict[str, Testimony],
    unlearned: Unlearned | None,
    twin: TwinTestimony | None,
    recipe: Recipe,
) -> tuple[Rule, Findings]:
    """When to flag, and what is believed of each label.

    Args:
        seen: What was seen of clean images.
        suspects: What speaks for each label's being a target.
        heads: By name of what they stand on; the first is the repaired network's.
        unlearned: None if there is none.
        twin: None if it is left out.
        recipe: The method's constants.
    """
    speakers: list[Testimony | Unlearned] = [*heads.values()]
    stand_in = None
    if unlearned is not None:
        stand_in = len(speakers)
        speakers.append(unlearned)
    against = np.max([speaker.evidence for speaker in speakers], axis=0)
    evidence = AGAINST_WEIGHT * against
    if twin is not None:
        evidence = evidence + twin.evidence
    lowered = np.minimum(suspects.suspicion, recipe.most_suspicion)
    if "suspicion" not in recipe.used:
        lowered = np.zeros_like(lowered)
    thresholds = label_thresholds(
        evidence, seen.answers, lowered, suspects.found, recipe.false_positives
    )
    # A head knows nothing of a label without images, and then speaks as loudly as it can.
    known = np.bincount(seen.labels, minlength=seen.num_classes) > 0
    loudest = AGAINST_WEIGHT * max(x.witness.evidence[-1] for x in heads.values())
    unknown = thresholds + loudest
    if twin is not None:
        unknown = thresholds_without_images(
            *(twin.evidence, loudest, lowered, suspects.found, recipe.false_positives)
        )
    thresholds = np.where(known, thresholds, unknown).astype(np.float32)
    twins = () if twin is None else twin.witnesses
    witnesses = (*(each.witness for each in speakers), *twins)
    rule = Rule(witnesses, thresholds, tuple(suspects.found.tolist()), stand_in)
    excess = evidence - thresholds[seen.answers]
    findings = Findings(
        suspicion=suspects.suspicion,
        counts=suspects.counts,
        carried=suspects.carried,
        sought=suspects.sought,
        strength=suspects.strength,
        thresholds=thresholds,
        excess=excess,
        estimated_fpr=false_positive_rate(excess, recipe.least_held_out),
    )
    return rule, findings
