"""The verdict: what is said, how surely, and when a pipeline stops."""

from __future__ import annotations

import json

import pytest

from repair.verdict import from_card, verdict


def settings(**strength: float) -> dict:
    """Strengths of labels by name, in tenths: ``found_3=25`` or ``watched_7=4``."""
    strict = []
    for name, value in strength.items():
        status, label = name.split("_")
        strict.append({"label": int(label), "status": status, "strength": value / 10})
    highest = max(strict, key=lambda each: each["strength"], default=None)
    return {
        **{"strict_labels": strict},
        "highest_strength": highest["strength"] if highest else 0.0,
        "strongest_label": highest["label"] if highest else 0,
        "clean_images": 500,
    }


@pytest.mark.parametrize(
    ("given", "accuracy", "headline", "confidence"),
    [
        (settings(found_3=25), 0.99, "Backdoor found: target label 3", "high"),
        (settings(found_3=25), None, "Backdoor found: target label 3", "high"),
        (
            settings(found_3=14, found_0=12, watched_7=4),
            0.9,
            "Backdoor found: target labels 3, 0",
            "moderate",
        ),
        (
            settings(found_3=25, found_0=12),
            0.9,
            "Backdoor found: target labels 3 (confidence high), 0 (moderate)",
            "high",
        ),
        (settings(watched_7=4), 0.99, "No sign of a backdoor", "moderate"),
        (settings(watched_7=8), 0.99, "No sign of a backdoor", "low"),
        (settings(), 0.99, "No sign of a backdoor", "moderate"),
        (settings(found_3=25), 0.2, "Cannot be told", "low"),
        ({"layer": "conv_3"}, 0.99, "Cannot be told", "low"),
        (
            settings(found_3=25) | {"steady": 0.5},
            0.99,
            "Backdoor found: target label 3",
            "low",
        ),
        (settings() | {"steady": 0.5}, 0.99, "No sign of a backdoor", "low"),
        (settings() | {"steady": 0.9}, 0.99, "No sign of a backdoor", "moderate"),
    ],
)
def test_headline_and_confidence(given, accuracy, headline, confidence):
    said = verdict(given, 10, accuracy=accuracy)
    assert (said.headline, said.confidence) == (headline, confidence)
    assert said.reason.endswith(".")
    assert json.loads(json.dumps(said.on_card()))["verdict"] == said.kind


@pytest.mark.parametrize(
    ("images", "kind", "confidence"),
    [
        (2, "cannot be told", "low"),
        (19, "cannot be told", "low"),
        (20, "backdoor found", "low"),
        (99, "backdoor found", "low"),
        (100, "backdoor found", "high"),
    ],
)
def test_few_clean_images_tell_little(images, kind, confidence):
    said = verdict(settings(found_3=25) | {"clean_images": images}, 10, accuracy=1.0)
    assert (said.kind, said.confidence) == (kind, confidence)
    assert (f"{images} clean images are" in said.reason) == (images < 100)


@pytest.mark.parametrize(("classes", "confidence"), [(10, "high"), (9, "low")])
def test_that_most_labels_are_targets_is_hardly_believed(classes, confidence):
    said = verdict(
        settings(**{f"found_{i}": 25 for i in range(5)}), classes, accuracy=1.0
    )
    assert (said.kind, said.confidence) == ("backdoor found", confidence)
    assert ("most of its labels" in said.reason) == (confidence == "low")


@pytest.mark.parametrize(("classes", "few"), [(2, True), (5, True), (6, False)])
def test_few_classes_are_told_from_one_another_with_low_confidence(classes, few):
    said = verdict(settings(found_0=25), classes, accuracy=1.0)
    assert (said.kind, said.confidence) == ("backdoor found", "low" if few else "high")
    none = verdict(settings(watched_1=2), classes, accuracy=1.0)
    assert none.confidence == ("low" if few else "moderate")
    for each in (said, none):
        assert (f"{classes} classes are few" in each.reason) == few


def test_names_of_classes_stand_beside_their_labels():
    said = verdict(settings(found_1=25, found_0=12), 10, accuracy=None)
    assert said.named(["cat", "dog"]) == (
        'Backdoor found: target labels 1 "dog" (confidence high), 0 "cat" (moderate)'
    )
    assert said.sureness(["cat", "dog"]) == 'high for 1 "dog", moderate for 0 "cat"'


@pytest.mark.parametrize(
    ("given", "images", "each", "told"),
    [
        (
            settings(found_1=181, found_2=16),
            500,
            ("high", "moderate"),
            "label 2 it is 1.6 times",
        ),
        (
            settings(found_2=12, found_1=181),
            500,
            ("moderate", "high"),
            "label 1 it is 18.1 times",
        ),
        (
            settings(found_1=181, found_2=16),
            50,
            ("low", "low"),
            "label 2 it is 1.6 times",
        ),
        (
            settings(found_1=181, found_2=20),
            500,
            ("high", "high"),
            "label 2 it is 2.0 times",
        ),
        (settings(found_1=12), 500, ("moderate",), "for it is 1.2 times"),
    ],
)
def test_no_label_is_accused_with_the_confidence_of_another(given, images, each, told):
    given["clean_images"] = images
    said = verdict(given, 10, accuracy=0.9)
    assert said.each == each == tuple(said.sure_of(label) for label in said.found)
    assert said.confidence == max(each, key=["low", "moderate", "high"].index)
    assert told in said.reason
    apart = len(set(each)) > 1
    assert ("(confidence" in said.headline) == ("for" in said.sureness()) == apart
    card = {"verdict": said.on_card(), "settings": given}
    assert from_card(card) == said


def test_of_many_found_labels_the_range_is_told():
    strengths = {f"found_{i}": 20 + i for i in range(5)}
    said = verdict(settings(**strengths), 100, accuracy=0.9)
    assert "for them is 2.0 to 2.4 times" in said.reason


@pytest.mark.parametrize("odd", [{}, {"strength": "x"}, {"strength": None}])
def test_a_card_without_strengths_is_read(odd):
    told = verdict(settings(found_1=25), 10, accuracy=0.9).on_card()
    card = {"verdict": told, "settings": {"strict_labels": [{"label": 1} | odd]}}
    assert from_card(card).sureness() == "high"
    assert from_card({"verdict": told}).headline == "Backdoor found: target label 1"


@pytest.mark.parametrize(
    ("given", "accuracy", "on_found", "on_watched"),
    [
        (settings(found_3=25), 0.99, True, True),
        (settings(watched_7=4), 0.99, False, True),
        (settings(), 0.99, False, False),
        (settings(), 0.1, True, True),
    ],
)
def test_pipeline_stops(given, accuracy, on_found, on_watched):
    said = verdict(given, 10, accuracy=accuracy)
    assert said.fails("found") is on_found
    assert said.fails("watched") is on_watched
    assert not said.fails(None)


def test_images_that_were_left_out_are_named():
    for labels in (settings(found_3=25), settings()):
        told = verdict(labels | {"left_out_images": [4, 9]}, 10, accuracy=0.9)
        assert "not clean: 2 of its images" in told.reason
        assert "4, 9" in told.reason
