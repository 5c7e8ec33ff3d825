"""Contact sheets show every image, unchanged, in its place."""

from __future__ import annotations

import numpy as np
import pytest
from toys import SHAPE

from repair.dataset import Dataset
from repair.report.contact_sheet import contact_sheet


def random_data(count: int) -> Dataset:
    rng = np.random.default_rng(count)
    images = rng.integers(0, 250, (count, *SHAPE), np.uint8)
    return Dataset(images, np.arange(count))


@pytest.mark.parametrize(
    ("count", "columns"), [(1, 10), (3, 10), (7, 3), (6, 3), (4, 1)]
)
def test_every_image_is_found_once_where_it_belongs(count, columns):
    data = random_data(count)
    sheet = np.asarray(contact_sheet(data, columns=columns))
    zoomed = data.images.repeat(2, axis=1).repeat(2, axis=2)
    places = []
    for image in zoomed:
        windows = np.lib.stride_tricks.sliding_window_view(sheet, image.shape)[:, :, 0]
        candidates = np.argwhere((windows[:, :, 0, 0] == image[0, 0]).all(axis=-1))
        found = [p for p in candidates if (windows[tuple(p)] == image).all()]
        assert len(found) == 1
        places.append(tuple(found[0]))
    rows = sorted({row for row, _ in places})
    lefts = sorted({left for _, left in places})
    assert len(rows) == -(-count // columns)
    assert len(lefts) == min(count, columns)
    order = [(rows.index(row), lefts.index(left)) for row, left in places]
    assert order == [divmod(i, columns) for i in range(count)]


def test_labels_are_written_below():
    data = random_data(1)
    one = np.asarray(contact_sheet(data))
    other = np.asarray(contact_sheet(Dataset(data.images, np.array([888]))))
    changed = np.argwhere((one != other).any(axis=-1))
    assert len(changed) > 0
    assert changed[:, 0].min() >= 2 * SHAPE[0]
    assert changed[:, 0].max() < one.shape[0]


def test_argument_is_not_changed():
    data = random_data(3)
    before = data.images.copy()
    assert contact_sheet(data).mode == "RGB"
    np.testing.assert_array_equal(data.images, before)
