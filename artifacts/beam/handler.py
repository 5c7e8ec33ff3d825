"""What Apache Beam's ``RunInference`` loads and asks: an artifact, as it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from apache_beam.ml.inference.base import PredictionResult
from apache_beam.ml.inference.tensorflow_inference import TFModelHandlerNumpy

from artifacts.card import verify
from artifacts.labelling import BATCH


class ArtifactHandler(TFModelHandlerNumpy):
    """Beam's handler of SavedModels, in batches of 256.

    The handler itself loads with ``keras.models.load_model``, which in Keras 3 refuses
    every SavedModel. Only that step is another one here.

    Args:
        folder: The artifact, where each worker finds it.
    """

    def __init__(self, folder: str) -> None:
        super().__init__(
            folder, inference_fn=_serve, min_batch_size=BATCH, max_batch_size=BATCH
        )

    def load_model(self) -> Any:
        """The SavedModel, once its files were held against its card.

        Raises:
            DetectorError: If the artifact is missing or any file of it was changed.
        """
        verify(Path(self._model_uri))
        return tf.saved_model.load(self._model_uri)


def _serve(
    model: Any,
    batch: Sequence[np.ndarray],
    inference_args: dict[str, Any],
    model_id: str | None = None,
) -> list[PredictionResult]:
    """Labels images ``(rows, columns, 3)`` uint8; an ``inference`` is an int, 0..N."""
    labels = model.serve(tf.constant(np.stack(batch), tf.uint8)).numpy().tolist()
    return [
        PredictionResult(image, label, model_id)
        for image, label in zip(batch, labels, strict=True)
    ]
