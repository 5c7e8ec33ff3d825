"""Why a layer of a file can not be rebuilt, and what to do."""

from __future__ import annotations

from dataclasses import replace

from repair.errors import ModelError
from repair.reading.described.parts import OF_TENSORFLOW, Part
from repair.reading.described.writer import Version

_OF_KERAS_1 = "is of Keras 1. Load the file with Keras 2.0 to 2.3, and save it there"
_REASONS = {
    "Convolution2D": _OF_KERAS_1,
    "Merge": _OF_KERAS_1,
    "Lambda": "holds Python code, which is never run. Use Keras' own layers instead",
    "TFSMLayer": "holds a SavedModel, which is never run",
    "TorchModuleWrapper": "holds pickled Python code, which is never run",
}


def refusal(part: Part, name: str) -> ModelError:
    """The error for a layer that is not on the list.

    Args:
        part: The layer, as the file has it.
        name: What it is called here.
    """
    reason = _REASONS.get(part.kind, "is not one that can be rebuilt here")
    if part.own:
        reason = "is a class of its maker's own, whose code is not in the file"
    if "Quantize" in part.kind:
        reason = "stands for a chip's arithmetic, so give the network before that"
    return ModelError(
        f"layer {name[:60]!r} of class {part.kind[:60]!r} is not supported: it {reason}. "
        "Expected layers of Keras for images; docs/networks.md lists them."
    )


def check_no_own(part: Part, name: str, keras_version: Version) -> None:
    """Refuses what looks like an operator of Keras 3, in a file that another one wrote.

    There it is a layer of its maker's own, whose ``get_config`` leaves out what every
    layer has.

    Args:
        part: An operator, as it seems.
        name: What it is called here.
        keras_version: Of the writer.

    Raises:
        ModelError: If it is such a layer.
    """
    if keras_version < (3, 0) and part.kind not in OF_TENSORFLOW:
        raise refusal(replace(part, own=True), name)
