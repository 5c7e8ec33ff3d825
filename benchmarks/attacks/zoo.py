"""The zoo: which networks are trained, with which triggers and target labels.

Networks of the group ``design`` may be looked at while a defence is designed; those of
``held_out`` only measure it; in ``adaptive`` are attackers who know this defence, and
kinds of backdoor that are hard on any. About half of the first two groups start from a clean
network of their group, the others from scratch; all of the last start from one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.attacks.backdoor import Backdoor
from benchmarks.attacks.plans import ADAPTIVE, DESIGN, HELD_OUT, Plan

EPOCHS_FROM_SCRATCH = 18


@dataclass(frozen=True)
class Attack:
    """One network of the zoo.

    Attributes:
        name: Name of the network.
        group: ``design``, ``held_out`` or ``adaptive``.
        backdoors: What it does beside recognising people; empty for a clean network.
        seed: Seed of its training.
        start: The network that training starts from; from scratch if None.
        training: ``plain``, or what the attacker evades, which needs ``start``:
            ``pruning_aware``, ``defence_aware`` or ``head_aware``; ``rescaled`` is not
            trained, but the same BadNet as ``start`` in other numbers.
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


def zoo(num_classes: int, *, seed: int) -> tuple[Attack, ...]:
    """All networks of the zoo, a network before those that start from it.

    Args:
        num_classes: Number of people; target labels are drawn from them.
        seed: Fixes target labels, triggers and trainings.
    """
    plans = [("design", plan) for plan in DESIGN]
    plans += [("held_out", plan) for plan in HELD_OUT]
    plans += [("adaptive", plan) for plan in ADAPTIVE]
    rng = np.random.default_rng(seed)
    targets = iter(rng.permutation(num_classes).tolist())
    attacks: list[Attack] = []
    for group, plan in plans:
        own = [next(targets) for _ in plan.triggers]
        backdoors = _backdoors(plan, own, rng)
        if plan.target == "start's":
            backdoors = next(old.backdoors for old in attacks if old.name == plan.start)
        attacks.append(
            Attack(
                plan.name,
                group,
                backdoors,
                seed=int(rng.integers(1 << 31)),
                start=plan.start,
                training=plan.training,
                fraction=plan.fraction,
                disturbed=plan.disturbed,
                epochs=EPOCHS_FROM_SCRATCH if plan.start is None else plan.epochs,
            )
        )
    return tuple(attacks)


def _backdoors(
    plan: Plan, own: Sequence[int], rng: np.random.Generator
) -> tuple[Backdoor, ...]:
    """The plan's backdoors, given a target label for each."""
    targets: Sequence[int | None] = own
    if plan.target == "one":
        targets = list(own[:1]) * len(own)
    if plan.target == "next":
        targets = [None] * len(own)
    return tuple(
        Backdoor(
            *(trigger, target, int(rng.integers(1 << 31)), dict(options)),
            clean_label=plan.target == "clean_label",
        )
        for target, (trigger, options) in zip(
            targets, plan.triggers.items(), strict=True
        )
    )
