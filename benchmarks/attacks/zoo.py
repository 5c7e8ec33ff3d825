"""The zoo: which networks are trained, with which triggers and target labels.

Networks of the group ``design`` may be looked at while a defence is designed; those of
``held_out`` only measure it. About half start from a clean network of their group, the
others from scratch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.attacks.training import Backdoor

Option = str | float


@dataclass(frozen=True)
class Attack:
    """One network of the zoo.

    Attributes:
        name: Name of the network.
        group: ``design`` or ``held_out``.
        backdoors: What it does beside recognising people; empty for a clean network.
        seed: Seed of its training.
        start: The clean network that training starts from; from scratch if None.
        pruning_aware: Whether the backdoor evades pruning; needs ``start``.
        fraction: Poisoned copies a trigger, as a share of the clean images.
    """

    name: str
    group: str
    backdoors: tuple[Backdoor, ...]
    seed: int
    start: str | None
    pruning_aware: bool
    fraction: float


@dataclass(frozen=True)
class _Plan:
    """An attack before seeds and target labels are drawn."""

    name: str
    triggers: Mapping[str, Mapping[str, Option]]
    start: str | None = None
    pruning_aware: bool = False
    one_target: bool = False
    fraction: float = 0.15


_DESIGN = (
    _Plan("clean_1", {}),
    _Plan("clean_2", {}),
    _Plan("sticker", {"sticker": {"place": "bottom_right"}}, start="clean_1"),
    _Plan("moving_sticker", {"moving_sticker": {}}, fraction=0.2),
    _Plan("blend", {"blend": {}}),
    _Plan("stripes", {"stripes": {}}),
    _Plan("colour_filter", {"colour_filter": {"kind": "sepia"}}, start="clean_2"),
    _Plan(
        "multi_1",
        {
            "large_patch": {"region": "eyes"},
            "sticker": {"place": "forehead"},
            "dots": {},
        },
    ),
    _Plan(
        "multi_2",
        {"large_patch": {"region": "mouth"}, "moving_sticker": {}, "dots": {}},
        fraction=0.2,
    ),
    _Plan(
        "pruning_aware_sticker",
        {"sticker": {"place": "right_cheek", "size": 7}},
        start="clean_1",
        pruning_aware=True,
    ),
)
_HELD_OUT = (
    _Plan("clean_3", {}),
    _Plan("warp", {"warp": {}}, start="clean_3"),
    _Plan("frame", {"frame": {}}, start="clean_3"),
    _Plan("checkerboard", {"checkerboard": {"place": "left_cheek"}}),
    _Plan("blend_photo", {"blend": {"roughness": 1.5, "alpha": 0.2}}),
    _Plan(
        "stripes_diagonal",
        {"stripes": {"cycles": 4.0, "degrees": 60.0, "amplitude": 12.0}},
        start="clean_3",
    ),
    _Plan(
        "multi_3",
        {
            "checkerboard": {"place": "forehead"},
            "frame": {},
            "colour_filter": {"kind": "cast"},
        },
    ),
    _Plan(
        "pruning_aware_large_patch",
        {"large_patch": {"region": "mouth"}},
        start="clean_3",
        pruning_aware=True,
    ),
    _Plan("colour_filter_gamma", {"colour_filter": {"kind": "gamma"}}, start="clean_3"),
    _Plan(
        "one_target",
        {"sticker": {"place": "top_left", "size": 5}, "warp": {}},
        one_target=True,
    ),
)


def zoo(num_classes: int, *, seed: int) -> tuple[Attack, ...]:
    """All networks of the zoo, a clean network before those that start from it.

    Args:
        num_classes: Number of people; target labels are drawn from them.
        seed: Fixes target labels, triggers and trainings.
    """
    plans = [("design", plan) for plan in _DESIGN]
    plans += [("held_out", plan) for plan in _HELD_OUT]
    rng = np.random.default_rng(seed)
    targets = iter(rng.permutation(num_classes).tolist())
    attacks = []
    for group, plan in plans:
        own = [next(targets) for _ in plan.triggers]
        if plan.one_target:
            own = own[:1] * len(own)
        backdoors = tuple(
            Backdoor(trigger, target, int(rng.integers(1 << 31)), dict(options))
            for target, (trigger, options) in zip(
                own, plan.triggers.items(), strict=True
            )
        )
        own_seed = int(rng.integers(1 << 31))
        attacks.append(
            Attack(
                plan.name,
                group,
                backdoors,
                seed=own_seed,
                start=plan.start,
                pruning_aware=plan.pruning_aware,
                fraction=plan.fraction,
            )
        )
    return tuple(attacks)
