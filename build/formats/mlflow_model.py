"""What MLflow runs: copied into each model folder, so it imports nothing of ours."""

from typing import Any

import mlflow
import numpy as np
import tensorflow as tf


class Detector(mlflow.pyfunc.PythonModel):
    """Labels images: ``0..N-1`` a class, ``N`` poisoned."""

    def load_context(self, context: Any) -> None:
        """Loads the SavedModel once; its functions live as long as it does."""
        self._loaded = tf.saved_model.load(context.artifacts["detector"])
        self._ask = self._loaded.signatures["serving_default"]

    def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
        """Labels ``(n,)`` int64 of images ``(n, rows, columns, 3)`` uint8."""
        images = np.asarray(model_input, np.uint8)
        return self._ask(images=tf.constant(images))["label"].numpy()


mlflow.models.set_model(Detector())
