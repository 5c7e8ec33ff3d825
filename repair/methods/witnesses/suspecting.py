"""Which labels are suspected of being targets, from all that was heard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from repair.dataset import Dataset
from repair.methods.witnesses.head.testimony import Testimony
from repair.methods.witnesses.looks.observations import Observations
from repair.methods.witnesses.looks.observer import Observer
from repair.methods.witnesses.recipe import Recipe
from repair.methods.witnesses.suspicion.carrying import carried_over
from repair.methods.witnesses.suspicion.contradiction import contradicted
from repair.methods.witnesses.suspicion.counting import raised, suspicion
from repair.methods.witnesses.suspicion.favourites import favoured
from repair.methods.witnesses.suspicion.seeking import Sought
from repair.methods.witnesses.suspicion.strength import strength, tried
from repair.methods.witnesses.suspicion.telling import (
    teller,
    telling_images,
    weights_of,
)
from repair.methods.witnesses.twin.testimony import Testimony as TwinTestimony


@dataclass(frozen=True)
class Suspects:
    """What speaks for each label's being a target.

    Attributes:
        telling: Bool ``(n,)``, which disturbed images tell against the BadNet's answer.
        weights: ``(n,)`` float64 in [0, 1], how much each of them counts.
        suspicion: ``(N,)`` float64 (see ``findings``).
        counts: ``(N,)`` int64, telling images by label.
        carried: By label (see ``findings``), and
        sought: What was sought for each label, and how surely it leads there.
        strength: ``(N,)`` float64, from 1 on found.
    """

    telling: np.ndarray
    weights: np.ndarray
    suspicion: np.ndarray
    counts: np.ndarray
    carried: Mapping[int, float]
    sought: Sought
    strength: np.ndarray

    @property
    def found(self) -> np.ndarray:
        """The labels ``(k,)`` int64 that are targets, ascending."""
        return np.flatnonzero(self.strength >= 1)


def suspect(
    observer: Observer,
    clean: Dataset,
    seen: Observations,
    heads: dict[str, Testimony],
    twin: TwinTestimony | None,
    sought: Sought,
    recipe: Recipe,
) -> Suspects:
    """Which labels are suspected.

    Args:
        observer: Looks at images through the BadNet.
        clean: The clean images and their labels.
        seen: What was seen of clean and disturbed images.
        heads: By name of what they stand on; the first is the repaired network's.
        twin: None if it is left out.
        sought: What leads to labels (see ``suspicion.seeking``).
        recipe: The method's constants.
    """
    evidence = np.max([head.alone.evidence for head in heads.values()], axis=0)
    if twin is not None:
        evidence = evidence + twin.evidence
    tells = telling_images(seen, heads, twin, evidence, recipe)
    counted = weights_of(seen, heads["head"], tells, recipe)
    labels, count = seen.disturbed.labels, seen.num_classes
    counts = np.bincount(labels[tells], minlength=count)
    shares = np.bincount(labels, counted, count) / len(labels)
    suspected = suspicion(shares, recipe.natural, recipe.slope)
    suspects = tried(shares, recipe)
    limit = float(np.quantile(evidence, 1 - recipe.telling))
    more = teller(seen, heads, twin, limit)
    given = observer, heads["head"], more, clean, seen.disturbed
    carried = carried_over(*given, counted, suspects, recipe)
    strong = strength(shares, carried, recipe)
    strong = np.where(counts >= recipe.least_telling, strong, 0)
    if twin is not None:
        heard = observer, clean, seen.answers, more
        sought = contradicted(sought, *heard, suspected, recipe)
    strong = np.maximum(strong, [sought.strength(label) for label in range(count)])
    strong = strong / favoured(seen.answers, seen.labels, count, recipe.favoured)
    return Suspects(
        telling=tells,
        weights=counted,
        suspicion=raised(suspected, strong, recipe.near, recipe.most_suspicion),
        counts=counts,
        carried=carried,
        sought=sought,
        strength=strong,
    )
