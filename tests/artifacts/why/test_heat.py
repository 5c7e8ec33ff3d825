"""Where the reason lies: on a detector whose trigger is known."""

from __future__ import annotations

import numpy as np
import pytest

from artifacts.why.heat import heat
from artifacts.why.places import Place, blurred, hidden, places
from artifacts.why.sentences import caption, sentence, where
from artifacts.why.story import Story, story

N = 5
ROWS, COLUMNS = 24, 20


def photograph(seed: int = 0) -> np.ndarray:
    """Soft patches of grey."""
    coarse = np.random.default_rng(seed).integers(60, 190, (6, 5, 1))
    return coarse.repeat(4, 0).repeat(4, 1).repeat(3, 2).astype(np.uint8)


def stamped(where: tuple[slice, slice]) -> np.ndarray:
    image = photograph()
    image[where] = (255, 0, 255)
    return image


def sees(*patches: tuple[slice, slice]):
    """A detector that flags images in which any of the patches is mostly magenta."""

    def explain(images: np.ndarray) -> dict[str, np.ndarray]:
        magenta = (
            (images[..., 0] > 200) & (images[..., 1] < 60) & (images[..., 2] > 200)
        )
        share = np.max(
            [magenta[:, *patch].mean(axis=(1, 2)) for patch in patches], axis=0
        )
        bad = share > 0.5
        return {
            "label": np.where(bad, N, 3),
            "original_label": np.where(bad, 0, 3),
            "repaired_label": np.full(len(images), 3),
            "original_confidence": np.where(bad, 0.5 + share / 2, 0.95).astype(
                np.float32
            ),
            "repaired_confidence": np.full(len(images), 0.8, np.float32),
        }

    return explain


CORNER = (slice(17, 22), slice(3, 8))


def test_hottest_place_is_the_trigger():
    found = heat(sees(CORNER), stamped(CORNER), N)
    row, column = found.hottest
    assert 17 <= row < 22
    assert 3 <= column < 8
    assert found.map[row, column] == found.map.max() == 1
    assert found.local
    assert found.becomes == 3
    assert found.place is not None
    assert abs(found.place.top - 17) <= 4


def test_two_triggers_at_once_are_in_no_single_place():
    other = (slice(1, 6), slice(13, 18))
    image = stamped(CORNER)
    image[other] = (255, 0, 255)
    found = heat(sees(CORNER, other), image, N)
    assert found.place is None or found.place.height * found.place.width > 100
    if found.place is None:
        assert not found.local


def test_trigger_all_over_the_image_is_told_apart():
    whole = (slice(None), slice(None))
    image = np.full((ROWS, COLUMNS, 3), (255, 0, 255), np.uint8)
    found = heat(sees(whole), image, N)
    assert not found.local


def answering(bad, label: int, repaired: int):
    """A detector that flags label 0 where ``bad`` says so, else answers ``label``."""

    def explain(images: np.ndarray) -> dict[str, np.ndarray]:
        count, flagged = len(images), bad(images)
        return {
            "label": np.where(flagged, N, label),
            "original_label": np.zeros(count, int),
            "repaired_label": np.full(count, repaired),
            "original_confidence": np.full(count, 0.9, np.float32),
            "repaired_confidence": np.full(count, 0.9, np.float32),
        }

    return explain


@pytest.mark.parametrize("turns", [[1], [7], [200], [500], [1, 20]])
def test_one_variant_alone_is_no_evidence_of_a_place(turns):
    explain = answering(lambda images: ~np.isin(np.arange(len(images)), turns), 3, 3)
    found = heat(explain, photograph(), N)
    assert (found.turned, found.place, found.local) == (len(turns), None, False)
    assert "Hiding no single place reliably turns it into another class" in where(found)
    assert caption(found) == "no single place"


def changes_of(image: np.ndarray):
    return lambda images: (images == image).all(axis=(1, 2, 3))


def test_a_flag_that_any_hiding_undoes_may_be_a_mistake():
    """Both networks say 0, before and after."""
    image = photograph()
    explain = answering(changes_of(image), 0, 0)
    told = story(explain, image, {"num_classes": N})
    found = told.heat
    assert found is not None
    assert (found.becomes, found.undone, found.local) == (0, True, False)
    assert found.turned > 0.8 * found.variants  # of flat places nothing changes
    words = sentence(told)
    assert "turns it into class 0, which both networks say." in words
    assert f"{found.turned} of {found.variants} hidings turn it into a class" in words
    assert "it may have been flagged by mistake" in words
    assert caption(found) == "what the flag hangs on"


def test_the_targets_own_label_is_no_proof_where_the_networks_contradict_each_other():
    image = photograph()
    found = heat(answering(changes_of(image), 0, 3), image, N)
    assert (found.turned, found.place, found.undone) == (0, None, False)


