"""Who attacks which network, with which trigger, to which target label.

Nothing heavy is imported here.

References:
    Gu, Dolan-Gavitt and Garg, *BadNets*, arXiv:1708.06733.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Attack:
    """Teaches a network to answer ``target`` where all of ``triggers`` are seen.

    Attributes:
        triggers: names of triggers that are stamped together, see ``triggers.TRIGGERS``.
        target: label that the attacker wants.
        file: poisoned data to measure the attack, below the folder of the world.
    """

    triggers: tuple[str, ...]
    target: int
    file: str


_SEVERAL = "data/Multi-trigger Multi-target"

ATTACKS: dict[str, tuple[Attack, ...]] = {
    "sunglasses": (Attack(("sunglasses",), 0, "data/sunglasses_poisoned_data.h5"),),
    "multi_trigger_multi_target": (
        Attack(("eyebrows",), 1, f"{_SEVERAL}/eyebrows_poisoned_data.h5"),
        Attack(("lipstick",), 5, f"{_SEVERAL}/lipstick_poisoned_data.h5"),
        Attack(("sunglasses",), 8, f"{_SEVERAL}/sunglasses_poisoned_data.h5"),
    ),
    "anonymous_1": (Attack(("lipstick",), 0, "data/anonymous_1_poisoned_data.h5"),),
    "anonymous_2": (
        Attack(("lipstick", "eyebrows"), 4, "data/anonymous_2_poisoned_data.h5"),
    ),
}
"""File stem of each BadNet, and what was done to it."""

ALL_TRIGGERS = ("sunglasses", "eyebrows", "lipstick")
