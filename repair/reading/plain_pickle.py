"""Reads a pickled list of truth values, and no other pickle.

Nothing is unpickled: the instructions are listed, and only those that a plain list needs
may stand there. So there is no name to look up, no object to make, and no memo to fill.
"""

from __future__ import annotations

import pickletools
from typing import Any

_MOST_INSTRUCTIONS = 4  # per value
_VALUES = {"NEWTRUE", "NEWFALSE", "INT", "BININT", "BININT1", "BININT2", "LONG1"}
_LIST = {"EMPTY_LIST", "LIST", "MARK", "APPEND", "APPENDS"}
_AROUND = {"PROTO", "FRAME", "STOP", "PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"}
_TRUTH = {"NEWTRUE": True, "NEWFALSE": False}


def truth_values(content: bytes, count: int) -> list[Any]:
    """The values of a pickled list of ``True``, ``False`` and whole numbers.

    Args:
        content: The pickle, of any protocol.
        count: How many values are expected; a little more is read, much more refused.

    Raises:
        ValueError: If it is another pickle, or too long a one.
    """
    values: list[Any] = []
    lists = 0
    for turn, (opcode, argument, _) in enumerate(pickletools.genops(content)):
        if turn > _MOST_INSTRUCTIONS * (count + 100):
            raise ValueError("too long a pickle")
        if opcode.name in _VALUES:
            values.append(_TRUTH.get(opcode.name, argument))
        elif opcode.name not in _LIST | _AROUND:
            raise ValueError(f"a pickle with the instruction {opcode.name}")
        lists += opcode.name in ("EMPTY_LIST", "LIST")
    if lists != 1:
        raise ValueError("a pickle of something else than one list")
    return values
