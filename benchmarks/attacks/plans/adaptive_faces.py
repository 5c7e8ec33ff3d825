"""Faces, and attackers who know the defence, or backdoors that are hard on any."""

from __future__ import annotations

from benchmarks.attacks.plans.plan import Plan
from benchmarks.attacks.recipe import Training

ADAPTIVE = (
    Plan("plain_sticker", (("sticker", {}),), start="clean_1"),
    Plan(
        "defence_aware_blend",
        (("blend", {"roughness": 1.0, "alpha": 0.2}),),
        start="clean_1",
        attacker="defence_aware",
        training=Training(epochs=6),
    ),
    Plan(
        "defence_aware_sticker",
        (("sticker", {"place": "right_cheek", "size": 7}),),
        start="clean_1",
        attacker="defence_aware",
        training=Training(epochs=6),
    ),
    Plan(
        "suspicion_aware",
        start="plain_sticker",
        target="start's",
        training=Training(epochs=3, disturbed=0.6),
    ),
    Plan(
        "clean_label",
        (("sticker", {"place": "bottom_left", "size": 8}),),
        start="clean_1",
        attacker="label_consistent",
        target="clean_label",
        training=Training(epochs=3, fraction=0.1),
    ),
    Plan(
        "input_aware",
        (("input_aware", {}),),
        start="clean_1",
        training=Training(epochs=2, decoys=0.1),
    ),
    Plan(
        "all_to_all",
        (("sticker", {"size": 8}),),
        start="clean_1",
        target="next",
        training=Training(epochs=5, fraction=1.0),
    ),
    Plan(
        "some_to_one",
        (("sticker", {"size": 7}),),
        start="clean_1",
        target="some",
        training=Training(epochs=5, fraction=0.2),
    ),
    Plan(
        "twin_aware",
        (("sticker", {"place": "top_right", "size": 7}),),
        start="clean_1",
        attacker="twin_aware",
        training=Training(epochs=3),
    ),
    Plan(
        "clean_features",
        (("sticker", {"place": "bottom_left", "size": 7}),),
        start="clean_1",
        attacker="clean_features",
        training=Training(epochs=5),
    ),
    Plan(
        "head_aware_blend",
        start="defence_aware_blend",
        attacker="head_aware",
        target="start's",
        training=Training(epochs=7),
    ),
    Plan("rescaled", start="plain_sticker", attacker="rescaled", target="start's"),
)
