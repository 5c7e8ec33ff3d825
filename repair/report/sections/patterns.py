"""The faint patterns that lead images of other classes to a target that was found."""

from __future__ import annotations

from html import escape

import numpy as np
from PIL import Image

from repair.methods.witnesses.suspicion.carrying import spread_over_others
from repair.report.document import image, png
from repair.report.heat_colours import tile
from repair.report.inspection import Inspection

_SHOWN, _TILE, _GAP = 3, 141, 6


def pattern_pictures(inspection: Inspection) -> dict[str, bytes]:
    """A PNG for each label that a pattern alone would have found, by its file's name."""
    return {
        _file(label): png(_sheet(inspection, label)) for label in _labels(inspection)
    }


def patterns_section(inspection: Inspection, pictures: dict[str, bytes]) -> str:
    """A figure for each of these labels; nothing where there is none."""
    labels = _labels(inspection)
    if not labels:
        return ""
    figures = [
        f"<figure><h3>Label {escape(inspection.named(label))}</h3>"
        + image(pictures[_file(label)], f"A pattern that leads images to {label}")
        + f"<figcaption>{_told(inspection, label)}</figcaption></figure>"
        for label in labels
    ]
    return "\n".join(
        [
            "<h2>A faint pattern that leads there</h2>",
            "<p>For every label a pattern was sought that leads images of all classes to it. "
            "Some pattern does so in any network; but here it makes the network surer than "
            "it is of clean images, and so it does to a copy that has begun to forget these. "
            "It need not look like the trigger: it shows what the network looks for, and "
            "perhaps where.</p>",
            *figures,
        ]
    )


def _labels(inspection: Inspection) -> list[int]:
    patterns = inspection.findings.patterns
    return [label for label in sorted(patterns) if patterns[label].strength >= 1]


def _file(label: int) -> str:
    return f"pattern_{label}.png"


def _told(inspection: Inspection, label: int) -> str:
    pattern = inspection.findings.patterns[label]
    size = float(np.sqrt(np.mean(np.square(pattern.change))))
    return (
        f"Left: the pattern, amplified; it changes pixels by {size:.0f} of 255 (root mean "
        f"square). Beside it: clean images with it. It leads {pattern.worked:.0%} of the "
        f"images of other classes to the label; strength {pattern.strength:.1f}."
    )


def _sheet(inspection: Inspection, label: int) -> Image.Image:
    """The pattern around middle grey, and clean images of other classes with it."""
    change = inspection.findings.patterns[label].change
    clean = inspection.heard.clean
    marked = clean.images[spread_over_others(clean.labels, label, _SHOWN)] + change
    amplified = 128 + change * (127 / max(float(np.abs(change).max()), 1e-6))
    tiles = [
        tile(np.rint(pixels).clip(0, 255).astype(np.uint8), _TILE)
        for pixels in (amplified, *marked)
    ]
    width, height = tiles[0].size
    sheet = Image.new("RGBA", (len(tiles) * (width + _GAP) - _GAP, height))
    for place, one in enumerate(tiles):
        sheet.paste(one, (place * (width + _GAP), 0))
    return sheet
