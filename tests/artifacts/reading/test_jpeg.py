"""Scans of a JPEG are counted without decoding one."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from artifacts.errors import DetectorError
from artifacts.reading.images import read_image
from artifacts.reading.jpeg import MOST_SCANS, scans

NOISE = np.random.default_rng(0).integers(0, 256, (120, 100, 3), np.uint8)


def jpeg(path: Path, **options: object) -> bytes:
    Image.fromarray(NOISE).save(path, "JPEG", **options)
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "face.jpg"


def test_a_plain_picture_has_one_scan(path):
    jpeg(path, restart_marker_blocks=1)
    assert scans(path.read_bytes()) == 1


def test_a_progressive_picture_has_about_ten(path):
    jpeg(path, progressive=True)
    assert scans(path.read_bytes()) == 10
    assert read_image(path, (120, 100)).shape == NOISE.shape


def test_scans_inside_of_a_thumbnail_and_after_the_end_do_not_count(path):
    thumbnail = io.BytesIO()
    Image.fromarray(NOISE[:20, :20]).save(thumbnail, "JPEG")
    comment = thumbnail.getvalue()
    path.write_bytes(jpeg(path, comment=comment) + comment * 2 * MOST_SCANS)
    assert scans(path.read_bytes()) == 1


@pytest.mark.parametrize("resize", [True, False])
def test_a_picture_drawn_over_without_end_is_refused(path, resize):
    content = jpeg(path, progressive=True, quality=50)
    last = content[content.rindex(b"\xff\xda") : -2]
    path.write_bytes(content[:-2] + last * 1000 + content[-2:])
    assert scans(path.read_bytes()) == MOST_SCANS + 1
    with pytest.raises(DetectorError, match="at most 100 scans"):
        read_image(path, (120, 100), resize=resize)


@pytest.mark.parametrize("end", range(0, 700, 23))
def test_any_part_of_a_picture_can_be_counted(path, end):
    path.write_bytes(jpeg(path)[:end])
    assert scans(path.read_bytes()) <= 1
