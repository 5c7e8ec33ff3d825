"""The equation of an ``EinsumDense``: a letter for each axis of input, kernel and output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def with_known_sides(
    config: Mapping[str, Any], shape: Sequence[int | None]
) -> dict[str, Any]:
    """The settings of an ``EinsumDense``, the sides that they leave open filled in.

    Keras itself leaves them open in the shape of what the layer makes, so that layers
    behind it would not know how large it is.

    Args:
        config: As in the file.
        shape: Of its input, the images' axis included.
    """
    equation, output = config.get("equation"), config.get("output_shape")
    if not isinstance(equation, str) or not isinstance(output, list):
        return dict(config)
    before, _, after = equation.partition("->")
    given = before.partition(",")[0]
    if "." in equation or len(given) != len(shape) or len(after) != len(output) + 1:
        return dict(config)
    sides = dict(zip(given, shape, strict=True))
    pairs = zip(after[1:], output, strict=True)
    known = [sides.get(letter) if side is None else side for letter, side in pairs]
    return {**config, "output_shape": known}
