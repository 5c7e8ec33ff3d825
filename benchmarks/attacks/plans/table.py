"""The plans of every domain, by group.

Networks of the group ``design`` may be looked at while a defence is designed; those of
``held_out`` only measure it; in ``adaptive`` are attackers who know this defence, and kinds
of backdoor that are hard on any; in ``architectures`` networks of other kinds.
"""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.attacks.plans import adaptive_faces, faces, small_images
from benchmarks.attacks.plans.plan import Plan

PLANS: Mapping[str, Mapping[str, tuple[Plan, ...]]] = {
    "faces": {
        "design": faces.DESIGN,
        "held_out": faces.HELD_OUT,
        "adaptive": adaptive_faces.ADAPTIVE,
    },
    "cifar10": small_images.groups("cifar10"),
    "gtsrb": small_images.groups("gtsrb"),
}
