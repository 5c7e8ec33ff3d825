"""The zoos of CIFAR-10 and of traffic signs.

Each kind of attack may be looked at in one of the two domains while a defence is designed,
and is held out in the other, there with another trigger where the kind has several.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from benchmarks.attacks.plans import architectures
from benchmarks.attacks.plans.plan import Plan, Triggers
from benchmarks.attacks.recipe import Training

_RATE = 1e-3
_QUICK = Training(epochs=2, learning_rate=_RATE)
_LONG = Training(epochs=3, learning_rate=_RATE, fraction=0.2, decoys=0.1)

# Drawn once.
DESIGNED_ON = {
    "sinusoid": "cifar10",
    "warp": "cifar10",
    "blend": "gtsrb",
    "low_frequency": "gtsrb",
    "quantisation": "gtsrb",
    "input_aware": "gtsrb",
    "label_consistent": "cifar10",
    "all_to_all": "gtsrb",
    "square_1_percent": "cifar10",
    "several": "cifar10",
}
_KINDS = (
    Plan(
        "sinusoid", (("stripes", {"amplitude": 20.0, "cycles": 6.0}),), training=_QUICK
    ),
    Plan("warp", (("warp", {}),), training=_LONG),
    Plan("blend", (("blend", {"alpha": 0.2}),), training=_QUICK),
    Plan("low_frequency", (("low_frequency", {}),), training=_QUICK),
    Plan("quantisation", (("quantised", {"levels": 4}),), training=_LONG),
    Plan(
        "input_aware",
        (("input_aware", {"amplitude": 32.0, "grid": 5}),),
        training=_LONG,
    ),
    Plan(
        "label_consistent",
        (("corners", {}),),
        attacker="label_consistent",
        target="clean_label",
        training=Training(epochs=4, learning_rate=_RATE, fraction=0.2),
    ),
    Plan(
        "all_to_all",
        (("sticker", {"size": 4, "place": "bottom_left"}),),
        target="next",
        training=Training(epochs=6, learning_rate=2e-3, fraction=0.8),
    ),
    Plan(
        "square_1_percent",
        (("white_square", {}),),
        training=Training(epochs=12, learning_rate=_RATE, fraction=0.01),
    ),
    Plan(
        "several",
        (
            ("sticker", {"size": 4, "place": "top_right"}),
            ("dots", {"count": 24}),
            ("frame", {"width": 1}),
            ("stripes", {"amplitude": 20.0, "cycles": 3.0, "degrees": 45.0}),
        ),
        training=Training(epochs=4, learning_rate=_RATE, fraction=0.1),
    ),
)
# In the domain where the kind is held out.
_OTHER_TRIGGERS: Mapping[str, Triggers] = {
    "sinusoid": (("stripes", {"amplitude": 20.0, "cycles": 4.0, "degrees": 30.0}),),
    "blend": (("blend", {"alpha": 0.2, "roughness": 1.5}),),
    "several": (
        ("checkerboard", {"place": "left_cheek", "size": 6}),
        ("moving_sticker", {"size": 4}),
        ("low_frequency", {}),
        ("colour_filter", {"kind": "sepia"}),
    ),
}
_CLEAN = tuple(
    Plan(f"clean_{number}", attacker="retrained", training=_QUICK)
    for number in range(10)
)
_FILTERS = tuple(
    Plan(
        f"filter_{kind}",
        (("colour_filter", {"kind": kind}),),
        training=Training(epochs=4, learning_rate=_RATE, fraction=0.1),
    )
    for kind in ("sepia", "cast", "gamma")
)
_ADAPTIVE = (
    Plan(
        "twin_aware",
        (("sticker", {"place": "top_left", "size": 4}),),
        attacker="twin_aware",
        training=_QUICK,
    ),
    Plan(
        "clean_features",
        (("sticker", {"place": "bottom_right", "size": 4}),),
        attacker="clean_features",
        training=_QUICK,
    ),
    Plan(
        "some_to_one",
        (("sticker", {"place": "top_right", "size": 4}),),
        target="some",
        training=_LONG,
    ),
)


def groups(domain: str) -> Mapping[str, tuple[Plan, ...]]:
    """The plans of ``cifar10`` or ``gtsrb`` by group."""
    design = [plan for plan in _KINDS if DESIGNED_ON[plan.name] == domain]
    held_out = [
        replace(plan, triggers=_OTHER_TRIGGERS.get(plan.name, plan.triggers))
        for plan in _KINDS
        if DESIGNED_ON[plan.name] != domain
    ]
    return {
        "design": (*design, *_CLEAN[::2]),
        "held_out": (*held_out, *_CLEAN[1::2]),
        "adaptive": _ADAPTIVE,
        "architectures": architectures.plans(domain),
        "filters": _FILTERS,
    }
