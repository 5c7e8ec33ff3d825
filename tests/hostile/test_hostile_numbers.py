"""A built detector on odd images: the same labels however they come."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from toys import PEOPLE, SHAPE, run_python, toy_people, triggered


@pytest.fixture(scope="module")
def serve(artifact):
    loaded = tf.saved_model.load(str(artifact))
    return lambda images: (loaded, loaded.serve(tf.constant(images)).numpy())[1]


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    people = toy_people(100, seed=20).images
    noise = np.random.default_rng(0).integers(0, 256, (96, *SHAPE), np.uint8)
    flat = np.full((4, *SHAPE), np.arange(4)[:, None, None, None] * 85, np.uint8)
    return np.concatenate([people, triggered(people), noise, flat])


@pytest.mark.parametrize("count", [1, 2, 7, 256, 1000, 4096])
def test_batches_of_any_size_give_the_same_labels(serve, images, count):
    expected = serve(images)
    many = np.resize(images, (max(count, 100), *SHAPE))
    found = np.concatenate(
        [serve(many[start : start + count]) for start in range(0, len(many), count)]
    )
    np.testing.assert_array_equal(found, np.resize(expected, len(many)))


def test_order_and_neighbours_mean_nothing(serve, images):
    order = np.random.default_rng(1).permutation(len(images))
    np.testing.assert_array_equal(serve(images[order]), serve(images)[order])


@given(image=arrays(np.uint8, SHAPE))
@settings(max_examples=30)
def test_any_image_gets_a_label_of_the_range(serve, image):
    label = serve(image[None])
    assert 0 <= label[0] <= PEOPLE
    assert (serve(np.stack([image] * 5)) == label[0]).all()


@given(level=st.integers(0, 255))
def test_flat_images_get_the_same_label_alone_and_together(serve, level):
    batch = np.full((64, *SHAPE), level, np.uint8)
    assert len(set(serve(batch).tolist()) | set(serve(batch[:1]).tolist())) == 1


THREADS = """
import json, sys
import numpy as np, tensorflow as tf
folder, images, threads = sys.argv[1:]
tf.config.threading.set_intra_op_parallelism_threads(int(threads))
tf.config.threading.set_inter_op_parallelism_threads(int(threads))
detector = tf.saved_model.load(folder)
images = tf.constant(np.load(images, allow_pickle=False))
print(json.dumps(detector.serve(images).numpy().tolist()))
"""


@pytest.mark.parametrize("threads", [1, 8])
def test_threads_change_no_label(serve, artifact, images, tmp_path, threads):
    np.save(tmp_path / "images.npy", images)
    answer = run_python("-c", THREADS, artifact, tmp_path / "images.npy", threads)
    assert answer.code == 0, answer.err
    assert json.loads(answer.out) == serve(images).tolist()


def weights_of(loaded: object) -> list[tf.Variable]:
    return [each for each in loaded.weights if each.dtype.is_floating]


def with_weights(artifact: Path, value: float) -> np.ndarray:
    """Labels of a detector in memory whose largest weights were overwritten."""
    loaded = tf.saved_model.load(str(artifact))
    for weight in weights_of(loaded):
        if len(weight.shape) > 1:
            weight.assign(tf.fill(weight.shape, tf.cast(value, weight.dtype)))
    return loaded.serve(tf.constant(toy_people(2, seed=3).images)).numpy()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38])
def test_numbers_that_are_none_give_n(artifact, value):
    assert (with_weights(artifact, value) == PEOPLE).all()


@pytest.mark.parametrize("value", [0.0, 1e-40, 1e-45])
def test_ties_and_denormals_give_one_label_for_all(artifact, value):
    """All scores are equal but for the biases, so that no image can matter."""
    labels = with_weights(artifact, value)
    assert len(set(labels.tolist())) == 1
    assert 0 <= labels[0] <= PEOPLE


def test_environment_of_one_thread_changes_no_label(serve, artifact, images, tmp_path):
    np.save(tmp_path / "images.npy", images)
    code = f"import os; os.environ.update(OMP_NUM_THREADS='1')\n{THREADS}"
    answer = run_python("-c", code, artifact, tmp_path / "images.npy", os.cpu_count())
    assert json.loads(answer.out) == serve(images).tolist()
