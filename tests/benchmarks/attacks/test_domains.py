"""Reading, splitting and varying the attacker's images."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
from attack_toys import random_images, toy_material

from benchmarks.attacks.domains.faces import jitter, split_frames
from benchmarks.attacks.domains.normalised import folded, normalised_deepid
from benchmarks.attacks.domains.small_images import moved, moved_and_mirrored
from benchmarks.attacks.labelled import Labelled, read_labelled, write_labelled


def frames(stills: int, seed: int) -> tuple[Labelled, np.ndarray]:
    labels, numbers = np.indices((4, stills)).reshape(2, -1)
    return Labelled(random_images(len(labels), seed), labels), numbers


def test_split_holds_out_frames_of_stills_known_by_other_frames():
    test, validation = frames(5, seed=1), frames(4, seed=2)
    attacker, held_out = split_frames(test, validation, seed=0, held_out=2)
    assert len(held_out) == 8
    assert len(attacker) == len(test[0])
    known = {image.tobytes() for image in attacker.images}
    assert not any(image.tobytes() in known for image in held_out.images)
    borrowed = {image.tobytes() for image in validation[0].images} & known
    assert len(borrowed) == 8


def test_written_images_have_the_competition_layout(tmp_path: Path):
    data = Labelled(random_images(2), np.array([3, 1]))
    write_labelled(tmp_path / "faces.h5", data)
    with h5py.File(tmp_path / "faces.h5") as file:
        assert file["data"].shape == (2, 3, 55, 47)
        assert file["label"][()].tolist() == [3, 1]
    again = read_labelled(tmp_path / "faces.h5")
    np.testing.assert_array_equal(again.images, data.images)
    np.testing.assert_array_equal(again.labels, data.labels)


def test_jitter_moves_a_little_and_leaves_its_argument():
    images = np.repeat(np.arange(55, dtype=np.uint8)[:, None] * 4, 47, axis=1)
    images = np.repeat(images[None, ..., None], 3, axis=-1)
    before = images.copy()
    jittered = jitter(images, np.random.default_rng(0))
    assert (jittered != images).any()
    assert np.abs(jittered.astype(int) - images).max() < 60
    np.testing.assert_array_equal(images, before)


def test_small_images_move_by_three_pixels_at_most_and_may_be_mirrored():
    images = np.zeros((200, 32, 32, 3), np.uint8)
    images[:, 10, 8] = 255
    for vary, columns in ((moved, {8}), (moved_and_mirrored, {8, 23})):
        varied = vary(images, np.random.default_rng(0))
        _, rows, cols = np.nonzero(varied[..., 0])
        assert len(rows) == len(images)
        assert set(rows) == set(range(7, 14))
        assert set(cols) == {col + d for col in columns for d in range(-3, 4)}


def test_folding_keeps_the_probabilities():
    network, images = normalised_deepid(4, (55, 47, 3)), random_images(3) / 255.0
    rng = np.random.default_rng(0)
    weights = [rng.uniform(0.1, 0.5, weight.shape) for weight in network.get_weights()]
    network.set_weights(weights)
    expected = network.predict(images, verbose=0)
    actual = folded(network).predict(images, verbose=0)
    np.testing.assert_allclose(actual, expected, atol=1e-5)


def test_material_counts_its_labels():
    assert toy_material(classes=7).num_classes == 7
