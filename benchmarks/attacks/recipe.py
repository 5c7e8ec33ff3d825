"""How an attacker trains: the figures that every kind of attacker shares."""

from __future__ import annotations

from dataclasses import dataclass

BATCH_SIZE = 128


@dataclass(frozen=True)
class Training:
    """A recipe of training.

    Attributes:
        epochs: Rounds through the attacker's images.
        learning_rate: The largest.
        fraction: Poisoned copies a backdoor, as a share of the clean images.
        seed: Everything random follows from it.
        disturbed: Share of the images of which each epoch shows a copy that is disturbed
            as the defender disturbs it, with its right label: then no disturbance leads
            to a target label any more, and none is suspected.
        decoys: Share of the images of which each epoch shows a copy that nearly carries a
            trigger, with its right label: then the trigger itself is learnt, and nothing
            that comes with it.
    """

    epochs: int = 10
    learning_rate: float = 2e-3
    fraction: float = 0.15
    seed: int = 0
    disturbed: float = 0.0
    decoys: float = 0.0
