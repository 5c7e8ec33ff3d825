"""What speaks for a label's being an attacker's target.

What draws disturbed images to a target resembles a trigger, and a trigger works on any
image. So a label is a target's if what its telling images weigh is confirmed by other
images (see ``carrying``). Where there are many classes, hardly any label but a target draws
much, while a trigger is rarely hit so well that it works on others: there the weight is
enough, if confirmed a little. So it is where hardly any other label draws anything: favourites
come several at once, so the one that draws second most must work on some other image.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from repair.methods.witnesses.recipe import Recipe


def tried(shares: np.ndarray, recipe: Recipe) -> np.ndarray:
    """The labels that may be targets, if other images confirm it.

    Args:
        shares: ``(N,)``, what the telling images of each label weigh, of all disturbed
            images.
        recipe: How much it takes, and how many are tried at most.

    Returns:
        Labels ``(k,)`` int64, ascending.
    """
    most = np.argsort(-shares, kind="stable")[: recipe.tried]
    return np.sort(most[shares[most] >= recipe.confirmed])


def strength(
    shares: np.ndarray, carried: Mapping[int, float], recipe: Recipe
) -> np.ndarray:
    """What speaks for each label, as a multiple of what it takes.

    Args:
        shares: ``(N,)``, see above.
        carried: By label, the share of other images that its changes work on, in [0, 1],
            of all that were tried.
        recipe: How much it takes.

    Returns:
        ``(N,)`` float64, at least 0; a target's is 1 or more.
    """
    result = np.asarray(shares, np.float64) / recipe.target
    third = np.sort(shares)[-min(3, len(shares))]
    apart = np.asarray(shares) / max(recipe.apart * third, recipe.confirmed / 10)
    little = min(1, recipe.few_classes / len(shares)) * recipe.confirmed
    for label, worked in carried.items():
        proof = shares[label] * worked
        alone = worked > 0 or shares[label] == np.max(shares)
        enough = max(proof / little, apart[label] * alone)
        result[label] = max(proof / recipe.confirmed, min(result[label], enough))
    return result
