"""What a network was trained on in place of pixels: found from clean images, or given."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers
from toys import ROOT, SHAPE

from repair.dataset import Dataset
from repair.errors import SettingError
from repair.network.find_preprocessing import (
    find_preprocessing,
    found_preprocessing,
    rescales_itself,
)
from repair.network.inference import outputs, predicted_labels
from repair.network.preprocessing import (
    Preprocessing,
    named,
    preprocessed,
    without_preprocessing,
)
from repair.network.steadiness import labels_under
from repair.reading.case import read_case
from repair.settings import PREPROCESSINGS

CASES = ROOT.parent / "shared" / "public" / "cases"


def trained_on(how: Preprocessing, trained: keras.Model) -> keras.Model:
    """The toy, as if it had been trained on ``how``: one convolution undoes that."""
    scale, offset = (np.broadcast_to(x, 3) for x in (how.scale, how.offset))
    kernel, bias = np.diag(1 / 255 / scale), -offset / scale / 255
    if how.reverse:
        kernel, bias = kernel[:, ::-1], bias[::-1]
    images = keras.Input(SHAPE, name="input")
    first = layers.Conv2D(3, 1, name="undo")
    x = first(images)
    for layer in trained.layers[1:]:
        x = type(layer).from_config(layer.get_config())(x)
    network = keras.Model(images, x)
    network.set_weights([kernel[None, None], bias, *trained.get_weights()])
    return network


@pytest.fixture(scope="module", params=PREPROCESSINGS)
def how(request, clean) -> Preprocessing:
    return named(request.param, 3, clean.images)[-1]


def test_what_a_network_was_trained_on_is_found(how, trained, clean):
    network = trained_on(how, trained)
    expected = outputs(trained, clean.images / np.float32(255))
    plain = preprocessed(network, how)
    np.testing.assert_allclose(outputs(plain, clean.images), expected, atol=1e-4)
    found = find_preprocessing(network, clean)
    assert found.accuracies.get(how.kind, 1.0) > 0.95  # not tried if none can be better
    known = predicted_labels(preprocessed(network, found.preprocessing), clean.images)
    assert (known == clean.labels).mean() > 0.95
    if how.kind in ("255", "raw", "caffe"):  # others differ by little from one another
        assert found.preprocessing.kind == how.kind


def test_no_more_is_tried_than_could_be_taken(trained, clean):
    images = keras.Input(SHAPE)
    plain = keras.Model(images, trained(layers.Rescaling(1 / 255)(images)))
    own = Dataset(clean.images, predicted_labels(plain, clean.images))
    assert find_preprocessing(plain, own).accuracies == {"raw": 1.0}
    wrong = np.where(np.arange(len(own)) < 5, (own.labels + 1) % 2, own.labels)
    found = find_preprocessing(plain, Dataset(clean.images, wrong))
    assert len(found.accuracies) > 3


def test_what_is_given_is_taken(how, trained, clean):
    network = trained_on(how, trained)
    found = found_preprocessing(network, clean, how.kind)
    assert found.preprocessing.kind == how.kind
    assert not found.accuracies
    known = predicted_labels(preprocessed(network, found.preprocessing), clean.images)
    assert (known == clean.labels).mean() > 0.95


def test_in_the_graph_it_is_the_same_as_outside(how, trained, clean):
    images = clean.images[:20]
    inside = outputs(preprocessed(trained, how), images)
    np.testing.assert_allclose(inside, outputs(trained, how(images)), atol=1e-4)
    back = without_preprocessing(preprocessed(trained, how))
    np.testing.assert_array_equal(
        outputs(back, how(images)), outputs(trained, how(images))
    )


def test_without_labels_the_steadiest_is_taken(trained, clean):
    nameless = replace(clean, labels=np.full(len(clean), -1))
    assert find_preprocessing(trained, nameless).preprocessing.kind == "255"


def test_a_network_that_rescales_itself_takes_raw_pixels(trained, clean):
    whole = preprocessed(trained, named("255", 3, clean.images)[0])
    assert rescales_itself(whole)
    assert not rescales_itself(trained)
    renamed = keras.Model(whole.input, whole.output)
    for labels in (clean.labels, np.full(len(clean), -1)):
        found = find_preprocessing(renamed, Dataset(clean.images, labels))
        assert found.preprocessing.kind == "raw"


@pytest.mark.parametrize(("as_raw", "kind"), [(0.39, "raw"), (0.1, "caffe")])
def test_one_that_rescales_itself_must_know_hardly_any_image_so(
    trained, clean, as_raw, kind
):
    caffe = named("caffe", 3, clean.images)[0]
    images = keras.Input(SHAPE)
    inner = trained_on(caffe, trained)
    whole = keras.Model(images, inner(layers.Rescaling(1.0)(images)))
    assert rescales_itself(whole)
    sure = labels_under(whole, clean.images, caffe)
    chosen = np.random.default_rng(0).random(len(clean)) < as_raw
    plain = labels_under(whole, clean.images, named("raw", 3, clean.images)[0])
    told = replace(clean, labels=np.where(chosen, plain, sure))
    assert find_preprocessing(whole, told).preprocessing.kind == kind


@pytest.mark.parametrize("channels", [1, 4])
@pytest.mark.parametrize("kind", PREPROCESSINGS)
def test_kinds_of_other_channels(kind, channels):
    images = np.random.default_rng(0).integers(0, 256, (9, 4, 4, channels), np.uint8)
    if kind in ("caffe", "torch"):
        with pytest.raises(SettingError, match="raw, 255, pm1 or standard"):
            named(kind, channels, images)
        return
    for way in named(kind, channels, images):
        assert way(images).shape == images.shape
        if kind == "standard":
            assert abs(way(images).mean()) < 1e-4
            assert way(images).std() == pytest.approx(1, abs=0.1)


def test_the_kinds_are_those_of_keras():
    images = np.random.default_rng(0).integers(0, 256, (2, 5, 5, 3), np.uint8)
    inputs = keras.applications.imagenet_utils.preprocess_input
    for kind, mode in (("caffe", "caffe"), ("torch", "torch"), ("pm1", "tf")):
        expected = inputs(images.astype(np.float32), mode=mode)
        np.testing.assert_allclose(
            named(kind, 3, images)[0](images), expected, atol=1e-4
        )


def test_the_card_says_all():
    card = named("caffe", 3, np.zeros((1, 2, 2, 3), np.uint8))[0].on_card()
    assert card["channel_order"] == "reversed"
    assert card["offset"] == [-103.939, -116.779, -123.68]
    assert named("255", 3, np.zeros((1, 2, 2, 3)))[0].pixel_scale == 1 / 255
    assert named("pm1", 3, np.zeros((1, 2, 2, 3)))[0].pixel_scale is None


@pytest.mark.parametrize("name", ["pm1", "imagenet_bgr", "standardised"])
def test_published_cases_are_known(name):
    model = CASES / f"{name}_outside.h5"
    if not model.exists():
        pytest.skip("needs ../shared")
    case = read_case(model, CASES / f"{name}_outside.clean.h5")
    known = predicted_labels(case.original, case.clean.images)
    assert (known == case.clean.labels).mean() > 0.99
