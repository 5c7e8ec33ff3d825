"""``TensorFlowOpLayer`` of TensorFlow 2.0 to 2.3: one node of a graph, as a layer.

The node names an operation of TensorFlow, holds its attributes as texts, and its constant
operands by their place. Brought to the form in which tf.keras from 2.4 on writes functions.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from repair.errors import ModelError

KIND = "TensorFlowOpLayer"
_MOST_OPERANDS = 64
_MASKS = (
    "begin_mask",
    "end_mask",
    "ellipsis_mask",
    "new_axis_mask",
    "shrink_axis_mask",
)

Attributes = Mapping[str, Any]
Said = tuple[list[Any], dict[str, Any]]


def described(config: Mapping[str, Any], given: list[Any]) -> tuple[str, Said]:
    """The name of an operation, its operands, and its settings by name.

    Args:
        config: Of the layer.
        given: Tensors, or one list of them.

    Raises:
        ModelError: If the node is malformed.
    """
    node, constants = config.get("node_def"), config.get("constants", {})
    if not isinstance(node, dict) or not isinstance(constants, dict):
        raise _malformed(node)
    tensors = given[0] if len(given) == 1 and isinstance(given[0], list) else given
    operands = _with_constants(list(tensors), constants)
    attributes = node.get("attr")
    attributes = attributes if isinstance(attributes, dict) else {}
    name = str(node.get("op"))
    settings = {key: _value(value) for key, value in attributes.items()}
    if name == "Cast":
        settings = {"dtype": _kind(attributes.get("DstT"))}
    bring = _FORMS.get(name)
    return name, (operands, settings) if bring is None else bring(operands, settings)


def _with_constants(operands: list[Any], constants: Mapping[str, Any]) -> list[Any]:
    if len(operands) + len(constants) > _MOST_OPERANDS:
        raise _malformed(f"{len(operands)} operands")
    for place in sorted(int(key) if str(key).isdigit() else -1 for key in constants):
        if not 0 <= place <= len(operands):
            raise _malformed(list(constants))
        operands.insert(place, constants[str(place)])
    return operands


def _value(attribute: Any) -> Any:
    """``{"i": "2"}`` is 2, ``{"list": {"i": ["1", "2"]}}`` is [1, 2]."""
    if not isinstance(attribute, dict) or len(attribute) != 1:
        return None
    ((kind, value),) = attribute.items()
    if kind == "list" and isinstance(value, dict) and isinstance(value.get("i"), list):
        return [_whole(each) for each in value["i"][:_MOST_OPERANDS]]
    if kind == "i":
        return _whole(value)
    if kind == "s":
        return _text(value)
    return value if kind in ("f", "b") else None


def _kind(attribute: Any) -> str:
    """``{"type": "DT_INT32"}`` is int32; a text that names no type for others."""
    word = attribute.get("type") if isinstance(attribute, dict) else attribute
    word = str(word).removeprefix("DT_").lower()
    return {"float": "float32", "double": "float64", "half": "float16"}.get(word, word)


def _text(value: Any) -> str | None:
    """What protocol buffers write of a text in JSON."""
    try:
        return base64.b64decode(str(value)[:64], validate=True).decode("ascii")
    except ValueError:
        return None


def _whole(text: Any) -> int | None:
    digits = str(text).removeprefix("-")
    return int(text) if digits.isdigit() and len(digits) < 12 else None


def _malformed(received: Any) -> ModelError:
    return ModelError(
        "expected a node of TensorFlow with its constants. Received: "
        f"{str(received)[:100]}. Save the model again with a newer TensorFlow."
    )


def _sliced(operands: list[Any], settings: Attributes) -> Said:
    """Ends and masks to Python's slices."""
    tensor, *ends = operands
    masks = [settings.get(mask) or 0 for mask in _MASKS]
    same = len(ends) == 3 and all(isinstance(end, list) for end in ends)
    if not same or len({len(end) for end in ends}) != 1:
        raise _malformed(ends)
    key: list[Any] = []
    for place, (begin, end, step) in enumerate(zip(*ends, strict=True)):
        no_begin, no_end, dots, new, one = (mask >> place & 1 for mask in masks)
        if not all(type(each) is int for each in (begin, end, step)):
            raise _malformed(ends)
        if dots or new:
            key.append(... if dots else None)
        elif one:
            key.append(begin)
        else:
            bounds = (None if no_begin else begin, None if no_end else end)
            key.append(slice(*bounds, None if step == 1 else step))
    return [tensor, key], {}


def _joined(operands: list[Any], _: Attributes) -> Said:
    return [operands[:-1], operands[-1] if operands else None], {}


def _stacked(operands: list[Any], settings: Attributes) -> Said:
    return [operands], {"axis": settings.get("axis", 0)}


def _split(operands: list[Any], settings: Attributes) -> Said:
    axis, tensor = (*operands, None, None)[:2]
    return [tensor], {"num_or_size_splits": settings.get("num_split"), "axis": axis}


def _squeezed(operands: list[Any], settings: Attributes) -> Said:
    return operands, {"axis": settings.get("squeeze_dims")}


def _resized(operands: list[Any], settings: Attributes) -> Said:
    if not settings.get("half_pixel_centers") or settings.get("align_corners"):
        raise _malformed("resizing as TensorFlow 1 does")
    return operands, {"interpolation": "bilinear"}


_FORMS: Mapping[str, Callable[[list[Any], Attributes], Said]] = {
    "ConcatV2": _joined,
    "Pack": _stacked,
    "ResizeBilinear": _resized,
    "Split": _split,
    "Squeeze": _squeezed,
    "StridedSlice": _sliced,
}
