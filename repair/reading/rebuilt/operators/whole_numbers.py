"""Arithmetic on whole numbers of a few bits, which begins at 0 again beyond the largest.

A network may take images as ``uint8``. Its layers make numbers with fractions of them, and
so does arithmetic with such a number; but 90 - 100 is 246. All is float32 here, so what
would be done otherwise is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from repair.errors import ModelError
from repair.reading.rebuilt.operators.use import Use, is_tensor

_FEW_BITS = ("int8", "int16", "uint8", "uint16", "uint32", "uint64")
# What gives whole numbers of whole numbers alone.
_ARITHMETIC = frozenset(
    ["add", "addv2", "biasadd", "mul", "multiply", "neg", "negative", "pow", "power"]
    + ["reducemean", "reducesum", "square", "sub", "subtract"]
)
_THE_SAME_VALUES = frozenset(
    ["clip", "clipbyvalue", "concat", "concatenate", "concatv2", "expanddims", "flip"]
    + ["gather", "getitem", "identity", "max", "maximum", "min", "minimum", "pack"]
    + ["pad", "permute", "relu", "repeat", "reshape", "reverse", "reversev2", "roll"]
    + ["split", "squeeze", "stack", "stopgradient", "stridedslice", "swapaxes", "take"]
    + ["tile", "transpose"]
)
_LAYERS = frozenset(
    ["Activation", "AlphaDropout", "Concatenate", "Cropping2D", "Dropout", "Flatten"]
    + ["GaussianDropout", "GaussianNoise", "Identity", "MaxPooling2D", "Permute"]
    + ["ReLU", "Reshape", "UpSampling2D", "ZeroPadding2D"]
)
_MERGING = ("Add", "Average", "Multiply", "Subtract")


def takes_few_bits(config: Mapping[str, Any]) -> bool:
    """Whether an input layer takes whole numbers of a few bits."""
    return config.get("dtype") in _FEW_BITS


def follow(key: str, use: Use, result: Any) -> None:
    """Remembers a result that is whole as well.

    Args:
        key: Of an operator.
        use: Its use.
        result: What it made.

    Raises:
        ModelError: If the operator would begin at 0 again.
    """
    given = list(_single([*use.values, *use.settings.values()]))
    whole = [is_tensor(each) and id(each) in use.few_bits for each in given]
    if not any(whole):
        return
    fractions = [
        type(each) is float or (is_tensor(each) and not known)
        for each, known in zip(given, whole, strict=True)
    ]
    if any(fractions):
        return
    if key in _ARITHMETIC:
        raise _begins_again(f"operation {use.name!r}")
    if key in _THE_SAME_VALUES and is_tensor(result):
        use.few_bits.add(id(result))


def stays_whole(
    kind: str, name: str, tensors: Sequence[Any], few_bits: set[int]
) -> bool:
    """Whether a layer makes whole numbers of a few bits, of such alone.

    Args:
        kind: Of the layer.
        name: Of the layer.
        tensors: What it is given.
        few_bits: The ``id`` of each tensor that is known to be whole.

    Raises:
        ModelError: If it would begin at 0 again.
    """
    whole = bool(tensors) and few_bits.issuperset(map(id, tensors))
    if whole and kind in _MERGING:
        raise _begins_again(f"layer {name!r}")
    return whole and kind in _LAYERS


def _begins_again(what: str) -> ModelError:
    return ModelError(
        f"{what} calculates with whole numbers of a few bits, such as uint8, which begin at "
        "0 again. Expected numbers with fractions. Put a Rescaling or a cast to float32 "
        "before it, and save the model again."
    )


def _single(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for each in value:
            yield from _single(each)
    else:
        yield value
