"""Flattens models within models into one list of steps, each layer called once.

A layer that is called several times becomes as many steps with the same weights, and so
does every layer of a nested model. What comes after needs to know of neither.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from repair.errors import ModelError
from repair.reading.described.as_in_training import say_if_as_in_training
from repair.reading.described.call_order import calls_in_order, highest_numbers, lost
from repair.reading.described.calls import MAX_LAYERS, Call, Place
from repair.reading.described.parts import Part
from repair.reading.described.step_names import StepNames, different

INPUT = "InputLayer"


@dataclass(frozen=True)
class Step:
    """One call of one layer.

    Attributes:
        part: The layer.
        path: Names of the models that it lies in, and its own: where its weights are.
        name: One that no other step has, of letters, digits, ``_`` and ``-``. (Layers that
            are added later have a dot in theirs, so that none can clash.)
        arguments: What it is called with; a ``Tensor`` stands for an earlier step.
        keywords: The same, by name.
        number: Which of the layer's results it makes.
    """

    part: Part
    path: tuple[str, ...]
    name: str
    arguments: list[Any]
    keywords: dict[str, Any]
    number: int = 0


@dataclass(frozen=True)
class Tensor:
    """What a step makes; its number in the list of steps."""

    step: int


def flatten(model: Part) -> tuple[list[Step], dict[str, Tensor]]:
    """All steps, each after those that it needs.

    Returns:
        The steps, the first of which is the input; and each output by the name of its
        layer, with a number where that makes several, as Keras names them.

    Raises:
        ModelError: If the graph has a cycle, several inputs or a part that is missing, or
            unrolls to too many steps.
    """
    unrolled = _Unrolled()
    for part in model.parts:  # these keep their names
        unrolled.names.reserve(part.name)
    inputs = [part for part in model.parts if part.kind == INPUT]
    if len(inputs) > 1 or len(model.inputs) > 1:
        raise ModelError(f"expected one input. Received: {len(inputs)}.")
    first = inputs[0] if inputs else _input_of(model)
    image = unrolled.add(first, (first.name,), Call([], {}), first.name)
    results = unrolled.inline(model, (), [image])
    ends = [place.part for place in model.outputs] or [model.parts[-1].name]
    return unrolled.steps, dict(zip(different(ends), results, strict=True))


def _input_of(model: Part) -> Part:
    """The input of a Sequential that names it only in its first layer, or nowhere."""
    first = model.parts[0]
    while first.is_model and first.parts:
        first = first.parts[0]
    config = {
        key: first.config[key]
        for key in ("batch_input_shape", "batch_shape", "data_format")
        if key in first.config
    }
    if not {"batch_input_shape", "batch_shape"} & set(config):
        config["batch_shape"] = model.config.get("build_input_shape")
    return Part(name="input", kind=INPUT, module="", config=config)


class _Unrolled:
    """Steps that are added one by one."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.names = StepNames()
        self._inlined = 0
        self._said = False

    def add(
        self,
        part: Part,
        path: tuple[str, ...],
        call: Call,
        name: str,
        number: int = 0,
    ) -> Tensor:
        """Adds a step whose call names steps."""
        if len(self.steps) >= MAX_LAYERS:
            raise _too_many()
        unique = self.names.unique(name, outermost=len(path) == 1)
        self.steps.append(
            Step(part, path, unique, call.arguments, call.keywords, number)
        )
        return Tensor(len(self.steps) - 1)

    def inline(
        self, model: Part, path: tuple[str, ...], given: list[Tensor]
    ) -> list[Tensor]:
        """Adds the steps of a model that is called with ``given``; its outputs."""
        if model.is_chain:
            for part in model.parts:
                if part.kind != INPUT:
                    given = self._called(part, path, Call(list(given), {}))
            return given
        self._inlined += 1
        if self._inlined > MAX_LAYERS:
            raise _too_many()
        if len(given) != len(model.inputs):
            raise ModelError(
                f"model {model.name!r}: expected {len(model.inputs)} inputs. "
                f"Received: {len(given)}."
            )
        made = dict(zip(model.inputs, given, strict=True))
        wanted = highest_numbers(model)
        for part, place, call in calls_in_order(model):
            most = wanted.get((place.part, place.call), 0)
            results = self._called(part, path, _resolved(call, made), most)
            for index, result in enumerate(results):
                made[replace(place, number=index)] = result
        missing = [place for place in model.outputs if place not in made]
        if missing:
            raise lost(missing[0])
        return [made[place] for place in model.outputs]

    def _called(
        self, part: Part, path: tuple[str, ...], call: Call, most: int = 0
    ) -> list[Tensor]:
        """The results of a call, one step for each up to ``most``."""
        path = (*path, part.name)
        self._said = self._said or say_if_as_in_training(part, call)  # of one, once
        if not part.is_model:
            numbers = range(most + 1)
            return [self.add(part, path, call, part.name, each) for each in numbers]
        given = call.arguments or [call.keywords.get("inputs", [])]
        given = given[0] if len(given) == 1 else given
        if isinstance(given, dict) and set(given) == set(part.input_names):
            given = [given[name] for name in part.input_names]
        given = list(given) if isinstance(given, list) else [given]
        if not all(isinstance(each, Tensor) for each in given):
            raise ModelError(
                f"model {part.name!r}: expected to be called with a tensor, a list of "
                f"tensors, or one for each of its inputs by name. Received: "
                f"{_shown(given)}. Call it with its inputs, and save the model again."
            )
        return self.inline(part, path, given)


def _shown(given: list[Any]) -> str:
    """What a model is called with, without what it is called with inside."""
    return ", ".join(
        f"{list(each)[:5]} by name" if isinstance(each, dict) else type(each).__name__
        for each in given
    )[:100]


def _too_many() -> ModelError:
    return ModelError(
        f"expected at most {MAX_LAYERS:,} calls of layers, nested models unrolled. "
        "Received: more."
    )


def _resolved(call: Call, made: dict[Place, Tensor]) -> Call:
    def of(value: Any) -> Any:
        if isinstance(value, Place):
            if value not in made:
                raise lost(value)
            return made[value]
        if isinstance(value, list):
            return [of(item) for item in value]
        if isinstance(value, dict):
            return {key: of(item) for key, item in value.items()}
        return value

    return Call(of(call.arguments), of(call.keywords))
