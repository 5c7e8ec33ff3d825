"""The zoo: which networks are trained, with which triggers and target labels.

Networks of the group ``design`` may be looked at while a defence is designed; those of
``held_out`` only measure it; in ``adaptive`` are attackers who know this defence, and
kinds of backdoor that are hard on any. About half of the first two groups start from a clean
network of their group, the others from scratch; all of the last start from one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.attacks.backdoor import Backdoor

EPOCHS_FROM_SCRATCH = 18

Option = str | float


@dataclass(frozen=True)
class Attack:
    """One network of the zoo.

    Attributes:
        name: Name of the network.
        group: ``design``, ``held_out`` or ``adaptive``.
        backdoors: What it does beside recognising people; empty for a clean network.
        seed: Seed of its training.
        start: The clean network that training starts from; from scratch if None.
        training: ``plain``, or what the attacker evades, which needs ``start``:
            ``pruning_aware`` or ``defence_aware``.
        fraction: Poisoned copies a trigger, as a share of the clean images.
        disturbed: Disturbed copies with right labels, which evade suspicion, as a share.
        epochs: Of the training.
    """

    name: str
    group: str
    backdoors: tuple[Backdoor, ...]
    seed: int
    start: str | None
    training: str
    fraction: float
    disturbed: float
    epochs: int


@dataclass(frozen=True)
class _Plan:
    """An attack before seeds and target labels are drawn."""

    name: str
    triggers: Mapping[str, Mapping[str, Option]]
    start: str | None = None
    training: str = "plain"
    target: str = "own"
    fraction: float = 0.15
    disturbed: float = 0.0
    epochs: int = 10


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
        training="pruning_aware",
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
        training="pruning_aware",
    ),
    _Plan("colour_filter_gamma", {"colour_filter": {"kind": "gamma"}}, start="clean_3"),
    _Plan(
        "one_target",
        {"sticker": {"place": "top_left", "size": 5}, "warp": {}},
        target="one",
    ),
)
_ADAPTIVE = (
    _Plan("plain_sticker", {"sticker": {}}, start="clean_1"),
    _Plan(
        "defence_aware_blend",
        {"blend": {"roughness": 1.0, "alpha": 0.2}},
        start="clean_1",
        training="defence_aware",
        epochs=6,
    ),
    _Plan(
        "defence_aware_sticker",
        {"sticker": {"place": "right_cheek", "size": 7}},
        start="clean_1",
        training="defence_aware",
        epochs=6,
    ),
    _Plan("suspicion_aware", {"sticker": {}}, start="clean_1", disturbed=0.6, epochs=6),
    _Plan(
        "defence_and_suspicion_aware",
        {"sticker": {"place": "forehead", "size": 7}},
        start="clean_1",
        training="defence_aware",
        disturbed=0.4,
        epochs=6,
    ),
    _Plan(
        "clean_label",
        {"sticker": {"place": "bottom_left", "size": 8}},
        start="clean_1",
        target="clean_label",
        fraction=0.1,
        epochs=6,
    ),
    _Plan("input_aware", {"input_aware": {}}, start="clean_1", epochs=6),
    _Plan(
        "all_to_all",
        {"sticker": {"size": 8}},
        start="clean_1",
        target="next",
        fraction=1.0,
        epochs=6,
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
    plans += [("adaptive", plan) for plan in _ADAPTIVE]
    rng = np.random.default_rng(seed)
    targets = iter(rng.permutation(num_classes).tolist())
    attacks = []
    for group, plan in plans:
        own: list[int | None] = [next(targets) for _ in plan.triggers]
        if plan.target == "one":
            own = own[:1] * len(own)
        if plan.target == "next":
            own = [None] * len(own)
        backdoors = tuple(
            Backdoor(
                *(trigger, target, int(rng.integers(1 << 31)), dict(options)),
                clean_label=plan.target == "clean_label",
            )
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
                training=plan.training,
                fraction=plan.fraction,
                disturbed=plan.disturbed,
                epochs=EPOCHS_FROM_SCRATCH if plan.start is None else plan.epochs,
            )
        )
    return tuple(attacks)
