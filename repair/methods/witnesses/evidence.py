"""From what a witness says of held-out clean images to how telling its words are."""

from __future__ import annotations

import numpy as np

# Share of the images whose values are the tail, and how far it is drawn on, in evidence.
_TAIL, _BEYOND = 0.1, 4.0


def table(held_out: np.ndarray, knots: int) -> tuple[np.ndarray, np.ndarray]:
    """A table of values and evidence for ``rule.Witness``.

    The evidence of a value is -log of the share of clean images that reach it, counting
    the image itself, so that it never is infinite: ``(count + 1) / (n + 1)``. Beyond the
    largest value the tail goes on as it falls before, exponentially, for a while.

    Args:
        held_out: ``(n,)``, what the witness says of clean images that it has not seen;
            the larger, the more suspicious.
        knots: Number of values, at most.

    Returns:
        Values ``(k,)`` float32, ascending, and their evidence ``(k,)`` float32.
    """
    held_out = np.sort(held_out.astype(np.float64))[::-1]
    size = len(held_out)
    counts = np.unique(np.geomspace(1, size, knots).round().astype(int))[::-1]
    values = held_out[counts - 1]
    evidence = -np.log((counts + 1) / (size + 1))
    tail = held_out[: max(round(_TAIL * size), 1)]
    fall = max(float(np.mean(tail - tail[-1])), 1e-3)
    beyond = held_out[0] + fall * (_BEYOND + np.log(2))
    values = np.append(values, beyond).astype(np.float32)
    evidence = np.append(evidence, np.log(size + 1) + _BEYOND).astype(np.float32)
    values, first = np.unique(values, return_index=True)
    return values, np.maximum(evidence[first] - evidence[0], 0)


def slope_of(said: np.ndarray, certain: np.ndarray) -> float:
    """How much less a witness says against the BadNet's label, the surer that is.

    Of what it says a line is taken off, fitted by least squares.

    Args:
        said: ``(n,)``, what the witness says of clean images that it has not seen.
        certain: ``(n,)``, how sure the BadNet is of its label for them.

    Returns:
        At least 0, by unit of certainty.
    """
    spread = certain.var(dtype=np.float64)
    if not spread:
        return 0.0
    together = np.cov(said, certain, ddof=0)[0, 1]
    return max(-float(together) / float(spread), 0.0)


def usual_of_labels(
    said: np.ndarray, labels: np.ndarray, num_classes: int, shrinkage: int
) -> np.ndarray:
    """How much more than of others a witness says of a label, for clean images that have it.

    Args:
        said: ``(m,)`` float32, what it says of the BadNet's label for each clean image.
        labels: ``(m,)`` int64, these.
        num_classes: N.
        shrinkage: A label of so many images counts half of what they say.

    Returns:
        ``(N,)`` float32, 0 for a label without images.
    """
    usual = np.zeros(num_classes, np.float32)
    middle = np.median(said)
    for label in np.unique(labels):
        own = said[labels == label]
        # A median of few is hardly more than chance, so they count for little.
        share = len(own) ** 2 / (len(own) ** 2 + shrinkage**2)
        usual[label] = share * (np.median(own) - middle)
    return usual
