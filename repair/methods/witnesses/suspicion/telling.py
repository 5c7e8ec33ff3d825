"""Which disturbed images tell against the BadNet's answer, and how much each counts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from repair.methods.witnesses.head.testimony import Testimony
from repair.methods.witnesses.looks.disturbances import FAMILIES
from repair.methods.witnesses.looks.observations import Observations
from repair.methods.witnesses.looks.observer import Features
from repair.methods.witnesses.recipe import Recipe
from repair.methods.witnesses.suspicion.counting import telling, weights
from repair.methods.witnesses.twin.testimony import Testimony as TwinTestimony

Tells = Callable[[np.ndarray, Features, np.ndarray], np.ndarray]


def telling_images(
    seen: Observations,
    heads: dict[str, Testimony],
    twin: TwinTestimony | None,
    clean: np.ndarray,
    recipe: Recipe,
) -> np.ndarray:
    """Which disturbed images say more than nearly all clean ones.

    Args:
        seen: What was seen of clean and disturbed images.
        heads: By name of what they stand on.
        twin: None if it is left out.
        clean: ``(m,)``, the evidence of clean images, unseen by the witnesses.
        recipe: Which families of disturbances count, and from which evidence on.

    Returns:
        Bool ``(n,)``.
    """
    disturbed = seen.disturbed
    families = [list(FAMILIES).index(name) for name in recipe.evidence]
    changed = disturbed.labels != seen.answers[disturbed.source]
    chosen = np.flatnonzero(changed & np.isin(disturbed.families, families))
    said = evidence_of(
        *(seen, heads, twin),
        {name: disturbed.features[name][chosen] for name in heads},
        disturbed.obedience[chosen],
        disturbed.labels[chosen],
    )
    result = np.zeros(len(disturbed.labels), bool)
    result[chosen] = telling(said, clean, recipe.telling)
    return result


def teller(
    seen: Observations,
    heads: dict[str, Testimony],
    twin: TwinTestimony | None,
    limit: float,
) -> Tells:
    """Whether the witnesses say more of images than ``limit``.

    Returns:
        From images ``(n, rows, columns, channels)``, their features and labels ``(n,)``
        to bool ``(n,)``.
    """

    def tells(images: np.ndarray, features: Features, labels: np.ndarray) -> np.ndarray:
        if not len(images):
            return np.zeros(0, bool)
        obedience = np.empty((len(images), 0), np.float32)
        if twin is not None:
            obedience = twin.obedience(images, labels)
        return evidence_of(seen, heads, twin, features, obedience, labels) > limit

    return tells


def evidence_of(
    seen: Observations,
    heads: dict[str, Testimony],
    twin: TwinTestimony | None,
    features: Features,
    obedience: np.ndarray,
    labels: np.ndarray,
) -> np.ndarray:
    """What the witnesses say of images against labels.

    Args:
        seen: What was seen of clean images; the heads know nothing of other labels.
        heads: By name of what they stand on.
        twin: None if it is left out.
        features: By that name, ``(n, features)``, and
        obedience: ``(n, stops)``, of the images.
        labels: ``(n,)`` int64.

    Returns:
        ``(n,)`` float64.
    """
    known = np.bincount(seen.labels, minlength=seen.num_classes) > 0
    loud = np.max([x.of(features[name], labels) for name, x in heads.items()], axis=0)
    evidence = np.where(known[labels], loud, 0)
    return evidence if twin is None else evidence + twin.of(obedience, labels)


def weights_of(
    seen: Observations, head: Testimony, tells: np.ndarray, recipe: Recipe
) -> np.ndarray:
    """How much each disturbed image counts.

    Args:
        seen: What was seen of clean and disturbed images.
        head: The repaired network's.
        tells: Bool ``(n,)``, which of them tell anything.
        recipe: How much it counts that little was changed.

    Returns:
        ``(n,)`` float64 in [0, 1], 0 for those that tell nothing.
    """
    disturbed = seen.disturbed
    chosen = np.flatnonzero(tells)
    answers = head.head.scores(disturbed.features["head"][chosen])
    recognised = answers.argmax(axis=1) == seen.labels[disturbed.source[chosen]]
    result = np.zeros(len(tells))
    result[chosen] = weights(recognised, disturbed.changes[chosen], recipe.much)
    return result
