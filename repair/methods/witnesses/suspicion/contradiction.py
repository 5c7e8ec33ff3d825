"""A filter counts only as far as the label is suspected, and the witnesses contradict it.

A class may be known by its colour, and then a filter leads there in any network, even surely
in a weak one. But it draws no more disturbed images than other labels do, or the heads, which
know the class as the BadNet does, agree.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from repair.dataset import Dataset
from repair.methods.witnesses.head.testimony import Testimony
from repair.methods.witnesses.looks.observations import Observations
from repair.methods.witnesses.looks.observer import Observer
from repair.methods.witnesses.recipe import Recipe
from repair.methods.witnesses.suspicion.carrying import spread_over_others
from repair.methods.witnesses.suspicion.filters import ColourFilter
from repair.methods.witnesses.suspicion.seeking import Sought
from repair.methods.witnesses.suspicion.telling import evidence_of
from repair.methods.witnesses.twin.testimony import Testimony as TwinTestimony


def contradicted(
    sought: Sought,
    observer: Observer,
    clean: Dataset,
    seen: Observations,
    heads: dict[str, Testimony],
    twin: TwinTestimony,
    suspected: np.ndarray,
    limit: float,
    recipe: Recipe,
) -> Sought:
    """What was sought; a filter is no stronger than suspicion and contradiction are.

    Args:
        sought: What leads to labels.
        observer: Looks at images through the BadNet.
        clean: The clean images.
        seen: What was seen of them.
        heads: By name of what they stand on.
        twin: The forgetful twin.
        suspected: ``(N,)`` float64, the suspicion of each label.
        limit: Evidence that tells of an image, as hardly any clean one has it.
        recipe: Of how many images it must tell, and how many are looked at.
    """

    def as_told(label: int, one: ColourFilter) -> ColourFilter:
        hosts = spread_over_others(seen.answers, label, recipe.hosts)
        images = one.applied(clean.images[hosts])
        labels = np.full(len(images), label)
        said = evidence_of(
            *(seen, heads, twin),
            observer(images).features,
            twin.obedience(images, labels),
            labels,
        )
        told = float(np.mean(said > limit)) / recipe.contradicted
        drawn = float(suspected[label]) / recipe.suspected
        strength = min(one.led.strength, told, drawn)
        return replace(one, led=replace(one.led, strength=strength))

    filters = {label: as_told(label, one) for label, one in sought.filters.items()}
    return replace(sought, filters=filters)
