"""Arithmetic on the sizes of tensors, as ``tf.shape(x)[0]`` begins it: done while reading.

Every size is known by then, but for the number of images. That may only stand where the
shape of a tensor begins, as in ``tf.reshape(x, [tf.shape(x)[0], -1])``. Sizes are tuples,
and so no lists of tensors.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from repair.reading.rebuilt.operators.placeholders import (
    IMAGES,
    Images,
    Matrix,
    Places,
)
from repair.reading.rebuilt.operators.single_sizes import (
    cast,
    of_two,
    one_over_root,
    plain_number,
    single,
)
from repair.reading.rebuilt.operators.use import Use, is_tensor

# Sizes, and how many of them, at most: a file may join them to themselves again and again.
_LARGEST, _MOST = 1 << 40, 64


def shape(use: Use) -> Any:
    """The sizes of a tensor; the first is ``IMAGES``."""
    sizes = use.tensor.shape[1:]
    if None in sizes:
        raise use.unfit()
    use.setting("out_type")
    return (IMAGES, *sizes)


def of_sizes(use: Use) -> bool:
    """Whether an operator is called with sizes alone."""
    every = [*_parts(use.values), *_parts(list(use.settings.values()))]
    if any(is_tensor(each) or isinstance(each, Matrix) for each in every):
        return False
    values = _parts(use.values)
    numbers = bool(values) and all(type(each) in (int, float) for each in values)
    return numbers or any(isinstance(each, tuple | Images | Places) for each in every)


def computed(key: str, use: Use) -> Any:
    """What an operator makes of sizes.

    Raises:
        ModelError: If it is none of the few for sizes, or mixes images.
    """
    function = _FUNCTIONS.get(key)
    if function is None or (use.number and function is not _unstacked):
        raise use.unfit()
    result = function(use)
    numbers = result if isinstance(result, tuple) else (result,)
    if len(numbers) > _MOST:
        raise use.unfit()
    for number in numbers:
        size = number.each if isinstance(number, Places) else number
        if not isinstance(size, Images) and not abs(size) <= _LARGEST:
            raise use.unfit()
    return result


def begun_with(use: Use) -> list[Any]:
    """The shape that a tensor shall have; -1 for the number of images where it begins."""
    wanted = use.operand(1, "newshape", "shape")
    sizes = list(wanted) if isinstance(wanted, list | tuple) else [wanted]
    if not sizes:
        raise use.unfit()
    fixed = use.images is not None and type(sizes[0]) is int and sizes[0] == use.images
    if sizes[0] is IMAGES or fixed:
        sizes[0] = -1
    return sizes


def _parts(value: Any) -> list[Any]:
    """What lists hold, at any depth."""
    if not isinstance(value, list):
        return [value]
    return [part for each in value for part in _parts(each)]


def _chosen(use: Use) -> Any:
    """``sizes[1]``, ``sizes[1:3]``."""
    sizes, key = use.operand(0, "tensor", "params"), use.operand(1, "key", "slice_spec")
    key = key[0] if isinstance(key, list) and len(key) == 1 else key
    if not isinstance(sizes, tuple) or type(key) not in (int, slice):
        raise use.unfit()
    try:
        return sizes[key]
    except (IndexError, ValueError) as reason:
        raise use.unfit() from reason


def _picked(use: Use) -> Any:
    """Some of the sizes, by their places."""
    sizes, chosen = use.operand(0, "params"), use.operand(1, "indices")
    listed = chosen if isinstance(chosen, list) else [chosen]
    fine = isinstance(sizes, tuple) and all(type(place) is int for place in listed)
    fine = fine and use.operand(2, "axis") in (None, 0)
    fine = fine and use.setting("batch_dims") in (None, 0)
    if not fine or not all(0 <= place < len(sizes) for place in listed):
        raise use.unfit()
    found = tuple(sizes[place] for place in listed)
    return found if isinstance(chosen, list) else found[0]


def _stacked(use: Use) -> tuple[Any, ...]:
    sizes = use.operand(0, "values")
    if not isinstance(sizes, list) or use.operand(1, "axis", default=0) != 0:
        raise use.unfit()
    return tuple(single(use, each) for each in sizes)


def _joined(use: Use) -> tuple[Any, ...]:
    parts = use.operand(0, "values")
    if not isinstance(parts, list) or use.operand(1, "axis", default=0) not in (0, -1):
        raise use.unfit()
    every = [x for part in parts for x in (part if _many(part) else [part])]
    return tuple(single(use, size) for size in every)


def _product(use: Use) -> int | float | Places:
    if use.operand(1, "axis") not in (None, 0, [0]):
        raise use.unfit()
    sizes = use.operand(0, "input_tensor")
    if not _many(sizes):
        raise use.unfit()
    own = sizes[1:] if sizes and sizes[0] is IMAGES else sizes
    product = math.prod(plain_number(use, size) for size in own)
    return product if own is sizes else Places(int(product))


def _unstacked(use: Use) -> Any:
    sizes = use.operand(0, "value")
    fine = isinstance(sizes, tuple) and use.number < len(sizes)
    fine = fine and use.operand(1, "num") in (None, len(sizes))
    if not fine or use.operand(2, "axis", default=0) != 0:
        raise use.unfit()
    return sizes[use.number]


def _many(value: Any) -> bool:
    return isinstance(value, list | tuple)


_FUNCTIONS: Mapping[str, Callable[[Use], Any]] = {
    "add": of_two(lambda x, y: x + y),
    "addv2": of_two(lambda x, y: x + y),
    "cast": cast,
    "concat": _joined,
    "concatv2": _joined,
    "floordiv": of_two(lambda x, y: x // y),
    "gather": _picked,
    "gatherv2": _picked,
    "getitem": _chosen,
    "identity": cast,
    "mul": of_two(lambda x, y: x * y),
    "multiply": of_two(lambda x, y: x * y),
    "pack": _stacked,
    "prod": _product,
    "realdiv": of_two(lambda x, y: x / y),
    "reduceprod": _product,
    "rsqrt": one_over_root,
    "stack": _stacked,
    "stridedslice": _chosen,
    "sub": of_two(lambda x, y: x - y),
    "subtract": of_two(lambda x, y: x - y),
    "truediv": of_two(lambda x, y: x / y),
    "unpack": _unstacked,
    "unstack": _unstacked,
}
