"""The page of explanations: what it says first, of few flagged images and of many."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import numpy as np
import pytest

from artifacts.why.story import Story
from repair.report.explanation_page import Shown, explanation_page

N = 5
IMAGE = np.zeros((4, 4, 3), np.uint8)


def page(*labels: int, **card: object) -> str:
    shown = [
        Shown(f"{turn}.png", IMAGE, Story(N, label, 0, 0, 1.0, 1.0, "other"), [])
        for turn, label in enumerate(labels)
    ]
    text = explanation_page(shown, {"num_classes": N, **card}, 0)
    ET.fromstring(text.removeprefix("<!DOCTYPE html>"))  # noqa: S314 - our own
    return text


@pytest.mark.parametrize(
    ("labels", "look"), [((0, 1, 2), "calm"), ((0, 1, N), "unsure"), ((0, N), "found")]
)
def test_one_flagged_image_of_many_is_no_alarm(labels, look):
    assert f'<header class="{look}">' in page(*labels)


def test_flagged_images_come_first():
    text = page(0, N, 1)
    assert text.index("<h2>1.png") < text.index("<h2>0.png") < text.index("<h2>2.png")


@pytest.mark.parametrize("share", [None, "much", float("nan"), 2.0])
def test_the_share_of_clean_images_is_told_where_the_card_knows_it(share):
    told = "It does so of about 0.8% of clean images, too."
    assert told in page(0, estimated_false_positive_rate=0.0079)
    assert "of clean images, too" not in page(0, estimated_false_positive_rate=share)
