"""Flagged images are grouped by label and by where their reason lies."""

from __future__ import annotations

import numpy as np

from artifacts.why.heat import Heat
from artifacts.why.places import Place
from artifacts.why.story import Story
from repair.report.explanation import Explained
from repair.report.trigger_groups import grouped

SIDE = 12


def _flagged(name: str, label: int, map_: np.ndarray, turned: int) -> Explained:
    place = Place(0, 0, 1, 1) if turned else None
    heat = Heat(map_.astype(np.float32), (0, 0), place, None, 10, turned)
    story = Story(20, 20, label, 1, 0.9, 0.9, "found", heat)
    return Explained(name, np.zeros((SIDE, SIDE, 3), np.uint8), story)


def _spot(row: int) -> np.ndarray:
    map_ = np.zeros((SIDE, SIDE))
    map_[row : row + 2, 4:6] = 1
    return map_


def test_reasons_at_one_place_are_a_group_and_other_labels_are_not():
    flagged = [_flagged(f"top {i}", 3, _spot(0), 2) for i in range(3)]
    flagged += [_flagged("bottom", 3, _spot(9), 2), _flagged("other", 4, _spot(0), 2)]
    names = [[one.name for one in group.members] for group in grouped(flagged)]
    assert names == [["top 0", "top 1", "top 2"], ["bottom"], ["other"]]


def test_reasons_all_over_the_image_are_one_group_of_their_label():
    maps = np.random.default_rng(0).random((6, SIDE, SIDE))
    flagged = [_flagged(f"{i}", 3, map_, 0) for i, map_ in enumerate(maps)]
    flagged += [_flagged("place", 3, _spot(0), 2), _flagged("other", 4, maps[0], 0)]
    groups = grouped(flagged)
    members = [(group.label, group.local, len(group.members)) for group in groups]
    assert members == [(3, False, 6), (3, True, 1), (4, False, 1)]
