"""Networks with channels first, rebuilt with channels last, which processors can run.

A tensor is *turned* if the file has it as ``(n, channels, rows, columns)`` and it is kept
here as ``(n, rows, columns, channels)``. Layers that name ``channels_first``, and those
that work on each value by itself, pass that on; before all others a ``Permute`` brings back
the order of the file, so that they mean what they meant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from keras import layers

FIRST, LAST = "channels_first", "channels_last"
_EACH_VALUE = frozenset(
    [
        "Activation",
        "ActivityRegularization",
        "Add",
        "AlphaDropout",
        "Average",
        "Dropout",
    ]
    + ["ELU", "GaussianDropout", "GaussianNoise", "Identity", "LeakyReLU", "Maximum"]
    + ["Minimum", "Multiply", "ReLU", "SpatialDropout2D", "Subtract", "ThresholdedReLU"]
)
_ALONG_AN_AXIS = frozenset(
    [
        "BatchNormalization",
        "BatchNormalizationV1",
        "BatchNormalizationV2",
        "Concatenate",
    ]
    + ["GroupNormalization", "LayerNormalization", "Normalization", "Softmax"]
    + ["SyncBatchNormalization"]
)
_WHOLE_ROW = ("softmax", "softmax_v2", "log_softmax", "sparsemax")

Apply = Callable[..., Any]
Turned = tuple[list[Any], Mapping[str, Any], bool]


def of_rows(config: Mapping[str, Any]) -> bool:
    """Whether a layer's activation works along an axis, by default the file's last one."""
    value = config.get("activation")
    if isinstance(value, Mapping):
        kind = value.get("class_name")
        value = value.get("config") if kind == "function" else kind
    return value in (*_WHOLE_ROW, "Softmax")


@dataclass
class Turning:
    """Which tensors of a graph are turned.

    Attributes:
        apply: Takes a Keras layer and its input, gives its output.
        few_bits: The ``id`` of each tensor of whole numbers; see ``whole_numbers``.
    """

    apply: Apply
    few_bits: set[int]
    _turned: set[int] = field(default_factory=set)
    _count: int = 0

    def mark(self, tensor: Any) -> None:
        """Remembers that a tensor is turned."""
        self._turned.add(id(tensor))

    def prepared(
        self, kind: str, config: Mapping[str, Any], tensors: list[Any]
    ) -> Turned:
        """What a layer gets, how it is set, and whether its output is turned.

        Args:
            kind: Of the layer.
            config: As in the file.
            tensors: Its inputs.

        """
        rank = max((len(tensor.shape) for tensor in tensors), default=0)
        first = config.get("data_format") == FIRST
        if not first and not any(id(tensor) in self._turned for tensor in tensors):
            return tensors, config, False
        settings = {**config, "data_format": LAST} if first else dict(config)
        if first and of_rows(config):
            settings["activation"] = "linear"  # the graph puts it behind
        if not first and not self._follows(kind, settings, rank):
            return [self.as_in_file(tensor) for tensor in tensors], config, False
        return [self._as_kept(tensor) for tensor in tensors], settings, True

    def as_in_file(self, tensor: Any) -> Any:
        """The axes of a tensor in the order of the file."""
        if id(tensor) not in self._turned:
            return tensor
        rank = len(tensor.shape)
        return self._permuted(tensor, [rank - 1, *range(1, rank - 1)])

    def _as_kept(self, tensor: Any) -> Any:
        rank = len(tensor.shape)
        if id(tensor) in self._turned or rank < 3:
            return tensor
        return self._permuted(tensor, [*range(2, rank), 1])

    def _permuted(self, tensor: Any, order: list[int]) -> Any:
        self._count += 1
        permuted = self.apply(layers.Permute(order, name=f"axes.{self._count}"), tensor)
        if id(tensor) in self.few_bits:
            self.few_bits.add(id(permuted))
        return permuted

    def _follows(self, kind: str, settings: dict[str, Any], rank: int) -> bool:
        """Whether a layer does the same to a turned tensor; moves its axis there."""
        if kind in _EACH_VALUE:
            return not of_rows(settings)
        axis = settings.get("axis", -1)
        axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
        if (
            kind not in _ALONG_AN_AXIS
            or type(axis) is not int
            or not -rank <= axis < rank
        ):
            return False
        axis %= rank
        settings["axis"] = axis if axis == 0 else rank - 1 if axis == 1 else axis - 1
        return True
