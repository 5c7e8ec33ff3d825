"""A witness: what it says of the original network's label b, and how telling that is.

The repaired network and the pixels speak *against* b, by log p(best other label) - log p(b),
beyond what is usual for images of which the original is as sure: where that is sure of a
clean image, the others rarely disagree, and of a trigger it is surer than of most. Since an
attacker may see to it that it is not, they are read without that, too, and the louder
reading counts. A twin that forgot the clean task *obeys*, by log p(b) - log(1 - p(b)),
beyond what is usual for b: it forgets some classes less than others. How telling that is, a
table knows: the evidence is -log(share of clean images on which the witness says as much).
``rule`` makes a label of the evidence of all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

# Probabilities below this count as this, and margins above the other as that.
SMALLEST_PROBABILITY = 1e-30
LARGEST_MARGIN = 60.0


@dataclass(frozen=True)
class Witness:
    """How a witness's answers are read.

    Attributes:
        name: Its name, for card and outputs.
        speaks: ``against`` the original's label, or it ``obeys`` as the original does.
        values: ``(k,)`` float32, ascending: what it may say.
        evidence: ``(k,)`` float32, at least 0: how telling that is; in between it is
            interpolated, and outside the nearest counts.
        usual: ``(N,)`` float32, what is taken off what it says of each label before the
            table is asked; none for one that treats all labels alike.
        slope: How much less it usually says, the surer the original is (see
            ``certainty``), which is added before the table is asked.
        alone: How it is read however sure the original is; the louder reading counts.
    """

    name: str
    speaks: Literal["against", "obeys"]
    values: np.ndarray
    evidence: np.ndarray
    usual: np.ndarray | None = None
    slope: float = 0.0
    alone: Witness | None = None


def margins(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How loudly a classifier speaks against given labels.

    Args:
        probabilities: ``(n, N)``.
        labels: ``(n,)`` int64, the original network's labels.

    Returns:
        ``(n,)`` float32: log p(best other label) - log p(label); below 0 where the
        classifier gives the same label, at most ``LARGEST_MARGIN``.
    """
    others = logs(probabilities)
    rows = np.arange(len(labels))
    own = others[rows, labels]
    others[rows, labels] = -np.inf
    with np.errstate(invalid="ignore"):  # infinity - infinity = NaN, which is flagged
        return np.minimum(others.max(axis=1) - own, np.float32(LARGEST_MARGIN))


def obedience(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How sure a classifier is of given labels.

    Args:
        probabilities: ``(n, N)``.
        labels: ``(n,)`` int64.

    Returns:
        ``(n,)`` float32: log p(label) - log(1 - p(label)), by the sum of the others.
    """
    others = np.array(probabilities, np.float32)
    own = others[np.arange(len(labels)), labels].copy()
    others[np.arange(len(labels)), labels] = 0
    return np.asarray(logs(own) - logs(others.sum(axis=1)))


def certainty(probabilities: np.ndarray) -> np.ndarray:
    """How sure a classifier is of its own labels.

    Args:
        probabilities: ``(n, N)``.

    Returns:
        ``(n,)`` float32: log p(label) - log p(best other label), at most
        ``LARGEST_MARGIN``.
    """
    labels = np.argmax(probabilities, axis=1)
    return np.minimum(-margins(probabilities, labels), np.float32(LARGEST_MARGIN))


def said(witness: Witness, probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """What a witness says of the original's labels, ``(n,)`` float32."""
    ask = margins if witness.speaks == "against" else obedience
    return ask(probabilities, labels)


def told(
    witness: Witness,
    spoken: np.ndarray,
    labels: np.ndarray,
    certain: np.ndarray | float = 0.0,
) -> np.ndarray:
    """How telling is what a witness says.

    Args:
        witness: How it is read.
        spoken: ``(n,)``, what it says of
        labels: ``(n,)`` int64, the original network's, and
        certain: ``(n,)``, how sure that is of them; none for a witness without a slope.

    Returns:
        ``(n,)`` float64.
    """
    plain = spoken
    if witness.usual is not None:
        spoken = spoken - witness.usual[labels]
    spoken = spoken + np.float32(witness.slope) * certain
    telling = np.interp(spoken, witness.values, witness.evidence)
    if witness.alone is None:
        return telling
    return np.maximum(telling, told(witness.alone, plain, labels, certain))


def logs(probabilities: np.ndarray) -> np.ndarray:
    """Their logarithms, float32, of the smallest that counts at least."""
    return np.asarray(
        np.log(np.maximum(probabilities, np.float32(SMALLEST_PROBABILITY)))
    )


def softmax(scores: np.ndarray) -> np.ndarray:
    """Probabilities ``(n, N)`` of scores ``(n, N)``, both float32."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
