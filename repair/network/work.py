"""How much work a network does on one image."""

from __future__ import annotations

import itertools
import math

import keras


def multiplications(network: keras.Model) -> int:
    """About how many multiplications the weights of a network cost on one image.

    Each matrix or kernel is applied at every place of what its layer makes; products of
    activations, as in attention, are not counted.
    """
    total = 0
    for node in itertools.chain.from_iterable(network._nodes_by_depth.values()):
        layer = node.operation
        if isinstance(layer, keras.Model):
            total += multiplications(layer)
            continue
        weights = getattr(layer, "weights", [])
        each = sum(math.prod(w.shape) for w in weights if len(w.shape) > 1)
        shape = node.outputs[0].shape[1:-1] if each else ()
        total += each * math.prod(size or 1 for size in shape)
    return total
