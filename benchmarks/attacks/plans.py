"""What the zoo's networks do, group by group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Option = str | float


@dataclass(frozen=True)
class Plan:
    """An attack before seeds and target labels are drawn.

    Attributes:
        name: Name of the network.
        triggers: Names of functions in ``triggers``, with their keyword arguments.
        start: The network that training starts from; from scratch if None.
        training: As in ``zoo.Attack``.
        target: Where the triggers lead: each to its ``own`` label, all to ``one``, each
            person to the ``next`` label, to its own label by ``clean_label`` images, or
            all backdoors are the ``start's``.
        fraction: Poisoned copies a trigger, as a share of the clean images.
        disturbed: As in ``zoo.Attack``.
        epochs: Of the training, unless from scratch.
    """

    name: str
    triggers: Mapping[str, Mapping[str, Option]]
    start: str | None = None
    training: str = "plain"
    target: str = "own"
    fraction: float = 0.15
    disturbed: float = 0.0
    epochs: int = 10


DESIGN = (
    Plan("clean_1", {}),
    Plan("clean_2", {}),
    Plan("sticker", {"sticker": {"place": "bottom_right"}}, start="clean_1"),
    Plan("moving_sticker", {"moving_sticker": {}}, fraction=0.2),
    Plan("blend", {"blend": {}}),
    Plan("stripes", {"stripes": {}}),
    Plan("colour_filter", {"colour_filter": {"kind": "sepia"}}, start="clean_2"),
    Plan(
        "multi_1",
        {
            "large_patch": {"region": "eyes"},
            "sticker": {"place": "forehead"},
            "dots": {},
        },
    ),
    Plan(
        "multi_2",
        {"large_patch": {"region": "mouth"}, "moving_sticker": {}, "dots": {}},
        fraction=0.2,
    ),
    Plan(
        "pruning_aware_sticker",
        {"sticker": {"place": "right_cheek", "size": 7}},
        start="clean_1",
        training="pruning_aware",
    ),
)
HELD_OUT = (
    Plan("clean_3", {}),
    Plan("warp", {"warp": {}}, start="clean_3"),
    Plan("frame", {"frame": {}}, start="clean_3"),
    Plan("checkerboard", {"checkerboard": {"place": "left_cheek"}}),
    Plan("blend_photo", {"blend": {"roughness": 1.5, "alpha": 0.2}}),
    Plan(
        "stripes_diagonal",
        {"stripes": {"cycles": 4.0, "degrees": 60.0, "amplitude": 12.0}},
        start="clean_3",
    ),
    Plan(
        "multi_3",
        {
            "checkerboard": {"place": "forehead"},
            "frame": {},
            "colour_filter": {"kind": "cast"},
        },
    ),
    Plan(
        "pruning_aware_large_patch",
        {"large_patch": {"region": "mouth"}},
        start="clean_3",
        training="pruning_aware",
    ),
    Plan("colour_filter_gamma", {"colour_filter": {"kind": "gamma"}}, start="clean_3"),
    Plan(
        "one_target",
        {"sticker": {"place": "top_left", "size": 5}, "warp": {}},
        target="one",
    ),
)
ADAPTIVE = (
    Plan("plain_sticker", {"sticker": {}}, start="clean_1"),
    Plan(
        "defence_aware_blend",
        {"blend": {"roughness": 1.0, "alpha": 0.2}},
        start="clean_1",
        training="defence_aware",
        epochs=6,
    ),
    Plan(
        "defence_aware_sticker",
        {"sticker": {"place": "right_cheek", "size": 7}},
        start="clean_1",
        training="defence_aware",
        epochs=6,
    ),
    Plan(
        "suspicion_aware",
        {},
        start="plain_sticker",
        target="start's",
        disturbed=0.6,
        epochs=3,
    ),
    Plan(
        "clean_label",
        {"sticker": {"place": "bottom_left", "size": 8}},
        start="clean_1",
        target="clean_label",
        fraction=0.1,
        epochs=3,
    ),
    Plan("input_aware", {"input_aware": {}}, start="clean_1", epochs=2),
    Plan(
        "all_to_all",
        {"sticker": {"size": 8}},
        start="clean_1",
        target="next",
        fraction=1.0,
        epochs=5,
    ),
    Plan(
        "head_aware_blend",
        {},
        start="defence_aware_blend",
        training="head_aware",
        target="start's",
        epochs=7,
    ),
    Plan("rescaled", {}, start="plain_sticker", training="rescaled", target="start's"),
)
