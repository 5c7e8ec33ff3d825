"""What an attacker is to do, and with what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.attacks.backdoor import Backdoor
from benchmarks.attacks.material import Material
from benchmarks.attacks.recipe import Training


@dataclass(frozen=True)
class Task:
    """What every attacker is given, beside a network.

    Attributes:
        material: His images.
        backdoors: What to put into the network; without any it stays clean.
        training: How.
    """

    material: Material
    backdoors: Sequence[Backdoor]
    training: Training
