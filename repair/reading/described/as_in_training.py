"""Layers that a network calls as in training, also when it answers."""

from __future__ import annotations

from repair.process.notice import say
from repair.reading.described.calls import Call
from repair.reading.described.parts import Part

_BY_BATCH = ("BatchNormalization", "BatchNormalizationV1", "BatchNormalizationV2")


def say_if_as_in_training(part: Part, call: Call) -> bool:
    """Says that means of each batch are not asked for, where a call asks for them.

    Args:
        part: A layer, or a model.
        call: Of that layer.

    Returns:
        Whether it was said.
    """
    said = call.keywords.get("training") is True and _normalises(part)
    if said:
        say(
            f"layer {part.name!r} is called with training=True, by which Keras normalises "
            "with the means of each batch; it is read to use those that it kept"
        )
    return said


def _normalises(part: Part) -> bool:
    return part.kind in _BY_BATCH or any(map(_normalises, part.parts))
