"""How far a head's scores are scaled down, so that its confidence can be believed.

References:
    Guo et al., *On Calibration of Modern Neural Networks*, arXiv:1706.04599
    (temperature scaling).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from repair.methods.witnesses.head.discriminant import UNKNOWN, Discriminant
from repair.methods.witnesses.looks.observations import Observations
from repair.witness import softmax

# Factors on the scores that are tried; the last where none can be.
_FACTORS = np.geomspace(1, 0.05, 31)
_IMAGES = 2_000
# Scores of theirs, at most: fewer images where there are many classes.
_SCORES = 1 << 26


def factor_of(seen: Observations, name: str, folds: Sequence[Discriminant]) -> float:
    """The factor on held-out scores under which the labels are most likely."""
    most = max(1, min(_IMAGES, _SCORES // seen.num_classes))
    chosen = np.arange(0, len(seen.labels), -(-len(seen.labels) // most))
    scores = np.stack(
        [folds[seen.fold[i]].scores(seen.features[name][i : i + 1])[0] for i in chosen]
    )
    labels = seen.labels[chosen]
    usable = scores[np.arange(len(chosen)), labels] > UNKNOWN / 2
    scores, labels = scores[usable], labels[usable]
    if not len(labels):
        return float(_FACTORS[-1])

    def loss(factor: float) -> float:
        shares = softmax(scores * factor)[np.arange(len(labels)), labels]
        return float(-np.log(np.maximum(shares, 1e-30)).mean())

    return float(min(_FACTORS, key=loss))
