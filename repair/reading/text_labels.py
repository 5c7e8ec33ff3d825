"""Labels that are names of classes: their places among the names, which are sorted."""

from __future__ import annotations

import numpy as np

from artifacts.errors import printable
from repair.errors import DatasetError
from repair.process.notice import say
from repair.reading.class_list import alike, places_of

_MAX_NAMES = 100_000
_MAX_LENGTH = 200
_SHOWN = 8
TEXTS = "USO"  # kinds of arrays that hold texts; objects are those of HDF5 alone


def numbers_or_names(
    where: str,
    raw: np.ndarray,
    num_classes: int | None,
    names: tuple[str, ...] | None,
) -> tuple[np.ndarray, tuple[str, ...] | None, bool]:
    """Labels of any kind as numbers, the names of all classes, and whether labels are such.

    Args:
        where: What errors begin with.
        raw: ``(n,)`` or ``(n, 1)``: numbers, which stay as they are, or texts.
        num_classes: Number of classes, N, where known.
        names: Of the classes, by label, where known.

    Raises:
        DatasetError: If texts are no names of so many classes.
    """
    if raw.dtype.kind not in TEXTS:
        return raw, names, False
    stored = [_text(each) for each in raw.reshape(-1)]
    texts = [alike(text.strip()) for text in stored]
    numbers = all(
        text.isascii() and text.isdigit() and len(text) < 10 for text in texts
    )
    if numbers and not (names is not None and set(texts) <= set(map(alike, names))):
        digits = np.array([int(text) for text in texts], np.int64)
        return digits, names, False
    every = sorted(set(texts))
    if (spelled := len(set(stored))) > len(every):
        say(
            f"{where}: names that differ in spaces around them, or in how accents are "
            f"stored, are one class: {spelled} spellings of {len(every)} names"
        )
    wrong = [text for text in every if not text or len(text) > _MAX_LENGTH]
    if wrong or len(every) > _MAX_NAMES:
        raise DatasetError(
            f"{where}: expected names of classes of at most {_MAX_LENGTH} letters. Received: "
            f"{len(every):,} different ones, such as {printable((wrong or every)[0][:40])!r}."
        )
    if names is None:
        if num_classes not in (None, len(every)):
            raise DatasetError(
                f"{where}: expected {num_classes} names of classes, as many as the network "
                f"has. Received: {len(every)}: {_listed(every)}. Give the names of all, in "
                "the order of the labels, one a line: --classes FILE"
            )
        say(
            f"{where}: labels 0..{len(every) - 1} are its names in order, {_listed(every)}"
        )
        names = tuple(every)
    places = places_of(names)
    other = next((text for text in every if text not in places), None)
    if other is not None:
        raise DatasetError(
            f"{where}: expected names of the classes, such as {printable(names[0])!r}. "
            f"Received: {printable(other)!r}. Mend the list of classes (--classes FILE), or "
            "the labels."
        )
    return np.array([places[text] for text in texts], np.int64), names, True


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _listed(names: list[str]) -> str:
    shown = ", ".join(printable(name[:40]) for name in names[:_SHOWN])
    return f"{shown}, ..." if len(names) > _SHOWN else shown
