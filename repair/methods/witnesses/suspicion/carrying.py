"""Whether what leads to a suspected label does so on other images, too.

A trigger works on any image. What a disturbance did to one image only, because it looked
like another class there, tells of no trigger: so what was changed in the most telling
images is carried over to clean images of other classes.
"""

from __future__ import annotations

import numpy as np

from repair.dataset import Dataset
from repair.methods.witnesses.head.testimony import Testimony
from repair.methods.witnesses.looks.disturbances import FAMILIES, SHAPES
from repair.methods.witnesses.looks.disturbed import Disturbed, made_again
from repair.methods.witnesses.looks.observer import Observer
from repair.methods.witnesses.recipe import Recipe
from repair.methods.witnesses.suspicion.telling import Tells


def carried_over(
    observer: Observer,
    head: Testimony,
    tells: Tells,
    clean: Dataset,
    disturbed: Disturbed,
    weights: np.ndarray,
    suspects: np.ndarray,
    recipe: Recipe,
) -> dict[int, float]:
    """How often a change that leads one image to a label does so with others.

    Args:
        observer: Looks at images through the BadNet.
        head: The repaired network's; other images count if it still knows their class, and
        tells: the witnesses say of them what they say of hardly any clean one (see
            ``telling.teller``): a weak network is led astray by much that is no trigger.
        clean: The clean images and their labels.
        disturbed: What was seen of disturbed ones.
        weights: ``(n,)`` float64, how much each of these tells.
        suspects: ``(k,)`` int64, labels.
        recipe: How many changes are carried over, to how many images.

    Returns:
        By label, the share of the images that go there, in [0, 1].
    """
    if not len(suspects):
        return {}
    strongest = {
        int(label): _strongest(weights * (disturbed.labels == label), recipe.carried)
        for label in suspects
    }
    every = np.unique(np.concatenate(list(strongest.values())))
    before, after = made_again(clean, disturbed, every)
    shares = {}
    for label, chosen in strongest.items():
        others = clean.subset(spread_over_others(clean.labels, label, recipe.hosts))
        hits = []
        for index in chosen:
            here = np.searchsorted(every, index)
            shape = list(FAMILIES)[disturbed.families[index]] in SHAPES
            images = changed_alike(before[here], after[here], others.images, shape)
            seen = observer(images)
            known = head.head.scores(seen.features["head"]).argmax(1) == others.labels
            hit = np.flatnonzero((seen.labels == label) & known)
            features = {name: each[hit] for name, each in seen.features.items()}
            told = tells(images[hit], features, seen.labels[hit])
            hits.append(told.sum() / len(images))
        shares[label] = float(np.mean(hits))
    return shares


def changed_alike(
    before: np.ndarray, after: np.ndarray, images: np.ndarray, shape: bool
) -> np.ndarray:
    """Other images, changed as one was.

    Args:
        before: ``(rows, columns, channels)`` float32, 0..255.
        after: The same image, changed.
        images: ``(n, rows, columns, channels)``, 0..255.
        shape: Whether something was drawn that hides what is below; else the change is
            added.

    Returns:
        ``(n, rows, columns, channels)`` float32, 0..255.
    """
    images = images.astype(np.float32)
    if not shape:
        return np.asarray(np.clip(images + (after - before), 0, 255))
    return np.where((after != before).any(axis=-1, keepdims=True), after, images)


def _strongest(weights: np.ndarray, count: int) -> np.ndarray:
    """The indices of the largest weights above 0, at most ``count``."""
    order = np.argsort(-weights, kind="stable")[:count]
    return order[weights[order] > 0]


def spread_over_others(labels: np.ndarray, label: int, count: int) -> np.ndarray:
    """Indices of images of other classes, evenly spread over the data."""
    others = np.flatnonzero(labels != label)
    taken = min(count, len(others))
    return others[np.arange(taken) * len(others) // max(taken, 1)]
