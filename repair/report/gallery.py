"""Pictures of what drew a BadNet to a label: its best disturbed images, a heat map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from repair.methods.witnesses.fitting import Witnesses
from repair.methods.witnesses.looks.disturbances import FAMILIES, SHAPES
from repair.methods.witnesses.looks.disturbed import made_again
from repair.report.heat_colours import enlarged, heat_over

SHOWN = 8
# A heat map is the mean over so many of the best images of the families that are local.
HEATED = 64
_COLUMNS, _GAP = 4, 6
_TILE = 141  # least width of a tile, in pixels


@dataclass(frozen=True)
class Gallery:
    """What drew the BadNet to one label.

    Attributes:
        label: The label.
        examples: ``(k,)`` int64, the disturbed images shown, the most convincing first,
            as indices into ``Witnesses.disturbed``; at most 8, each of another clean image.
        images: ``(k, rows, columns, 3)`` uint8, these images.
        local: Number of images that the heat map is the mean of.
        heat: ``(rows, columns)`` float32, 0..255, their mean absolute difference from the
            clean images; zeros where ``local`` is 0.
        behind: ``(rows, columns)`` float32, 0..255, the mean of these clean images in grey.
    """

    label: int
    examples: np.ndarray
    images: np.ndarray
    local: int
    heat: np.ndarray
    behind: np.ndarray

    @property
    def file(self) -> str:
        """The name of its picture."""
        return f"label_{self.label}.png"

    @property
    def peak(self) -> float:
        """How many times the mean of the heat its highest place is; 0 without heat."""
        return float(self.heat.max() / self.heat.mean()) if self.heat.any() else 0.0


def galleries(heard: Witnesses, labels: list[int]) -> list[Gallery]:
    """A gallery for each of some labels that any disturbed image was drawn to.

    Args:
        heard: The witnesses and what was learned on the way.
        labels: The labels.
    """
    labels = [label for label in labels if len(_shown(heard, label))]
    shown = [_shown(heard, label) for label in labels]
    heated = [_heated(heard, label) for label in labels]
    chosen = np.unique(np.concatenate([np.empty(0, np.int64), *shown, *heated]))
    before, after = made_again(heard.clean, heard.disturbed, chosen)
    pictures = np.rint(after).clip(0, 255).astype(np.uint8)
    drawn = []
    for label, examples, local in zip(labels, shown, heated, strict=True):
        here = np.searchsorted(chosen, local)
        count = max(len(local), 1)
        heat = np.abs(after[here] - before[here]).mean(axis=3).sum(axis=0) / count
        behind = before[here].mean(axis=3).sum(axis=0) / count
        images = pictures[np.searchsorted(chosen, examples)]
        drawn.append(Gallery(label, examples, images, len(local), heat, behind))
    return drawn


def picture(gallery: Gallery) -> Image.Image:
    """Draws a gallery: the images in rows of four, the heat map large beside them.

    Returns:
        An RGBA picture; what lies between the images is transparent.
    """
    rows, columns = gallery.heat.shape
    zoom = max(1, -(-_TILE // columns))
    width, height = columns * zoom, rows * zoom
    lines = -(-len(gallery.images) // _COLUMNS)
    across = min(_COLUMNS, len(gallery.images))
    size = (across * (width + _GAP) - _GAP, lines * (height + _GAP) - _GAP)
    large = (size[1] * columns // rows, size[1])
    extra = large[0] + 3 * _GAP if gallery.local else 0
    sheet = Image.new("RGBA", (size[0] + extra, size[1]))
    for index, image in enumerate(gallery.images):
        place = index % _COLUMNS * (width + _GAP), index // _COLUMNS * (height + _GAP)
        sheet.paste(enlarged(image, (width, height)), place)
    if gallery.local:
        sheet.paste(enlarged(_heat_map(gallery), large), (sheet.width - large[0], 0))
    return sheet


def _shown(heard: Witnesses, label: int) -> np.ndarray:
    order = _most_convincing(heard, heard.disturbed.labels == label)
    first = np.unique(heard.disturbed.source[order], return_index=True)[1]
    return order[np.sort(first)[:SHOWN]]


def _heated(heard: Witnesses, label: int) -> np.ndarray:
    local = [index for index, name in enumerate(FAMILIES) if name in SHAPES]
    disturbed = heard.disturbed
    told = (disturbed.labels == label) & np.isin(disturbed.families, local)
    return _most_convincing(heard, told)[:HEATED]


def _most_convincing(heard: Witnesses, among: np.ndarray) -> np.ndarray:
    """Indices of the images ``among`` ``(n,)`` bool that count at all, best first."""
    told = np.flatnonzero(among & (heard.weights > 0))
    return told[np.argsort(-heard.weights[told], kind="stable")]


def _heat_map(gallery: Gallery) -> np.ndarray:
    """The heat in colour over the mean image in grey: uint8 ``(rows, columns, 3)``."""
    low, high = gallery.heat.min(), gallery.heat.max()
    share = (gallery.heat - low) / max(high - low, 1)
    return heat_over(gallery.behind, share)
