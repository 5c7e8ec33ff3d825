"""Whether a network can answer an image at all: settings may fit no tensor when it does."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from artifacts.errors import one_line
from repair.errors import ModelError
from repair.network.inference import outputs


def check_answer(images: Any, scores: Any) -> None:
    """Has one black image answered.

    Keras finds out some settings alone that no tensor can have. Numbers along the axis of
    images would make other answers of one, or mix several.

    Args:
        images: The input of a graph, ``(n, rows, columns, channels)``.
        scores: A tensor of that graph, its weights set.

    Raises:
        ModelError: If it gives no answer, or not one for one image.
    """
    black = np.zeros((1, *images.shape[1:]), np.float32)
    try:
        answers = outputs(keras.Model(images, scores), black)
    except (MemoryError, RecursionError):
        raise
    except Exception as reason:  # whatever TensorFlow says of settings that do not fit
        raise ModelError(
            "can not answer an image of its own size: a setting of a layer does not fit "
            f"what the layer is given. Received: {one_line(reason)}"
        ) from reason
    expected = (1, *scores.shape[1:])
    if answers.shape != expected:
        raise ModelError(
            f"expected an answer of shape {expected} for one image. Received: "
            f"{answers.shape}. A setting of a layer changes how many images there are."
        )
