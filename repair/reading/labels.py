"""Labels as files spell them: numbers from 0 or from 1, in a column, or one-hot."""

from __future__ import annotations

import numpy as np

from repair.errors import DatasetError
from repair.process.notice import say

_MOST = 2**31


def plain_labels(
    where: str,
    raw: np.ndarray,
    count: int,
    num_classes: int | None,
    first_label: int | None = None,
    *,
    bounded: bool = True,
) -> tuple[np.ndarray, int]:
    """Labels ``(n,)`` int64 from 0, and what the file calls the first: 0 or 1.

    Where the user does not say it, the first is 1 if the labels are exactly those from 1
    to N.

    Args:
        where: What errors begin with.
        raw: ``(n,)``, ``(n, 1)``, or one-hot ``(n, N)``, of any numbers.
        count: n.
        num_classes: Number of classes, N, where known.
        first_label: What the user says that the first is.
        bounded: Whether labels must lie below N.

    Raises:
        DatasetError: If these are no labels of as many images.
    """
    if raw.shape not in ((count,), (count, 1)):
        hot = _hot(raw, count, num_classes)
        if hot is None:
            if (columns := _hot(raw, count, None)) is not None:
                used = len(np.unique(columns))
                raise DatasetError(
                    f"{where}: expected one-hot labels of {num_classes} classes, as many as "
                    f"the network has. Received: {raw.shape[1]} columns, {used} of them in "
                    "use. Leave out those that are no class of it."
                )
            soft = raw.ndim == 2 and len(raw) == count and raw.dtype.kind == "f"
            remedy = " Give their largest: labels.argmax(axis=1)." if soft else ""
            raise DatasetError(
                f"{where}: expected labels of shape ({count},), one per image, or "
                f"one-hot. Received: {raw.shape}.{remedy}"
            )
        say(f"{where}: one-hot labels, of {raw.shape[1]} classes")
        raw, first_label = hot, 0
    raw = raw.reshape(-1)
    if raw.dtype.kind == "f":
        raw = raw.astype(np.float64)  # the smallest floats can not hold the limits
    first = first_label
    if first is None:
        from_one = num_classes is not None and num_classes > 1 and count
        first = int(bool(from_one and raw.min() == 1 and raw.max() == num_classes))
        if first:
            say(f"{where}: labels 1..{num_classes} are taken for 0..N-1, in order")
    _check(where, raw, first, num_classes if bounded else None)
    return raw.astype(np.int64) - first, first


def _hot(raw: np.ndarray, count: int, num_classes: int | None) -> np.ndarray | None:
    """The places of the ones, None where these are not one in each row."""
    if raw.ndim != 2 or len(raw) != count or num_classes not in (None, raw.shape[1]):
        return None
    ones = raw == 1
    if (ones.sum(axis=1) != 1).any() or (raw[~ones] != 0).any():
        return None
    return np.argmax(ones, axis=1)


def _check(where: str, raw: np.ndarray, first: int, num_classes: int | None) -> None:
    top = np.inf if num_classes is None else num_classes - 1 + first
    # NaN fails the first comparison, so it is caught as well.
    wrong = ~((raw >= first) & (raw <= min(top, _MOST))) | (raw != np.trunc(raw))
    if wrong.any():
        index = int(np.argmax(wrong))
        limit = str(num_classes - 1 + first) if num_classes else ("N-1", "N")[first]
        raise DatasetError(
            f"{where}: expected labels to be whole numbers {first}..{limit}. "
            f"Received: {raw[index]} at image {index}."
        )
