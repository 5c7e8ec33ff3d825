"""Text that hangs on HDF5 groups: one text, or a list of names; never large."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import h5py

from repair.errors import RepairError
from repair.process.little_memory import sparing

MAX_TEXT = 8 << 20
_MAX_LISTED_BYTES = 64 << 20


@sparing()
def text(group: h5py.Group, name: str, error: type[RepairError]) -> str:
    """The attribute ``name`` of ``group``, one text of at most 8 MiB.

    Raises:
        RepairError: Of the given type, if it is missing, no text, or too long.
    """
    _check(group, name, 1, error)
    value = group.attrs[name]
    found = _text(value.reshape(-1)[0] if hasattr(value, "reshape") else value)
    if len(found) > MAX_TEXT:
        raise error(_unfit(group, name, f"{len(found):,} characters"))
    return found


def has_names(group: h5py.Group, name: str) -> bool:
    """Whether ``group`` has a list of that name, whole or in pieces."""
    return name in group.attrs or f"{name}0" in group.attrs


@sparing()
def names(
    group: h5py.Group, name: str, error: type[RepairError], *, most: int
) -> list[str]:
    """The attribute ``name`` of ``group``, a list of texts; empty where it is missing.

    An attribute holds at most 64 KiB, so Keras writes longer lists in pieces: name0,
    name1, ...

    Raises:
        RepairError: Of the given type, if it is no list of texts, or has more than
            ``most``.
    """
    found: list[str] = []
    for piece in _pieces(group, name):
        _check(group, piece, most - len(found), error)
        value = group.attrs[piece]
        listed = value.reshape(-1) if value.shape else [value]
        found += [_text(item) for item in listed]
    return found


def _pieces(group: h5py.Group, name: str) -> Iterator[str]:
    if name in group.attrs:
        yield name
        return
    for number in itertools.count():
        if (piece := f"{name}{number}") not in group.attrs:
            return
        yield piece


def _check(group: h5py.Group, name: str, most: int, error: type[RepairError]) -> None:
    """Looks at type and size before anything is read."""
    if name not in group.attrs:
        raise error(_unfit(group, name, "none"))
    found = group.attrs.get_id(name)
    if found.shape is None or len(found.shape) > 1:
        raise error(_unfit(group, name, f"shape {found.shape}"))
    count = math.prod(found.shape)
    if count > most:
        raise error(_unfit(group, name, f"{count:,} of them; expected at most {most}"))
    kind = h5py.check_string_dtype(found.dtype)
    if kind is None and count:
        raise error(_unfit(group, name, str(found.dtype)[:60]))
    # Of texts of any length the file does not say how long they are before they are read;
    # ``sparing`` stops those that all point to one long text.
    if kind and kind.length and found.dtype.itemsize * count > _MAX_LISTED_BYTES:
        raise error(_unfit(group, name, f"{count:,} of {found.dtype.itemsize:,} bytes"))


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _unfit(group: h5py.Group, name: str, received: str) -> str:
    return (
        f"attribute {name!r} of {str(group.name)[:100]!r}: expected text of moderate "
        f"length. Received: {received}."
    )
