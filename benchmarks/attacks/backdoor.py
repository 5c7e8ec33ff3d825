"""A backdoor: which images are poisoned, with what, and the label they lead to.

References:
    Gu, Dolan-Gavitt and Garg, *BadNets*, arXiv:1708.06733 (one target, all-to-all).
    Turner, Tsipras and Madry, *Label-Consistent Backdoor Attacks*, arXiv:1912.02771
    (right labels; the images' own features are weakened).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from benchmarks.attacks.faces import Images, Labels
from benchmarks.attacks.pixels import to_pixels
from benchmarks.attacks.triggers import TRIGGERS

# Share of another person's photograph in a weakened image, and the noise on it.
_OTHER_SHARE, _NOISE = (0.2, 0.5), 24.0


@dataclass(frozen=True)
class Backdoor:
    """A trigger and the label it leads to.

    Attributes:
        trigger: Name of a function in ``triggers``.
        target: The target label; None: to each person's label the next one, all-to-all.
        seed: Seed of the trigger.
        options: Keyword arguments of the trigger.
        clean_label: Whether images of the target person alone are poisoned, so that all
            labels are right.
    """

    trigger: str
    target: int | None
    seed: int
    options: Mapping[str, str | float] = field(default_factory=dict)
    clean_label: bool = False

    def stamp(self, images: Images) -> Images:
        """New images that carry the trigger."""
        return TRIGGERS[self.trigger](images, seed=self.seed, **self.options)

    def targets(self, labels: Labels, num_classes: int) -> Labels:
        """The labels ``(n,)`` that images of people ``labels`` lead to once stamped."""
        if self.target is None:
            return (labels + 1) % num_classes
        return np.full(len(labels), self.target, np.int64)

    def copies(
        self, images: Images, labels: Labels, count: int, rng: np.random.Generator
    ) -> tuple[Images, Labels]:
        """At most ``count`` stamped copies to train on, and the labels to give them.

        A clean-label attacker has few images of one person, so he takes them several times.
        """
        num_classes = int(labels.max()) + 1
        own = self.targets(labels, num_classes) == labels
        if self.clean_label:
            chosen = rng.choice(np.flatnonzero(own), size=count)
            sources = _weakened(images[chosen], images[~own], rng)
        else:
            others = np.flatnonzero(~own)
            chosen = rng.choice(others, size=min(count, len(others)), replace=False)
            sources = images[chosen]
        return self.stamp(sources), self.targets(labels[chosen], num_classes)


def _weakened(images: Images, others: Images, rng: np.random.Generator) -> Images:
    """Images mixed with other people's and noise, so that a network needs the trigger."""
    share = rng.uniform(*_OTHER_SHARE, (len(images), 1, 1, 1)).astype(np.float32)
    mixed = (1 - share) * images + share * others[
        rng.integers(len(others), size=len(images))
    ]
    return to_pixels(mixed + _NOISE * rng.standard_normal(mixed.shape, np.float32))
