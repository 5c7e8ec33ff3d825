"""Which Keras wrote a network: some settings changed their meaning from one to the next."""

from __future__ import annotations

import re
from typing import Any

from repair.reading.described.parts import Part

Version = tuple[int, int]
_NEWEST = 1 << 10  # of a line of versions, where no more than the line is told
_TF_KERAS, _KERAS_3 = (2, _NEWEST), (3, _NEWEST)
_VERSION = re.compile(r"([1-4])(?:\.(\d{1,3})(?!\d)|$)", re.ASCII)


def version_in(written: Any) -> Version | None:
    """The version that a text begins with, such as ``2.2.4-tf``; None if it is none."""
    found = _VERSION.match(written) if isinstance(written, str) else None
    if found is None:
        return None
    return int(found[1]), _NEWEST if found[2] is None else int(found[2])


def writer_of(model: Part, description: Any, told: Version | None) -> Version:
    """The Keras that wrote a model.

    Args:
        model: As its description has it.
        description: The same, parsed, untrusted.
        told: What the file of weights says.
    """
    said = description.get("keras_version") if isinstance(description, dict) else None
    return version_in(said) or told or (_KERAS_3 if _of_keras_3(model) else _TF_KERAS)


def _of_keras_3(model: Part) -> bool:
    """Whether a model is spelled as Keras 3 does, not as tf.keras, which names modules too."""
    return bool(model.module) and not any(map(_is_of_tf_keras, _all_parts(model)))


def _is_of_tf_keras(part: Part) -> bool:
    old = part.module.startswith(("keras.engine", "keras.src.engine"))
    return old or "batch_input_shape" in part.config


def _all_parts(model: Part) -> list[Part]:
    found, waiting = [], [model]
    while waiting:
        part = waiting.pop()
        found.append(part)
        waiting += part.parts
    return found
