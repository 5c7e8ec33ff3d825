"""Some of many things: all where they are few, else spread evenly over them."""

from __future__ import annotations

import numpy as np
import pytest

from repair.report.spread import Spread


@pytest.mark.parametrize("most", [1, 2, 16])
@pytest.mark.parametrize("seen", [0, 1, 15, 16, 17, 31, 32, 33, 69, 1000])
def test_what_is_kept_is_spread_over_all(most, seen):
    spread: Spread[int] = Spread(most)
    for one in range(seen):
        spread.add(one)
    kept = spread.items()
    assert kept == sorted(set(kept))
    assert len(kept) == min(most, seen)
    if kept:
        gaps = np.diff([*kept, seen])
        assert kept[0] == 0
        assert gaps.max() <= 2 * -(-seen // len(kept))
