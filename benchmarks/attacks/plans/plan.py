"""One network of a zoo, before seeds and target labels are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.attacks.recipe import Training

Options = Mapping[str, str | float]
# Names of triggers, with their keyword arguments.
Triggers = tuple[tuple[str, Options], ...]


@dataclass(frozen=True)
class Plan:
    """An attack before seeds and target labels are drawn.

    Attributes:
        name: Name of the network.
        triggers: Names of triggers, with their keyword arguments.
        start: The network of the zoo that training starts from; the domain's if None.
        architecture: Kind of untrained network to start from in place of the domain's.
        attacker: Name of an attacker.
        target: Where the triggers lead: each to its ``own`` label, all to ``one``, each
            label to the ``next``, to its own label by ``clean_label`` images, from
            ``some`` labels alone, or all backdoors are the ``start's``.
        training: The attacker's recipe; its seed is drawn later.
    """

    name: str
    triggers: Triggers = ()
    start: str | None = None
    architecture: str | None = None
    attacker: str = "plain"
    target: str = "own"
    training: Training = field(default_factory=Training)
