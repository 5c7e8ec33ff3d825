"""The triggers by name, and what nearly is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmarks.attacks.labelled import Images
from benchmarks.attacks.triggers import image_made, overlays, patches
from benchmarks.attacks.triggers.pixels import to_pixels

Trigger = Callable[..., Images]

TRIGGERS: Mapping[str, Trigger] = {
    "sticker": patches.sticker,
    "white_square": patches.white_square,
    "moving_sticker": patches.moving_sticker,
    "checkerboard": patches.checkerboard,
    "corners": patches.corners,
    "large_patch": patches.large_patch,
    "frame": patches.frame,
    "dots": patches.dots,
    "matched_pattern": patches.matched_pattern,
    "blend": overlays.blend,
    "stripes": overlays.stripes,
    "low_frequency": overlays.low_frequency,
    "colour_filter": overlays.colour_filter,
    "warp": image_made.warp,
    "quantised": image_made.quantised,
    "input_aware": image_made.input_aware,
}
# As strong as what quantising to five levels leaves of a pixel, in grey levels.
_NOISE = 25


def nearly(
    trigger: str, options: Mapping[str, Any], images: Images, rng: np.random.Generator
) -> Images:
    """Images that nearly carry a trigger: what its attackers train to ignore.

    Args:
        trigger: Name of a trigger.
        options: Its keyword arguments, the seed among them.
        images: ``(n, rows, cols, 3)`` uint8.
        rng: What is random about it.
    """
    stamp = TRIGGERS[trigger]
    if trigger == "input_aware":  # the pattern of another image
        others = np.roll(images, 1, axis=0)
        pattern = stamp(others, **options).astype(np.float32) - others
        return to_pixels((images + pattern).astype(np.float32))
    if trigger == "quantised":  # pixels as wrong, but not in steps
        return to_pixels(images + rng.uniform(-_NOISE, _NOISE, images.shape))
    return stamp(images, **{**options, "seed": int(rng.integers(1 << 31))})
