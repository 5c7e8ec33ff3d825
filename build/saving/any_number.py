"""Lets a detector be asked about no image at all, which some kernels do not bear.

TensorFlow's convolution through oneDNN gives no images the shape of its input, not of its
output, and the next layer refuses them. So an empty batch is given one black image, and
its answer is dropped. Any other batch passes as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

# Names of the two operations in the graph; ``frozen`` takes them off again.
FILLED = "at_least_one"
CUT = "as_many_as_asked"


def answers_to_any_number(
    answers: Callable[[tf.Tensor], dict[str, Any]], images: tf.Tensor
) -> dict[str, tf.Tensor]:
    """What ``answers`` gives for the images, and vectors of length 0 for none.

    Args:
        answers: From one image or more to a dict of vectors ``(n,)``.
        images: ``(n, rows, columns, channels)``, all but n known.
    """
    count = tf.shape(images)[0]
    missing = tf.maximum(1 - count, 0)
    black = tf.zeros((missing, *images.shape[1:]), images.dtype)
    filled = tf.concat([images, black], 0, name=FILLED)
    return {
        name: tf.strided_slice(vector, [0], [count], name=f"{name}/{CUT}")
        for name, vector in answers(filled).items()
    }
