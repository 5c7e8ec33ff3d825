"""What leads images of other classes to a target that was found: patterns, warps, filters."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np
from PIL import Image

from repair.methods.witnesses.suspicion.carrying import spread_over_others
from repair.methods.witnesses.suspicion.change import Change
from repair.methods.witnesses.suspicion.filters import ColourFilter
from repair.methods.witnesses.suspicion.patterns import Pattern
from repair.methods.witnesses.suspicion.warps import Warp
from repair.report.document import image, png
from repair.report.heat_colours import tile
from repair.report.inspection import Inspection

_SHOWN, _TILE, _GAP = 3, 141, 6
_TITLES = {
    "pattern": "A faint pattern that leads there",
    "warp": "A warp that leads there",
    "filter": "A colour filter that leads there",
}
_HOW = {
    "pattern": "For every label a pattern was sought that leads images of all classes to it. "
    "Some pattern does so in any network",
    "warp": "For every label a warp was sought, too, which moves pixels a little, smoothly "
    "over the image. In any network some warp leads many images to a label",
    "filter": "Of the filters that images were disturbed by, those that lead to a label most "
    "surely were tried on images of all other classes, and the best was sharpened. Some "
    "filter leads most images to some label in any network",
}
_WHY = (
    "; but here it makes the network surer than it is of clean images, and so it does to a "
    "copy that has begun to forget these. It need not look like the trigger"
)
_SHOWS = {
    "pattern": ": it shows what the network looks for, and perhaps where.",
    "warp": ": it shows where the network looks for what is moved.",
    "filter": ": a trigger that is drawn on the image may stand out behind a filter too, "
    "which leaves little of the class.",
}


def pattern_pictures(inspection: Inspection) -> dict[str, bytes]:
    """A PNG for each label that one of them alone would have found, by its file's name."""
    return {
        _file(kind, label): png(_sheet(inspection, label, one))
        for kind in _TITLES
        for label, one in _sure(inspection, kind).items()
    }


def patterns_section(inspection: Inspection, pictures: dict[str, bytes]) -> str:
    """A figure for each of these; nothing where there is none."""
    parts = []
    for kind, title in _TITLES.items():
        sure = _sure(inspection, kind)
        if not sure:
            continue
        parts += [f"<h2>{title}</h2>", f"<p>{_HOW[kind]}{_WHY}{_SHOWS[kind]}</p>"]
        parts += [
            f"<figure><h3>Label {escape(inspection.named(label))}</h3>"
            + image(
                pictures[_file(kind, label)], f"A {kind} that leads images to {label}"
            )
            + f"<figcaption>{_told(one)}</figcaption></figure>"
            for label, one in sure.items()
        ]
    return "\n".join(parts)


def _sure(inspection: Inspection, kind: str) -> dict[int, Change | ColourFilter]:
    """Those of a kind that would be enough to find their label, by label."""
    every: Mapping[int, Change | ColourFilter]
    every = getattr(inspection.findings.sought, f"{kind}s")
    return {label: one for label, one in sorted(every.items()) if one.led.strength >= 1}


def _file(kind: str, label: int) -> str:
    return f"{kind}_{label}.png"


def _told(one: Change | ColourFilter) -> str:
    shown = "Clean images behind it."
    if isinstance(one, Warp):
        size = float(np.sqrt(np.mean(np.square(one.change))))
        shown = (
            f"Clean images with it; it moves pixels by {size:.1f} down and right (root mean "
            "square)."
        )
    if isinstance(one, Pattern):
        size = float(np.sqrt(np.mean(np.square(one.change))))
        shown = (
            f"Left: the pattern, amplified; it changes pixels by {size:.0f} of 255 (root "
            "mean square). Beside it: clean images with it."
        )
    return (
        f"{shown} It leads {one.led.worked:.0%} of the images of other classes to the label; "
        f"strength {one.led.strength:.1f}."
    )


def _sheet(
    inspection: Inspection, label: int, one: Change | ColourFilter
) -> Image.Image:
    """Clean images of other classes with it; before them a pattern, around middle grey."""
    clean = inspection.heard.clean
    shown = spread_over_others(clean.labels, label, _SHOWN)
    pixels = [*one.applied(clean.images[shown])]
    if isinstance(one, Pattern):
        most = max(float(np.abs(one.change).max()), 1e-6)
        pixels.insert(0, 128 + one.change * (127 / most))
    tiles = [tile(np.rint(x).clip(0, 255).astype(np.uint8), _TILE) for x in pixels]
    width, height = tiles[0].size
    sheet = Image.new("RGBA", (len(tiles) * (width + _GAP) - _GAP, height))
    for place, picture in enumerate(tiles):
        sheet.paste(picture, (place * (width + _GAP), 0))
    return sheet
