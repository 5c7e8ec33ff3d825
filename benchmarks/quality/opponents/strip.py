"""STRIP: an image whose label survives other images laid over it carries a trigger.

References:
    Gao et al., *STRIP: A Defence Against Trojan Attacks on Deep Neural Networks*,
    arXiv:1902.06531.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np

from repair.dataset import Dataset
from repair.network.inference import BATCH_SIZE, outputs


@dataclass(frozen=True)
class Strip:
    """A detector that flags images whose label is too sure.

    Attributes:
        network: The BadNet, a classifier of plain pixels.
        overlays: Clean images ``(m, rows, cols, channels)`` to lay over an image.
        least: Entropy below which an image is flagged, in nats.
    """

    network: keras.Model
    overlays: np.ndarray
    least: float

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """The BadNet's labels ``(n,)``, N where an image is flagged."""
        labels = outputs(self.network, images).argmax(axis=1)
        flagged = entropies(self.network, images, self.overlays) < self.least
        return np.where(flagged, self.network.output_shape[-1], labels)


def strip(
    network: keras.Model,
    clean: Dataset,
    *,
    seed: int,
    overlays: int = 100,
    held_out: int = 1000,
    fpr: float = 0.01,
) -> Strip:
    """Fits the detector.

    Args:
        network: The BadNet, a classifier of plain pixels.
        clean: Clean images.
        seed: Fixes which images are laid over others.
        overlays: Images laid over each, as many as in the paper.
        held_out: Other clean images, at most, that the threshold is found on.
        fpr: Share of them that the threshold flags, in [0, 1].
    """
    order = np.random.default_rng(seed).permutation(len(clean))
    over = clean.images[order[:overlays]].astype(np.float32)
    others = clean.images[order[overlays : overlays + held_out]]
    least = float(np.quantile(entropies(network, others, over), fpr))
    return Strip(network, over, least)


def entropies(
    network: keras.Model, images: np.ndarray, overlays: np.ndarray
) -> np.ndarray:
    """Mean entropy ``(n,)`` in nats of the answers to each image under the overlays.

    As in the authors' code, the two images are added and clipped.
    """
    step = max(1, BATCH_SIZE // len(overlays))
    found = []
    for start in range(0, len(images), step):
        some = images[start : start + step, None].astype(np.float32)
        mixed = np.minimum(some + overlays, 255).reshape(-1, *images.shape[1:])
        answers = outputs(network, mixed)
        each = -(answers * np.log(answers + 1e-12)).sum(axis=1)
        found.append(each.reshape(-1, len(overlays)).mean(axis=1))
    return np.concatenate(found)
