"""Fusion: separate networks, and a repaired one that shares the original's layers."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers
from toys import SHAPE

from build.fusing.fusion import fuse
from repair.methods.repair import Repair
from repair.network.inference import outputs
from repair.rule import Rule, fused_labels
from repair.witness import Witness, certainty, said, told

IMAGES = np.random.default_rng(0).integers(0, 256, (60, *SHAPE), np.uint8)
VALUES = np.array([-3, 0, 3], np.float32)
TOLD = np.array([0, 1, 4], np.float32)
RULE = Rule(
    (
        Witness("head", "against", VALUES, TOLD, slope=0.5),
        Witness("twin", "obeys", VALUES, TOLD),
    ),
    np.array([2, 3, 4, 1, 100], np.float32),
    (1, 2),
    stand_in=1,
)


def noisy(network: keras.Model) -> keras.Model:
    changed = keras.models.clone_model(network)
    rng = np.random.default_rng(1)
    weights = network.get_weights()
    changed.set_weights([w + rng.normal(0, 0.25, w.shape) for w in weights])
    return changed


def shared(network: keras.Model) -> keras.Model:
    """A new head on the original's own convolutions."""
    features = network.get_layer("flatten_1").output
    head = layers.Dense(5, activation="softmax", name="new_head")
    repaired = keras.Model(network.input, head(features))
    rng = np.random.default_rng(2)
    kernel, bias = head.get_weights()
    head.set_weights([rng.normal(0, 0.3, kernel.shape), bias])
    return repaired


@pytest.fixture(scope="module")
def original(badnet: keras.Model) -> keras.Model:
    return badnet


def repaired_by(repaired: keras.Model, twin: keras.Model | None = None) -> Repair:
    """By plain comparison, or heard beside a twin."""
    if twin is None:
        return Repair(repaired, None, {})
    return Repair(repaired, RULE, {}, witnesses={"twin": twin})


@pytest.mark.parametrize("heard", [False, True])
@pytest.mark.parametrize("repair", [noisy, shared])
def test_outputs_equal_the_networks_and_the_rule(original, repair, heard):
    repaired = repair(original)
    networks = [repaired, noisy(original)] if heard else [repaired]
    before, *answers = (outputs(x, IMAGES) for x in (original, *networks))
    detector = fuse(original, repaired_by(*networks))
    found = {key: np.asarray(x) for key, x in detector(IMAGES).items()}
    expected = fused_labels(before, answers, RULE if heard else None)
    assert 0 < (expected == 5).sum() < len(IMAGES), "the toys agree and disagree"
    np.testing.assert_array_equal(found["label"], expected)
    for name, scores in (("original", before), ("repaired", answers[0])):
        labels, shares = found[f"{name}_label"], found[f"{name}_confidence"]
        np.testing.assert_array_equal(labels, scores.argmax(axis=1))
        np.testing.assert_allclose(shares, scores.max(axis=1), rtol=1e-5)
        assert (labels.dtype, shares.dtype) == (np.int64, np.float32)
    assert found["label"].dtype == np.int64
    assert detector.input_shape == (None, *SHAPE)
    assert detector.inputs[0].dtype == "uint8"
    if heard:
        labels, certain = before.argmax(axis=1), certainty(before)
        for witness, answer in zip(RULE.witnesses, answers, strict=True):
            spoken = said(witness, answer, labels)
            np.testing.assert_allclose(
                found[f"{witness.name}_evidence"],
                told(witness, spoken, labels, certain),
                atol=1e-3,
            )


def test_shared_layers_are_kept_once(original):
    head = 96 * 5 + 5
    parameters = original.count_params()
    one = fuse(original, repaired_by(shared(original)))
    assert one.count_params() == parameters + head
    two = fuse(original, repaired_by(noisy(original)))
    assert two.count_params() == 2 * parameters


def test_network_agrees_with_itself(original):
    detector = fuse(original, repaired_by(original))
    labels = outputs(original, IMAGES).argmax(axis=1)
    np.testing.assert_array_equal(detector(IMAGES)["label"], labels)


def test_networks_are_not_changed(original):
    before = [weight.copy() for weight in original.get_weights()]
    fuse(original, repaired_by(noisy(original)))
    for old, now in zip(before, original.get_weights(), strict=True):
        np.testing.assert_array_equal(old, now)
