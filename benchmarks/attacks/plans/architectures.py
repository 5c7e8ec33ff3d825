"""Small images again, by networks of other kinds, trained from nothing.

Each kind is there without a backdoor and with a few, not the same ones in both domains.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle, islice

from benchmarks.attacks.architectures import ARCHITECTURES
from benchmarks.attacks.plans.plan import Plan, Triggers
from benchmarks.attacks.recipe import Training

_CLEAN, _BAD = 2, 3
# An epoch of traffic signs has a sixth of the images.
_TRAINING = {
    "cifar10": Training(epochs=20, fraction=0.1),
    "gtsrb": Training(epochs=36, fraction=0.1),
}
_BACKDOORS: Mapping[str, Triggers] = {
    "sticker": (("sticker", {"size": 3, "place": "bottom_right"}),),
    "blend": (("blend", {"alpha": 0.2}),),
    "three": (
        ("checkerboard", {"size": 4, "place": "top_left"}),
        ("stripes", {"amplitude": 20.0, "cycles": 5.0, "degrees": 90.0}),
        ("dots", {"count": 20}),
    ),
    "stripes": (("stripes", {"amplitude": 16.0, "cycles": 6.0}),),
    "moving_sticker": (("moving_sticker", {"size": 4}),),
    "low_frequency": (("low_frequency", {}),),
    "frame": (("frame", {"width": 1}),),
    "colour_filter": (("colour_filter", {"kind": "sepia"}),),
}


def plans(domain: str) -> tuple[Plan, ...]:
    """Networks of every kind for ``cifar10`` or ``gtsrb``."""
    kinds = {
        name: (*(f"clean_{number}" for number in range(_CLEAN)), *bad)
        for name, bad in zip(ARCHITECTURES, _shared_out(domain), strict=True)
    }
    return tuple(
        Plan(
            f"{architecture}_{name}",
            _BACKDOORS.get(name, ()),
            architecture=architecture,
            training=_TRAINING[domain],
        )
        for architecture, names in kinds.items()
        for name in names
    )


def _shared_out(domain: str) -> list[list[str]]:
    """Names of backdoors for each kind of network, in turn; domains start apart."""
    turns = islice(cycle(_BACKDOORS), list(_TRAINING).index(domain), None)
    return [list(islice(turns, _BAD)) for _ in ARCHITECTURES]
