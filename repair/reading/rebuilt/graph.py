"""Rebuilds a network from the steps that its file describes, without weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import keras
from keras import layers

from artifacts.errors import one_line
from repair.errors import ModelError
from repair.network.causal import causal
from repair.network.operation import Operation
from repair.process.notice import say
from repair.reading.described.call_order import lost
from repair.reading.described.calls import Place
from repair.reading.described.nested import Step, Tensor
from repair.reading.described.plain_values import with_each
from repair.reading.described.wrappers import unwrapped
from repair.reading.described.writer import Version
from repair.reading.rebuilt import limits
from repair.reading.rebuilt.activation_list import activation_from
from repair.reading.rebuilt.call_arguments import called_with
from repair.reading.rebuilt.counted import Counted
from repair.reading.rebuilt.equations import with_known_sides
from repair.reading.rebuilt.image_input import fixed_images, image_input
from repair.reading.rebuilt.layer_list import MERGING, layer_from_config
from repair.reading.rebuilt.operators.table import operator_applied, own_settings
from repair.reading.rebuilt.operators.use import Use, is_tensor
from repair.reading.rebuilt.operators.whole_numbers import stays_whole, takes_few_bits
from repair.reading.rebuilt.refusals import check_no_own
from repair.reading.rebuilt.stand_ins import stand_in_for
from repair.reading.rebuilt.turned import Turning, of_rows

Path = tuple[str, ...]


@dataclass
class Graph:
    """A network that grows step by step.

    Attributes:
        keras_version: Of the writer.
        stored: Weights that the file has, in all.
        has_weights: Whether the file may have weights for the layer of a path.
        layers: By the path of a layer in the file what stands for it here, one a call.
        tensors: What each step made.
        images: The input.
        fixed: How many images the network takes, None where any number.
    """

    keras_version: Version
    stored: int
    has_weights: Callable[[Path], bool]
    layers: dict[Path, list[keras.Layer]] = field(default_factory=dict)
    tensors: list[Any] = field(default_factory=list)
    images: Any = None
    fixed: int | None = None

    def __post_init__(self) -> None:
        """Nothing is counted or turned yet."""
        self._counted = Counted(self.stored)
        self._few_bits: set[int] = set()
        self._turning = Turning(self.apply, self._few_bits)

    def build(self, steps: list[Step], told: tuple[int, int, int] | None) -> None:
        """Makes all steps.

        Args:
            steps: Each after those that it needs; the first is the input.
            told: Rows, columns and channels of the images, for a network of any size.

        Raises:
            ModelError: If a step is not on a list, does not fit its inputs, or is too
                large.
        """
        first = steps[0]
        shape, turned = limits.image_shape(first.part.config, told)
        self.fixed = fixed_images(first.part.config)
        in_a_row = limits.takes_a_row(first.part.config)
        self.images, tensor = image_input(shape, first.name, in_a_row=in_a_row)
        if turned:
            say("the network takes channels first; it is rebuilt to take them last")
            self._turning.mark(tensor)
        if takes_few_bits(first.part.config):
            self._few_bits.add(id(tensor))
        self.tensors.append(tensor)
        for step in steps[1:]:
            self.tensors.append(self._made(step))

    def _made(self, step: Step) -> Any:
        values, keywords = self._given(step.arguments), self._given(step.keywords)
        if step.part.is_operator:
            check_no_own(step.part, step.name, self.keras_version)
            values, keywords = self._as_in_file(values), self._as_in_file(keywords)
            settings = {**own_settings(step.part), **keywords}
            use = (values, settings, step.name, self.apply, step.number)
            return operator_applied(step.part, Use(*use, self.fixed, self._few_bits))
        if step.number:
            raise lost(Place(step.part.name, 0, step.number))
        part = unwrapped(step.part)
        tensors, is_causal = called_with(part.kind, step.name, values, keywords)
        tensors, config, turned = self._turning.prepared(
            part.kind, part.config, tensors
        )
        result = self._layer_applied(
            replace(step, part=replace(part, config=config)), tensors, is_causal
        )
        if stays_whole(part.kind, step.name, tensors, self._few_bits):
            self._few_bits.add(id(result))
        if turned and len(result.shape) > 2:
            self._turning.mark(result)
        if turned and of_rows(part.config):
            result = self._activated(part.config["activation"], step.name, result)
        return result

    def _activated(self, activation: Any, name: str, tensor: Any) -> Any:
        """An activation along an axis of the file, behind a layer whose output is turned."""
        word, layers_of_it = activation_from(activation, name, self.keras_version)
        tensor = self._turning.as_in_file(tensor)
        for layer in (layers.Activation(word, name=f"{name}.rows"), *layers_of_it):
            tensor = self.apply(layer, tensor)
        return tensor

    def _layer_applied(self, step: Step, tensors: list[Any], is_causal: bool) -> Any:
        """What a layer, or what stands for it, makes of tensors."""
        if (stand_in := stand_in_for(step.part, self.keras_version)) is not None:
            return stand_in(step, tensors, self._applied_at(step.path))
        config = dict(step.part.config)
        if step.part.kind == "EinsumDense" and tensors:
            config = with_known_sides(config, tensors[0].shape)
        behind: list[keras.Layer] = []
        if "activation" in config:
            config["activation"], behind = activation_from(
                config["activation"], step.name, self.keras_version
            )
        layer = layer_from_config(step.part, config, step.name, self.keras_version)
        layer = causal(layer) if is_causal else layer
        result = self._applied_at(step.path)(layer, *tensors)
        for more in behind:
            result = self.apply(more, result)
        return result

    def _given(self, value: Any) -> Any:
        """What a call names, with the tensors that were made of it."""
        return with_each(
            value, lambda x: self.tensors[x.step] if isinstance(x, Tensor) else x
        )

    def _as_in_file(self, value: Any) -> Any:
        """The same with all axes in the order of the file."""
        return with_each(
            value, lambda x: self._turning.as_in_file(x) if is_tensor(x) else x
        )

    def _applied_at(self, path: Path) -> Callable[..., Any]:
        """Applies a layer that has weights in the file, and remembers it."""

        def apply(layer: keras.Layer, *tensors: Any) -> Any:
            first = path not in self.layers and self.has_weights(path)
            result = self.apply(layer, *tensors, first=first)
            self.layers.setdefault(path, []).append(layer)
            return result

        return apply

    def apply(self, layer: keras.Layer, *tensors: Any, first: bool = False) -> Any:
        """What a layer makes of tensors.

        Args:
            layer: One that is not built yet.
            tensors: Its inputs.
            first: Whether the file has weights for this very call.

        Raises:
            ModelError: If it does not fit them, or is too large.
        """
        many = len(tensors) > 1
        kinds = {kind.__name__ for kind in type(layer).__mro__}
        takes_many = bool(kinds & (MERGING | {"MultiHeadAttention"}))
        if not tensors or (many != takes_many and not isinstance(layer, Operation)):
            raise ModelError(f"layer {layer.name!r} has {len(tensors)} inputs.")
        limits.check_inputs(layer, tensors)
        try:
            self._counted.add(layer, [x.shape for x in tensors], first=first)
            attends = isinstance(layer, layers.MultiHeadAttention)
            given = tensors if attends or not many else [list(tensors)]
            made = layer(*given)
            limits.check_outputs(layer, made)
            return made
        except (ModelError, MemoryError):
            raise
        except Exception as reason:  # whatever Keras says of settings that do not fit
            shapes = ", ".join(str(tensor.shape[1:]) for tensor in tensors)
            raise ModelError(
                f"layer {layer.name!r} does not fit its input of shape {shapes}. "
                f"Received: {one_line(reason)}"
            ) from reason
