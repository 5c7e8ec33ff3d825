"""The page of explanations: what it says first, of few flagged images and of many."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import numpy as np
import pytest

from artifacts.why.heat import Heat
from artifacts.why.places import Place
from artifacts.why.story import Story
from repair.dataset import Dataset
from repair.report.explanation import Explained, nearest
from repair.report.explanation_page import Shown, explanation_page

N = 5
IMAGE = np.zeros((4, 4, 3), np.uint8)


def page(*labels: int, **card: object) -> str:
    shown = [
        Shown(f"{turn}.png", IMAGE, Story(N, label, 0, 0, 1.0, 1.0, "other"), [])
        for turn, label in enumerate(labels)
    ]
    flagged = labels.count(N)
    text = explanation_page(shown, {"num_classes": N, **card}, 0, flagged)
    ET.fromstring(text.removeprefix("<!DOCTYPE html>"))  # noqa: S314 - our own
    return text


@pytest.mark.parametrize(
    ("labels", "look"), [((0, 1, 2), "calm"), ((0, 1, N), "unsure"), ((0, N), "found")]
)
def test_one_flagged_image_of_many_is_no_alarm(labels, look):
    assert f'<header class="{look}">' in page(*labels)


def test_the_headline_counts_what_is_not_shown_too():
    shown = [Shown("a.png", IMAGE, Story(N, N, 0, 0, 1.0, 1.0, "other"), [])]
    text = explanation_page(shown, {"num_classes": N}, 219, 27)
    assert "<h1>27 of 220 flagged as poisoned</h1>" in text
    assert '<header class="unsure">' in text


def test_flagged_images_come_first():
    text = page(0, N, 1)
    assert text.index("<h2>1.png") < text.index("<h2>0.png") < text.index("<h2>2.png")


@pytest.mark.parametrize("share", [None, "much", float("nan"), 2.0])
def test_the_share_of_clean_images_is_told_where_the_card_knows_it(share):
    told = "It does so of about 0.8% of clean images, too."
    assert told in page(0, estimated_false_positive_rate=0.0079)
    assert "of clean images, too" not in page(0, estimated_false_positive_rate=share)


def test_the_share_of_few_clean_images_has_a_range():
    few = {"clean_images": 300}
    known = page(0, estimated_false_positive_rate=2 / 300, settings=few)
    assert "about 0.7% (2 of 300; up to 2.4%) of clean images, too." in known
    unknown = page(0, estimated_false_positive_rate=None, settings=few)
    assert "is not estimated: too few images." in unknown


def test_what_each_witness_says_is_folded_and_told_in_plain_words():
    further = {"new_evidence": 1.0, "evidence": 8.25, "pixels_evidence": 0.5}
    told = Story(N, 1, 1, 1, 1.0, 1.0, "other", further=further, threshold=7.0)
    text = explanation_page([Shown("a.png", IMAGE, told, [])], {"num_classes": N}, 0, 1)
    tree = ET.fromstring(text.removeprefix("<!DOCTYPE html>"))  # noqa: S314 - our own
    facts = {x.findtext("dt"): x.findtext("dd") for x in tree.iterfind(".//dl/div")}
    assert facts["Evidence"] == "8.25, flagged from 7 on"
    assert "Pixels evidence" not in facts
    lines = ["".join(x.itertext()) for x in tree.iterfind(".//details//li")]
    assert lines[0].startswith("Pixels: 0.5. A small classifier that sees colours")
    assert lines[1] == "New: 1. A further witness."


@pytest.mark.parametrize(
    ("forgotten", "told"),
    [
        ([True, True], "The same copy, once it has forgotten nearly all."),
        ([True, False], "The same copy, further on; it had not forgotten so much when"),
        (
            [False, False],
            "The very same as the early twin; it had not forgotten so much",
        ),
        (["odd"], "The same copy, once it has forgotten nearly all."),
    ],
)
def test_a_twin_whose_steps_ran_out_is_told(forgotten, told):
    further = {"early_twin_evidence": 1.0, "late_twin_evidence": 1.0}
    one = Story(N, N, 1, 1, 1.0, 1.0, "other", further=further)
    card = {"num_classes": N, "settings": {"twin": {"forgotten": forgotten}}}
    text = explanation_page([Shown("a.png", IMAGE, one, [])], card, 0, 1)
    assert f"<b>Late twin: 1.</b> {told}" in text
    early = "<b>Early twin: 1.</b> A copy of the network that has begun to forget"
    assert (early in text) == (forgotten[0] is not False)


def test_without_witnesses_nothing_is_folded():
    assert "<details>" not in page(0)
    assert "itnesses" not in page(0)


@pytest.mark.parametrize("label", [1, N])
def test_what_a_witness_is_stands_on_every_page_that_has_any(label):
    told = Story(N, label, 1, 1, 1.0, 1.0, "other", further={"head_evidence": 1.0})
    text = explanation_page(
        [Shown("a.png", IMAGE, told, [])], {"num_classes": N}, 0, int(label == N)
    )
    assert "Witnesses are further readers of an image" in text
    assert "contradict each other, or the witnesses both of them, it answers 5" in text
    assert ("The heat: places" in text) == (label == N)


@pytest.mark.parametrize(
    ("repaired", "fact"), [(1, "Turned into a class"), (2, "Turned into another class")]
)
def test_hidings_are_counted_as_what_they_gave(repaired, fact):
    found = Heat(np.ones((4, 4), np.float32), (0, 0), Place(0, 0, 1, 1), 1, 9, 7, True)
    told = Story(N, N, 1, repaired, 1.0, 1.0, "other", found)
    text = explanation_page([Shown("a.png", IMAGE, told, [])], {"num_classes": N}, 0, 1)
    assert f"<dt>{fact}</dt><dd>by 7 of 9 hidings</dd>" in text
    assert "What the flag hangs on" in text


def test_an_image_is_not_shown_as_the_nearest_to_itself():
    images = np.stack([IMAGE, IMAGE + 9, IMAGE + 1])
    images[1, 0, 0] = 0
    clean = Dataset(images, np.array([0, 0, 1]))
    one = Explained("a.png", IMAGE, Story(N, N, 0, 1, 1.0, 1.0, "other"))
    (label, like), (other, _) = nearest(one, clean)
    assert (label, other) == (0, 1)
    np.testing.assert_array_equal(like, images[1])
    alone = clean.subset(np.array([True, False, True]))
    assert [label for label, _ in nearest(one, alone)] == [1]
