"""Reads the tensor names of a signature out of a serialized MetaGraphDef.

Only what is needed of the protobuf wire format: varints and length-delimited fields, see
https://protobuf.dev/programming-guides/encoding and TensorFlow's meta_graph.proto.
"""

from __future__ import annotations

from collections.abc import Iterator

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
# Field numbers.
_SIGNATURES, _INPUTS, _OUTPUTS, _TENSOR_NAME = 5, 1, 2, 1
_KEY, _VALUE = 1, 2


def tensor_names(meta_graph: memoryview, signature: str) -> tuple[str, str]:
    """The tensors of a signature with one input and one output, such as ``images:0``.

    Args:
        meta_graph: A serialized MetaGraphDef.
        signature: Name of the signature.

    Returns:
        Names of the input's and of the output's tensor.

    Raises:
        ValueError: If there is no such signature.
    """
    found = _map(meta_graph, _SIGNATURES).get(signature)
    if found is None:
        raise ValueError(f"expected a signature {signature!r}. Received none.")
    names = []
    for side in (_INPUTS, _OUTPUTS):
        tensors = list(_map(found, side).values())
        if len(tensors) != 1:
            raise ValueError(f"expected one tensor a side. Received: {len(tensors)}.")
        names.append(str(dict(_fields(tensors[0]))[_TENSOR_NAME], "utf-8"))
    return names[0], names[1]


def _map(message: memoryview, number: int) -> dict[str, memoryview]:
    """A field of type ``map<string, message>``."""
    entries = [
        dict(_fields(entry)) for field, entry in _fields(message) if field == number
    ]
    return {str(entry[_KEY], "utf-8"): entry[_VALUE] for entry in entries}


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Number and bytes of every length-delimited field; the others are skipped."""
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        kind, size = tag & 7, 0
        if kind == _VARINT:
            place = _varint(message, place)[1]
        elif kind in (_FIXED32, _FIXED64):
            size = 4 if kind == _FIXED32 else 8
        elif kind == _BYTES:
            size, place = _varint(message, place)
            yield tag >> 3, message[place : place + size]
        else:
            raise ValueError(f"expected protobuf. Received: wire type {kind}.")
        place += size


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and the place behind it."""
    value = shift = 0
    while True:
        byte = message[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
