"""What is done to one size, or to two of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from repair.reading.rebuilt.operators.placeholders import IMAGES, Places
from repair.reading.rebuilt.operators.use import Use


def of_two(function: Callable[[Any, Any], Any]) -> Callable[[Use], Any]:
    """An operator on two numbers."""

    def operator(use: Use) -> Any:
        first, second = use.operand(0, "x"), use.operand(1, "y")
        try:
            return function(plain_number(use, first), plain_number(use, second))
        except ZeroDivisionError as reason:
            raise use.unfit() from reason

    return operator


def cast(use: Use) -> Any:
    """The same; whole numbers lose what is behind the point."""
    value = single(use, use.operand(0, "x", "input"))
    kind = str(use.operand(1, "dtype", default="float32"))
    if kind.startswith("int") and type(value) is float:
        return int(value)
    if not kind.startswith(("float", "int")):
        raise use.unfit()
    return value


def one_over_root(use: Use) -> float:
    """1 / sqrt(x)."""
    size = plain_number(use, use.operand(0, "x"))
    if size <= 0:
        raise use.unfit()
    return float(size**-0.5)


def single(use: Use, value: Any) -> Any:
    """A number itself, or what stands for one that nobody knows yet.

    Raises:
        ModelError: If it is neither.
    """
    known = value is IMAGES or isinstance(value, Places)
    return value if known else plain_number(use, value)


def plain_number(use: Use, value: Any) -> int | float:
    """A number itself.

    Raises:
        ModelError: If it is none.
    """
    if type(value) not in (int, float):
        raise use.unfit()
    return value
