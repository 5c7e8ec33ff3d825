"""Settings of layers that are not on the list: without effect here, as usual, or refused.

What a layer would do otherwise by a setting that is passed over would be done silently. So
whatever the list does not name has to be what Keras takes if nothing is said.
"""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping
from typing import Any

from keras import layers

from repair.errors import ModelError

# These matter while a network is trained, or say how it is computed, not what.
_WITHOUT_EFFECT = frozenset(
    ["data_format", "dtype", "flash_attention", "gptq_unpacked_column_size"]
    + ["lora_alpha", "lora_rank", "momentum", "name", "noise_shape"]
    + ["renorm_clipping", "renorm_momentum", "seed", "synchronized", "trainable"]
)
_ENDINGS = ("_constraint", "_initializer", "_regularizer")


def check_others(
    kind: str, config: Mapping[str, Any], listed: Collection[str], name: str
) -> None:
    """Looks at the settings of a layer that are not on the list.

    Args:
        kind: Its class, one of Keras' own.
        config: As in the file.
        listed: Settings that are on the list.
        name: What errors call it.

    Raises:
        ModelError: If one would change what it answers, or its weights are quantised.
    """
    policy = config.get("dtype")
    by_policy = isinstance(policy, Mapping) and "Quantized" in str(
        policy.get("class_name")
    )
    if by_policy or config.get("quantization_config") is not None:
        raise ModelError(
            f"layer {name!r} is quantised. Expected the network as it was before "
            "model.quantize(...)."
        )
    usual = inspect.signature(getattr(layers, kind).__init__).parameters
    for key, value in config.items():
        if key in listed or key in _WITHOUT_EFFECT or key.endswith(_ENDINGS):
            continue
        if key in usual and value != usual[key].default:
            raise ModelError(
                f"layer {name!r}: setting {key!r} is not supported. Received: "
                f"{str(value)[:60]!r}."
            )
