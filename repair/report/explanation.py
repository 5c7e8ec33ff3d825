"""Explanations of single images as files: a page, and all figures as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from artifacts.why.heat import Heat
from artifacts.why.sentences import sentence
from artifacts.why.story import Story
from repair.dataset import Dataset
from repair.process.whole_file import write_report
from repair.report.explanation_page import Shown, explanation_page

_PIXELS = 32  # side of the small grey pictures by which clean images are compared


@dataclass(frozen=True)
class Explained:
    """An image and the story of its answer.

    Attributes:
        name: Where it is from.
        image: ``(rows, columns, channels)`` uint8.
        story: What was said of it.
    """

    name: str
    image: np.ndarray
    story: Story


def write_explanations(
    explained: list[Explained],
    folder: Path,
    *,
    card: dict[str, Any],
    clean: Dataset | None,
    left_out: int,
    flagged: int,
) -> Path:
    """Writes ``explain.html`` and ``explain.json``.

    Args:
        explained: The images, at least one.
        folder: It exists; files of these names are replaced.
        card: The artifact's card.
        clean: Clean images to show the nearest of.
        left_out: How many images more were given.
        flagged: How many of all are flagged.

    Returns:
        The page.
    """
    shown = [
        Shown(
            one.name,
            one.image,
            one.story,
            nearest(one, clean) if clean is not None and one.story.flagged else [],
        )
        for one in explained
    ]
    figures = {
        "artifact": card.get("name"),
        "num_classes": card["num_classes"],
        "stand_in": card.get("stand_in") is True,
        "images": [described(one) for one in explained],
        "left_out": left_out,
        "flagged": flagged,
    }
    text = json.dumps(figures, indent=1, allow_nan=False)
    page = explanation_page(shown, card, left_out, flagged)
    write_report(
        folder, {"explain.json": f"{text}\n".encode(), "explain.html": page.encode()}
    )
    return folder / "explain.html"


def described(one: Explained) -> dict[str, Any]:
    """An explanation as plain JSON values."""
    told = one.story
    return {
        "image": one.name.encode("utf-8", "replace").decode(),
        "sentence": sentence(told),
        "label": told.label,
        "poisoned": told.flagged,
        "original": {
            "label": told.original_label,
            "confidence": told.original_confidence,
            "status": told.status,
        },
        "repaired": {
            "label": told.repaired_label,
            "confidence": told.repaired_confidence,
        },
        "threshold": plain(told.threshold),
        "further": {name: plain(value) for name, value in told.further.items()},
        "heat": None if told.heat is None else _heat(told.heat),
    }


def plain(value: Any) -> Any:
    """A number that JSON has; None for NaN and infinity."""
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def _heat(found: Heat) -> dict[str, Any]:
    place = found.place
    return {
        "local": found.local,
        "hottest": {"row": found.hottest[0], "column": found.hottest[1]},
        "place": None
        if place is None
        else {
            "top": place.top,
            "left": place.left,
            "height": place.height,
            "width": place.width,
            "becomes": found.becomes,
        },
        "variants": found.variants,
        "turned": found.turned,
        "undone": found.undone,
        "map": np.round(found.map.astype(float), 4).tolist(),
    }


def nearest(one: Explained, clean: Dataset) -> list[tuple[int, np.ndarray]]:
    """The clean images most like this one, of the original's label and the repaired's.

    Where it is one of the clean images itself, that is none that is like it.

    Returns:
        Label and image, one for each label that any other clean image has.
    """
    own = _small(one.image[None])[0]
    found = []
    for label in dict.fromkeys((one.story.original_label, one.story.repaired_label)):
        images = clean.images[clean.labels == label]
        images = images[(images != one.image).any(axis=(1, 2, 3))]
        if len(images):
            distances = ((_small(images) - own) ** 2).sum(axis=(1, 2))
            found.append((label, images[int(distances.argmin())]))
    return found


def _small(images: np.ndarray) -> np.ndarray:
    """Grey ``(n, <= 32, <= 32)`` float64 of mean 0: every so many pixels."""
    steps = [max(1, side // _PIXELS) for side in images.shape[1:3]]
    grey = images[:, :: steps[0], :: steps[1]].mean(axis=3)
    centred: np.ndarray = grey - grey.mean(axis=(1, 2), keepdims=True)
    return centred
