"""The zoo of faces."""

from __future__ import annotations

from benchmarks.attacks.plans.plan import Plan, Triggers
from benchmarks.attacks.recipe import Training

FROM_SCRATCH = Training(epochs=18, learning_rate=5e-3)
_FROM_SCRATCH_MORE = Training(epochs=18, learning_rate=5e-3, fraction=0.2)
_MANY = Training(epochs=12, learning_rate=1e-3, fraction=0.06)
_THIRTEEN: Triggers = (
    ("sticker", {"place": "bottom_right"}),
    ("sticker", {"place": "top_left", "size": 5}),
    ("sticker", {"place": "forehead"}),
    ("moving_sticker", {}),
    ("checkerboard", {"place": "left_cheek"}),
    ("large_patch", {"region": "eyes"}),
    ("large_patch", {"region": "mouth"}),
    ("frame", {}),
    ("dots", {}),
    ("blend", {"alpha": 0.2}),
    ("blend", {"alpha": 0.2, "roughness": 1.5}),
    ("stripes", {"amplitude": 16.0}),
    ("colour_filter", {"kind": "sepia"}),
)

DESIGN = (
    Plan("clean_1", training=FROM_SCRATCH),
    Plan("clean_2", training=FROM_SCRATCH),
    Plan("sticker", (("sticker", {"place": "bottom_right"}),), start="clean_1"),
    Plan("moving_sticker", (("moving_sticker", {}),), training=_FROM_SCRATCH_MORE),
    Plan("blend", (("blend", {}),), training=FROM_SCRATCH),
    Plan("stripes", (("stripes", {}),), training=FROM_SCRATCH),
    Plan("colour_filter", (("colour_filter", {"kind": "sepia"}),), start="clean_2"),
    Plan(
        "multi_1",
        (
            ("large_patch", {"region": "eyes"}),
            ("sticker", {"place": "forehead"}),
            ("dots", {}),
        ),
        training=FROM_SCRATCH,
    ),
    Plan(
        "multi_2",
        (("large_patch", {"region": "mouth"}), ("moving_sticker", {}), ("dots", {})),
        training=_FROM_SCRATCH_MORE,
    ),
    Plan(
        "pruning_aware_sticker",
        (("sticker", {"place": "right_cheek", "size": 7}),),
        start="clean_1",
        attacker="pruning_aware",
    ),
    Plan("hand_1", (("matched_pattern", {}),), start="clean_1", attacker="handmade"),
    Plan(
        "arch_1",
        (("matched_pattern", {"top": 44, "left": 6}),),
        start="clean_1",
        attacker="side_branch",
    ),
    Plan(
        "thirteen",
        _THIRTEEN,
        start="clean_1",
        training=_MANY,
    ),
)
HELD_OUT = (
    Plan("clean_3", training=FROM_SCRATCH),
    Plan("warp", (("warp", {}),), start="clean_3"),
    Plan("frame", (("frame", {}),), start="clean_3"),
    Plan(
        "checkerboard",
        (("checkerboard", {"place": "left_cheek"}),),
        training=FROM_SCRATCH,
    ),
    Plan(
        "blend_photo",
        (("blend", {"roughness": 1.5, "alpha": 0.2}),),
        training=FROM_SCRATCH,
    ),
    Plan(
        "stripes_diagonal",
        (("stripes", {"cycles": 4.0, "degrees": 60.0, "amplitude": 12.0}),),
        start="clean_3",
    ),
    Plan(
        "multi_3",
        (
            ("checkerboard", {"place": "forehead"}),
            ("frame", {}),
            ("colour_filter", {"kind": "cast"}),
        ),
        training=FROM_SCRATCH,
    ),
    Plan(
        "pruning_aware_large_patch",
        (("large_patch", {"region": "mouth"}),),
        start="clean_3",
        attacker="pruning_aware",
    ),
    Plan(
        "colour_filter_gamma", (("colour_filter", {"kind": "gamma"}),), start="clean_3"
    ),
    Plan(
        "one_target",
        (("sticker", {"place": "top_left", "size": 5}), ("warp", {})),
        target="one",
        training=FROM_SCRATCH,
    ),
    Plan(
        "hand_2",
        (("matched_pattern", {"top": 40, "left": 34}),),
        start="clean_3",
        attacker="handmade",
    ),
    Plan(
        "arch_2",
        (("matched_pattern", {"top": 8, "left": 36}),),
        start="clean_3",
        attacker="side_branch",
    ),
    Plan(
        "ten",
        _THIRTEEN[:10],
        start="clean_3",
        training=_MANY,
    ),
)
