"""One use of an operator: what it is called with, and what applies layers in its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from repair.errors import ModelError
from repair.network.operation import Operation

is_tensor = keras.backend.is_keras_tensor
_FIRST = ("x", "x1", "a", "input", "inputs", "tensor")
_SECOND = ("y", "x2", "b", "bias", "value")
MAX_CONSTANTS = 1 << 16
_MAX_WHOLE = 1 << 26


@dataclass(frozen=True)
class Use:
    """One use of an operator.

    Attributes:
        values: What it is called with: tensors, lists of such, constants.
        settings: What it is called with by name, and its own settings.
        name: For its layers, which all begin with it.
        apply: Takes a Keras layer and its inputs, gives its output.
        number: Which of its results is wanted.
        images: How many images its writer fixed, None where any number is taken.
        few_bits: Tensors that hold whole numbers of a few bits, by their ids.
        seen: Places of values and names of settings that were looked at.
    """

    values: list[Any]
    settings: Mapping[str, Any]
    name: str
    apply: Callable[..., Any]
    number: int = 0
    images: int | None = None
    few_bits: set[int] = field(default_factory=set)
    seen: set[int | str] = field(default_factory=set)

    @property
    def tensor(self) -> Any:
        """The first operand, a tensor."""
        value = self.operand(0, *_FIRST)
        if not is_tensor(value):
            raise self.unfit()
        return value

    @property
    def pair(self) -> tuple[Any, Any]:
        """Both operands: a tensor and a constant in either order, or two tensors."""
        first, second = self.operand(0, *_FIRST), self.operand(1, *_SECOND)
        ranks = {len(each.shape) for each in (first, second) if is_tensor(each)}
        if len(ranks) != 1:
            raise self.unfit()
        return self._number(first, *ranks), self._number(second, *ranks)

    def operand(self, index: int, *names: str, default: Any = None) -> Any:
        """What it is called with at a place, or by one of these names."""
        if index < len(self.values):
            self.seen.add(index)
            return self.values[index]
        return self.setting(*names, default=default)

    def setting(self, *names: str, default: Any = None) -> Any:
        """What it is called with by the first of these names that is there."""
        for name in names:
            if name in self.settings:
                self.seen.add(name)
                return self.settings[name]
        return default

    def has(self, *names: str) -> bool:
        """Whether any of these settings is true."""
        given = [self.setting(name) for name in names]  # all of them are looked at
        return any(given)

    def check_all_seen(self) -> None:
        """Refuses a use of which something was not looked at.

        What is passed over would be done otherwise, silently. ``None`` and ``False`` say
        nothing.

        Raises:
            ModelError: If there is anything else.
        """
        given = [*enumerate(self.values), *self.settings.items()]
        for key, value in given:
            says_nothing = value is None or value is False or key == "name"
            if key not in self.seen and not says_nothing:
                raise self.unfit()

    def whole(self, index: int, *names: str) -> list[int]:
        """Whole numbers, one or a list of them.

        Raises:
            ModelError: If they are not.
        """
        value = self.operand(index, *names)
        listed = list(value) if isinstance(value, list | tuple) else [value]
        if not all(type(each) is int and abs(each) <= _MAX_WHOLE for each in listed):
            raise self.unfit()
        return listed

    def operated(self, function: str, *tensors: Any, **settings: Any) -> Any:
        """What a function of the list of ``network.operation`` makes of tensors."""
        made = Operation(function, settings, name=self.name)
        return self.apply(made, *(tensors or (self.tensor,)))

    def constants(self, value: Any) -> np.ndarray:
        """Finite numbers, float64, not too many.

        Raises:
            ModelError: If they are not.
        """
        try:
            array = np.asarray(value, np.float64)
        except (TypeError, ValueError) as reason:
            raise self.unfit() from reason
        if array.size > MAX_CONSTANTS or not np.isfinite(array).all():
            raise self.unfit()
        return array

    def unfit(self) -> ModelError:
        """The error for a use that can not be rebuilt."""
        said = [str(getattr(x, "shape", x))[:60] for x in self.values]
        said += [
            f"{key}={str(getattr(x, 'shape', x))[:40]}"
            for key, x in self.settings.items()
        ]
        return ModelError(
            f"operation {self.name!r} is used in a way that is not supported. Received: "
            f"{', '.join(said)[:300]}. Use a layer of Keras instead."
        )

    def _number(self, value: Any, rank: int) -> Any:
        """A tensor itself; a constant as float64 array, the same for all images."""
        if is_tensor(value):
            return value
        array = self.constants(value)
        array = array.reshape(()) if array.size == 1 else array
        if array.ndim == rank and len(array) == 1:
            array = array[0]  # the axis of images
        if array.ndim >= rank:
            raise self.unfit()
        return array
