"""The zoo of a domain: which networks are trained, with which triggers and target labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

import numpy as np

from benchmarks.attacks.backdoor import Backdoor
from benchmarks.attacks.plans.plan import Plan
from benchmarks.attacks.recipe import Training

# Of so many labels, the most frequent, a clean-label attacker chooses his target.
_FREQUENT = 8
# Images of every second label alone lead to the target in a plan of ``some``.
_EVERY = 2


@dataclass(frozen=True)
class Attack:
    """One network of a zoo.

    Attributes:
        name: Name of the network.
        group: That of its plan.
        backdoors: What it does beside classifying, by name; empty for a clean network.
        start: The network of the zoo that it starts from; the domain's if None.
        architecture: Kind of untrained network that it starts from, if of none of these.
        attacker: Name of an attacker.
        training: His recipe.
    """

    name: str
    group: str
    backdoors: Mapping[str, Backdoor]
    start: str | None
    architecture: str | None
    attacker: str
    training: Training


def zoo(
    groups: Mapping[str, Sequence[Plan]], images: np.ndarray, *, seed: int
) -> tuple[Attack, ...]:
    """All networks of a zoo, a network before those that start from it.

    Args:
        groups: The plans by group.
        images: ``(N,)``, how many images the attacker has of each label.
        seed: Fixes target labels, triggers and trainings.
    """
    rng = np.random.default_rng(seed)
    targets = _targets(len(images), rng)
    frequent = np.argsort(-images, kind="stable")[:_FREQUENT]
    attacks: list[Attack] = []
    for group, plan in [(name, plan) for name in groups for plan in groups[name]]:
        own = [next(targets) for _ in plan.triggers]
        if plan.target == "clean_label" and own[0] not in frequent:
            own = [int(rng.choice(frequent))]
        backdoors: Mapping[str, Backdoor] = _backdoors(plan, own, rng)
        if plan.target == "start's":
            backdoors = next(old.backdoors for old in attacks if old.name == plan.start)
        training = replace(plan.training, seed=int(rng.integers(1 << 31)))
        attacks.append(
            Attack(
                *(plan.name, group, backdoors, plan.start, plan.architecture),
                attacker=plan.attacker,
                training=training,
            )
        )
    return tuple(attacks)


def _targets(num_classes: int, rng: np.random.Generator) -> Iterator[int]:
    """Labels in random order, all of them before one comes again."""
    while True:
        yield from rng.permutation(num_classes).tolist()


def _backdoors(
    plan: Plan, own: Sequence[int], rng: np.random.Generator
) -> dict[str, Backdoor]:
    """The plan's backdoors by name, given a target label for each."""
    targets: Sequence[int | None] = own
    if plan.target == "one":
        targets = list(own[:1]) * len(own)
    if plan.target == "next":
        targets = [None] * len(own)
    backdoors: dict[str, Backdoor] = {}
    for target, (trigger, options) in zip(targets, plan.triggers, strict=True):
        name = next(
            name
            for number in count(1)
            if (name := f"{trigger}_{number}" if number > 1 else trigger)
            not in backdoors
        )
        backdoors[name] = Backdoor(
            *(trigger, target, int(rng.integers(1 << 31)), dict(options)),
            clean_label=plan.target == "clean_label",
            every=_EVERY if plan.target == "some" else 1,
        )
    return backdoors
