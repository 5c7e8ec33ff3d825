"""An artifact to be asked for reasons: its signature ``explain``, loaded once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from artifacts.card import read_artifact
from artifacts.in_memory import loaded_signature
from artifacts.quiet import silent
from artifacts.runtime.load import settle

if TYPE_CHECKING:
    import numpy as np

_BATCH = 512


class Explainer:
    """A detector that is asked for the outputs of its signature ``explain``.

    Attributes:
        card: What its card says.
        num_classes: N.
        size: Rows, columns and channels of its images.
    """

    def __init__(self, folder: Path) -> None:
        """Loads an artifact.

        Raises:
            DetectorError: If there is none, a file of it was changed, or it can not be
                loaded.
        """
        artifact = read_artifact(folder)
        self.card = artifact.card
        self.num_classes: int = self.card["num_classes"]
        self.size = artifact.image_shape
        settle()
        with silent():
            self._loaded, self._ask = loaded_signature(artifact, "explain")
            import tensorflow as tf

            self._tensor = tf.constant

    def __call__(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """The outputs, ``(n,)`` each, for images ``(n, rows, columns, channels)`` uint8."""
        import numpy as np

        batches = []
        for start in range(0, max(len(images), 1), _BATCH):
            with silent():
                outputs = self._ask(images=self._tensor(images[start : start + _BATCH]))
            batches.append({name: np.asarray(x) for name, x in outputs.items()})
        return {
            name: np.concatenate([batch[name] for batch in batches])
            for name in batches[0]
        }

    @property
    def stand_in(self) -> bool:
        """Whether it was built from a demo's made-up images."""
        return self.card.get("stand_in") is True
