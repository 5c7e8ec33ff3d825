"""What a user can choose about a repair; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

# The first is the default.
METHODS = ("fresh-head", "fine-pruning", "reference")
FINE_PRUNING_METHODS = METHODS[1:]
# Factors for pixels 0..255, by the name that the command line gives them.
SCALES = {"raw": 1.0, "255": 1 / 255}


@dataclass(frozen=True)
class Settings:
    """Settings of a method of repair.

    Attributes:
        layer: The convolution whose dormant channels are pruned, or the layer on which
            the fresh head stands; None = it is chosen from the network.
        fraction: Share of its channels to prune, in [0, 1).
        max_drop: Prune until clean accuracy has dropped by this, in [0, 1], instead.
        epochs: Passes of fine-tuning over the clean data.
        max_fpr: Largest estimated false-positive rate of the fresh head, in [0, 1], in
            place of the usual operating point.
        seed: Everything random follows from it.
    """

    layer: str | None = None
    fraction: float = 0.77
    max_drop: float | None = None
    epochs: int = 5
    max_fpr: float | None = None
    seed: int = 0
