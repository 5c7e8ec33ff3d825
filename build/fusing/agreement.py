"""The layer that turns two networks' answers into one label, or N for poisoned."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from repair.rule import LARGEST_MARGIN, REPAIRED_WEIGHT


@keras.saving.register_keras_serializable(package="badnet_repair")
class Agreement(keras.layers.Layer):
    """The label that two classifiers agree on, else N.

    With thresholds, the repaired network must speak against the original's label b by
    at least ``thresholds[b]``, in log p(best other label) - log p(b), for the image to
    be flagged; the answer is what both say together. Without, any disagreement of the
    two argmaxes counts. NaN or infinity in
    either network's answer always gives N.

    Both are compared by their scores before the softmax, whose differences are those
    of log p; ``rule`` says the same of probabilities.

    Args:
        thresholds: N floats, or None for plain comparison.
    """

    def __init__(self, thresholds: Any = None, **kwargs: Any) -> None:
        super().__init__(**{"trainable": False, **kwargs})
        self.thresholds = None
        if thresholds is not None:
            self.thresholds = np.asarray(thresholds, np.float32)
            if self.thresholds.ndim != 1 or np.isnan(self.thresholds).any():
                raise ValueError(
                    "Expected one threshold per label, not NaN. "
                    f"Received: shape {self.thresholds.shape}."
                )

    def call(self, original: Any, repaired: Any) -> Any:
        """Compares two ``(n, N)`` arrays of scores.

        Returns:
            ``(n,)`` int64, 0..N; N = poisoned.
        """
        num_classes = original.shape[-1]
        if self.thresholds is not None and len(self.thresholds) != num_classes:
            raise ValueError(
                f"Expected {num_classes} thresholds, one per label. "
                f"Received: {len(self.thresholds)}."
            )
        labels = ops.argmax(original, axis=-1)
        if self.thresholds is None:
            agree = ops.equal(labels, ops.argmax(repaired, axis=-1))
        else:
            own = ops.take_along_axis(repaired, labels[:, None], axis=-1)
            chosen = ops.equal(ops.arange(num_classes), labels[:, None])
            other = ops.max(ops.where(chosen, -np.inf, repaired), axis=-1)
            margin = ops.minimum(other - own[:, 0], LARGEST_MARGIN)
            agree = ops.less(margin, ops.take(self.thresholds, labels))
            together = ops.argmax(original + REPAIRED_WEIGHT * repaired, axis=-1)
            labels = ops.where(ops.less(margin, LARGEST_MARGIN), together, labels)
        for scores in (original, repaired):
            # A sum is finite only if every part of it is.
            whole = ops.isfinite(ops.sum(scores * 0.0, axis=-1))
            agree = ops.logical_and(agree, whole)
        return ops.where(agree, ops.cast(labels, "int64"), num_classes)

    def compute_output_spec(self, original: Any, repaired: Any) -> keras.KerasTensor:
        """The labels' shape and type."""
        return keras.KerasTensor(original.shape[:-1], "int64")

    def get_config(self) -> dict[str, Any]:
        """The thresholds, as plain numbers."""
        plain = None if self.thresholds is None else self.thresholds.tolist()
        return {**super().get_config(), "thresholds": plain}
