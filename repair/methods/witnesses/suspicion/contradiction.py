"""A filter counts only as far as the label is suspected, and the witnesses contradict it.

A class may be known by its colour, and then a filter leads there in any network, even surely
in a weak one. But it draws no more disturbed images than other labels do, or the heads, which
know the class as the BadNet does, agree.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from repair.dataset import Dataset
from repair.methods.witnesses.looks.observer import Observer
from repair.methods.witnesses.recipe import Recipe
from repair.methods.witnesses.suspicion.carrying import spread_over_others
from repair.methods.witnesses.suspicion.filters import ColourFilter
from repair.methods.witnesses.suspicion.seeking import Sought
from repair.methods.witnesses.suspicion.telling import Tells


def contradicted(
    sought: Sought,
    observer: Observer,
    clean: Dataset,
    answers: np.ndarray,
    tells: Tells,
    suspected: np.ndarray,
    recipe: Recipe,
) -> Sought:
    """What was sought; a filter is no stronger than suspicion and contradiction are.

    Args:
        sought: What leads to labels.
        observer: Looks at images through the BadNet.
        clean: The clean images.
        answers: ``(m,)`` int64, the BadNet's labels for them.
        tells: Whether the witnesses contradict (see ``telling.teller``).
        suspected: ``(N,)`` float64, the suspicion of each label.
        recipe: Of how many images it must tell, and how many are looked at.
    """

    def as_told(label: int, one: ColourFilter) -> ColourFilter:
        hosts = spread_over_others(answers, label, recipe.hosts)
        images = one.applied(clean.images[hosts])
        contradicts = tells(
            images, observer(images).features, np.full(len(images), label)
        )
        told = float(np.mean(contradicts)) / recipe.contradicted
        drawn = float(suspected[label]) / recipe.suspected
        strength = min(one.led.strength, told, drawn)
        return replace(one, led=replace(one.led, strength=strength))

    filters = {label: as_told(label, one) for label, one in sought.filters.items()}
    return replace(sought, filters=filters)
