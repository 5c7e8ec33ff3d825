"""A model's description, as its file has it, brought to one form: parts and their calls.

Keras has written the same graph in several spellings (see ``calls``), or none at all
(``Sequential``). Here all become ``Part``, ``Call`` and ``Place``. Nothing is made of them
yet, and nothing is looked up by a name of the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from repair.errors import ModelError
from repair.reading.described.calls import MAX_LAYERS, Call, Place, calls_of, places_of
from repair.reading.described.marks import without_mark
from repair.reading.described.output_calls import counted_from_0
from repair.reading.described.plain_values import of_type

_MAX_DEPTH = 10
_MAX_NAME = 200
_MODELS = ("Functional", "Model", "Sequential")
_KERAS = ("builtins", "keras", "tensorflow", "tf_keras")
_CHAINS = ("Pipeline", "Sequential")
_OF_A_TYPE = ("Cast", "OnesLike", "ZerosLike")  # operators that may be told one
OF_TENSORFLOW = ("TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer")


@dataclass(frozen=True)
class Part:
    """A layer, or a model made of layers.

    Attributes:
        name: As in the file.
        kind: Its class.
        module: Where the writer's Python had that class; "" in older files.
        own: Whether it is a class of the writer's own, not one of Keras.
        config: Its settings.
        calls: How it is called, in the model around it.
        parts: Of a model: what it is made of, in the order of the file.
        inputs: Of a model with a graph: its input tensors.
        outputs: Of a model with a graph: its output tensors.
        input_names: Of a model whose inputs have names of their own: these.
        output_names: The same of its outputs.
    """

    name: str
    kind: str
    module: str
    config: Mapping[str, Any]
    own: bool = False
    calls: list[Call] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    inputs: list[Place] = field(default_factory=list)
    outputs: list[Place] = field(default_factory=list)
    input_names: list[str] = field(default_factory=list)
    output_names: list[str] = field(default_factory=list)

    @property
    def is_model(self) -> bool:
        """Whether it is made of layers."""
        return self.kind in (*_MODELS, *_CHAINS)

    @property
    def is_operator(self) -> bool:
        """Whether it is arithmetic, not a layer."""
        # Where Keras 3 names no modules, in ``.h5``, operators lack a layer's settings.
        settings = set(self.config) - ({"dtype"} if self.kind in _OF_A_TYPE else set())
        bare = not (self.module or self.is_model or {"trainable", "dtype"} & settings)
        of_keras = self.module.startswith("keras.src.ops") or (
            bare and bool(self.calls)
        )
        return self.kind in OF_TENSORFLOW or of_keras

    @property
    def is_chain(self) -> bool:
        """Whether each of its layers follows the one before."""
        return self.kind in _CHAINS


def model_from(description: Any) -> Part:
    """The model that a file describes.

    Args:
        description: The ``model_config``, ``config.json`` or ``model.to_json()`` of a
            file, parsed.

    Raises:
        ModelError: If it is malformed, has too many or too deeply nested layers, or is no
            model of layers.
    """
    entry = of_type(description, dict, "the model description")
    kind = of_type(entry.get("class_name"), str, "'class_name' of the model")
    if kind not in _MODELS:
        raise of_own_class(kind)
    model = _part(entry, "model", _MAX_DEPTH)
    if _count(model) > MAX_LAYERS:
        raise ModelError(f"expected at most {MAX_LAYERS:,} layers, {_count(model):,}.")
    return model


def of_own_class(kind: str) -> ModelError:
    """The error for a model of a class of its maker's own."""
    return ModelError(
        "expected a Sequential or functional model. The code of a model class of one's own "
        "is not in the file. If it was made as Own(inputs, outputs) and changes no more than "
        "how it is trained, save keras.Model(m.inputs, m.outputs) in place of m. Received: "
        f"{kind[:60]!r}."
    )


def part_from(entry: Any) -> Part:
    """A single layer, from its entry.

    Raises:
        ModelError: If it is malformed.
    """
    return _part(entry, "layer", _MAX_DEPTH)


def _count(part: Part) -> int:
    return 1 + sum(_count(each) for each in part.parts)


def _part(entry: Any, default: str, depth: int) -> Part:
    entry = without_mark(of_type(entry, dict, f"the entry of {default}"))
    kind = of_type(entry.get("class_name"), str, f"'class_name' of {default}")
    config = entry.get("config")
    if isinstance(config, list) and kind == "Sequential":  # Keras 2.0 to 2.2.2
        config = {"layers": config}
    config = of_type(config, dict, f"'config' of {default}")
    # An old nested Sequential may have its name beside the settings only.
    name = config.get("name", entry.get("name", default))
    if kind == "TensorFlowOpLayer":  # whose settings name the operation
        name = entry.get("name", name)
    module = entry.get("module") or ""
    registered = entry.get("registered_name")
    part = Part(
        name=checked_name(name),
        kind=kind,
        module=str(module),
        config=config,
        own=registered not in (None, kind)
        or (bool(module) and not str(module).startswith(_KERAS)),
        calls=calls_of(entry.get("inbound_nodes"), str(name)[:60]),
    )
    if part.is_model and part.own:
        raise of_own_class(f"{part.module}.{kind}")
    return _with_parts(part, depth) if part.is_model else part


def _with_parts(part: Part, depth: int) -> Part:
    if depth == 0:
        raise ModelError(
            f"expected models nested at most {_MAX_DEPTH} deep. Received: more."
        )
    where = f"model {part.name!r}"
    entries = of_type(part.config.get("layers"), list, f"'layers' of {where}")
    if not 0 < len(entries) <= MAX_LAYERS:
        raise ModelError(
            f"{where}: expected 1 to {MAX_LAYERS:,} layers. Received: {len(entries):,}."
        )
    for index, entry in enumerate(entries):
        part.parts.append(_part(entry, f"layer_{index}", depth - 1))
    names = [each.name for each in part.parts]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ModelError(f"expected different layer names. Received: {twice!r} twice.")
    if not part.is_chain:
        for key, ends, own_names in (
            ("input", part.inputs, part.input_names),
            ("output", part.outputs, part.output_names),
        ):
            listed = part.config.get(f"{key}_layers")
            ends += places_of(listed, f"'{key}_layers' of {where}")
            own_names += listed if isinstance(listed, dict) else ()
        part.outputs[:] = counted_from_0(part.outputs, part.parts, entries)
    return part


def checked_name(name: Any) -> str:
    """A name of a layer: printable, and no path that leads elsewhere.

    Raises:
        ModelError: If it is not.
    """
    fine = isinstance(name, str) and 0 < len(name) <= _MAX_NAME and name.isprintable()
    if not fine or name[0] == "/" or {".", ".."} & set(name.split("/")):
        raise ModelError(f"unusable layer name. Received: {str(name)[:60]!r}.")
    return str(name)