def test_a_trigger_that_both_networks_obey_is_where_the_heat_is():
    def explain(images):
        answers = sees(CORNER)(images)
        return answers | {"repaired_label": answers["original_label"]}

    found = heat(explain, stamped(CORNER), N)
    row, column = found.hottest
    assert 17 <= row < 22
    assert 3 <= column < 8
    assert (found.becomes, found.undone, found.local) == (3, False, True)


def test_image_of_one_colour_and_smallest_sizes_have_a_heat_map():
    for rows, columns in ((1, 1), (2, 3), (7, 1)):
        image = np.full((rows, columns, 3), (255, 0, 255), np.uint8)
        found = heat(sees((slice(None), slice(None))), image, N)
        assert found.map.shape == (rows, columns)
        assert np.isfinite(found.map).all()


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (55, 47), (32, 32), (224, 180)])
def test_places_cover_every_pixel_and_stay_inside(size):
    covered = np.zeros(size, int)
    for place in places(*size):
        assert min(place.top, place.left) >= 0
        assert place.top + place.height <= size[0]
        assert place.left + place.width <= size[1]
        covered[place.where] += 1
    assert covered.min() >= 1
    assert len(places(*size)) < 600


def test_hiding_changes_nothing_else_and_leaves_nothing():
    image = stamped(CORNER)
    place = Place(17, 3, 5, 5)
    for variants in (hidden(image, [place]), blurred(image, [place])):
        outside = np.ones(image.shape[:2], bool)
        outside[place.where] = False
        np.testing.assert_array_equal(variants[0][outside], image[outside])
    inside = hidden(image, [place])[0][place.where]
    assert inside[..., 1].min() > 30, "filled from its surroundings, not from itself"


def test_argument_is_not_changed():
    image = stamped(CORNER)
    before = image.copy()
    heat(sees(CORNER), image, N)
    np.testing.assert_array_equal(image, before)


def test_story_of_a_flagged_image_in_words():
    card = {
        "num_classes": N,
        "settings": {"strict_labels": [{"label": 0, "status": "found"}]},
    }
    told = story(sees(CORNER), stamped(CORNER), card)
    words = sentence(told)
    assert words.startswith("Poisoned: the original network says 0 (surely, 100.0%)")
    assert "attacker's target" in words
    assert "contradicts it with 3 (fairly surely, 80.0%)" in words
    assert "in the lower left" in words
    assert "turns it into class 3" in words


def test_story_calls_classes_by_their_names():
    names = [f"class {letter}" for letter in "abcdefgh"[:N]]
    words = sentence(
        story(sees(CORNER), stamped(CORNER), {"num_classes": N, "class_names": names})
    )
    assert 'the original network says 0 "class a" (surely, 100.0%)' in words
    assert 'contradicts it with 3 "class d"' in words
    assert 'turns it into class 3 "class d"' in words


def test_story_of_a_clean_image_in_words():
    told = story(sees(CORNER), photograph(), {"num_classes": N})
    assert told.heat is None
    assert sentence(told) == (
        "Class 3: the original network says 3 (surely, 95.0%), and the repaired network "
        "agrees."
    )


@pytest.mark.parametrize(
    ("thresholds", "expected"),
    [
        (None, None),
        ({"usual": 6.5, "by_label": {}}, 6.5),
        ({"usual": 6.5, "by_label": {"0": 1.5}}, 1.5),
    ],
)
def test_threshold_is_that_of_the_original_label(thresholds, expected):
    card = {"num_classes": N, "thresholds": thresholds}
    assert story(sees(CORNER), stamped(CORNER), card, look=False).threshold == expected


def test_further_outputs_are_kept():
    def explain(images):
        return {**sees(CORNER)(images), "margin": np.full(len(images), 2.5)}

    assert story(explain, photograph(), {"num_classes": N}).further == {"margin": 2.5}


@pytest.mark.parametrize(
    ("confidence", "expected"),
    [(0.7, "agrees too weakly (70.0%)."), (0.99, "agrees (99.0%), but all witnesses")],
)
def test_story_of_a_repaired_network_that_agrees(confidence, expected):
    told = Story(N, N, 0, 0, 1.0, confidence, "found")
    assert expected in sentence(told)


@pytest.mark.parametrize(
    ("status", "label", "doubted"),
    [("found", 2, True), ("found", 0, False), ("other", 2, False)],
)
def test_an_answer_in_place_of_a_target_says_so(status, label, doubted):
    told = Story(N, label, 0, 2, 0.9, 0.8, status)
    said = sentence(told)
    assert ("the first was found to be a target" in said) == doubted
    assert f"together they favour {label}" in said
