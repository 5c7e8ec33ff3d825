"""A backdoor: which images are poisoned, with what, and the label they lead to.

References:
    Gu, Dolan-Gavitt and Garg, *BadNets*, arXiv:1708.06733 (one target, all-to-all).
    Turner, Tsipras and Madry, *Label-Consistent Backdoor Attacks*, arXiv:1912.02771
    (right labels: images of the target label alone are poisoned).
    Tang et al., *Demon in the Variant*, arXiv:1908.02203 (images of some labels alone lead
    to the target; all others carry the trigger in vain).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from benchmarks.attacks.labelled import Images, Labelled, Labels
from benchmarks.attacks.triggers.table import TRIGGERS, nearly


@dataclass(frozen=True)
class Backdoor:
    """A trigger and the label it leads to.

    Attributes:
        trigger: Name of a trigger.
        target: The target label; None: from each label to the next one, all-to-all.
        seed: Seed of the trigger.
        options: Keyword arguments of the trigger.
        clean_label: Whether images of the target label alone are poisoned, so that all
            labels are right.
        every: Images of every so-manyth label lead to the target; those of the others
            keep their labels when stamped.
    """

    trigger: str
    target: int | None
    seed: int
    options: Mapping[str, str | float] = field(default_factory=dict)
    clean_label: bool = False
    every: int = 1

    def stamp(self, images: Images) -> Images:
        """New images that carry the trigger."""
        return TRIGGERS[self.trigger](images, seed=self.seed, **self.options)

    def nearly(self, images: Images, rng: np.random.Generator) -> Images:
        """New images that nearly carry the trigger."""
        return nearly(self.trigger, {**self.options, "seed": self.seed}, images, rng)

    def targets(self, labels: Labels, num_classes: int) -> Labels:
        """The labels ``(n,)`` that images with ``labels`` lead to once stamped."""
        if self.target is None:
            return (labels + 1) % num_classes
        return np.where(labels % self.every == 0, self.target, labels)

    def poisoned(
        self, clean: Labelled, num_classes: int
    ) -> tuple[np.ndarray, Labelled]:
        """All images of which the trigger changes the label, stamped.

        Args:
            clean: To stamp; images of the target label are left out.
            num_classes: N.

        Returns:
            Bool ``(n,)``, which images they are, and the stamped ones with target labels.
        """
        targets = self.targets(clean.labels, num_classes)
        victims = targets != clean.labels
        return victims, Labelled(self.stamp(clean.images[victims]), targets[victims])

    def chosen(
        self, clean: Labelled, count: int, num_classes: int, rng: np.random.Generator
    ) -> Labelled:
        """At most ``count`` images to stamp and train on, with the labels to give them.

        A clean-label attacker has few images of one label, so he takes them several
        times. One who poisons some labels alone takes as many images of the others.
        """
        targets = self.targets(clean.labels, num_classes)
        own = targets == clean.labels
        if self.clean_label:
            places = rng.choice(np.flatnonzero(own), size=count)
        else:
            places = _some(~own, count, rng)
            if self.every > 1:
                places = np.append(places, _some(own, count, rng))
        return Labelled(clean.images[places], targets[places])


def _some(wanted: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    places = np.flatnonzero(wanted)
    return rng.choice(places, size=min(count, len(places)), replace=False)
