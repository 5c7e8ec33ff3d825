"""Both ways of running a detector take the same, and refuse the rest alike."""

from __future__ import annotations

import os
import pickle
import re
from collections.abc import Callable

import numpy as np
import pytest
from toys import SHAPE, run_python

from artifacts.errors import DetectorError
from artifacts.runtime import load as loading
from artifacts.runtime.checked import Detector

SIDES = ", ".join(map(str, SHAPE))


@pytest.fixture(params=["", "python"])
def detect(request, artifact, monkeypatch) -> Callable:
    """Of the faster way, where it is there, and of the slower one."""
    monkeypatch.setenv("BADNET_REPAIR_LOADER", request.param)
    return loading.load(artifact)


def test_no_image_has_no_label(detect):
    labels = detect(np.empty((0, *SHAPE), np.uint8))
    assert (labels.shape, labels.dtype) == ((0,), np.int64)


@pytest.mark.parametrize("kind", ["float32", "float64", "bool", "int8", "uint16"])
def test_no_number_is_cast(detect, kind):
    images = np.zeros((1, *SHAPE), kind)
    expected = f"expected images (n, {SIDES}) uint8. Received: {images.shape} {kind}."
    with pytest.raises(DetectorError, match=f"^{re.escape(expected)}"):
        detect(images)


@pytest.mark.parametrize("shape", [SHAPE, (1, 3, 3, 3), (0, 3, 3, 3), (1,), ()])
def test_another_shape_is_said_before_tensorflow_says_it(detect, shape):
    expected = f"expected images (n, {SIDES}) uint8. Received: {shape} uint8."
    with pytest.raises(DetectorError, match=f"^{re.escape(expected)}"):
        detect(np.zeros(shape, np.uint8))


@pytest.mark.parametrize(
    ("given", "kind"), [(None, "NoneType"), ([[0]], "list"), ("a.png", "str")]
)
def test_what_is_no_array_is_named(detect, given, kind):
    with pytest.raises(DetectorError, match=f"uint8. Received: {kind}. Give an array"):
        detect(given)


def test_images_that_lie_apart_in_memory_are_taken(detect):
    images = np.random.default_rng(0).integers(0, 256, (6, *SHAPE), np.uint8)
    apart = np.repeat(images, 2, axis=0)[::2]
    np.testing.assert_array_equal(detect(apart), detect(images))


def test_pixels_of_another_size_are_refused(detect):
    for wrong in (b"", bytes(359), bytes(361)):
        with pytest.raises(DetectorError, match="expected pixels"):
            detect.one(wrong, SHAPE)


def test_it_can_not_be_pickled_and_says_so(detect):
    with pytest.raises(TypeError, match="in each process"):
        pickle.dumps(detect)


def test_a_fork_is_no_place_for_it(detect, monkeypatch):
    assert isinstance(detect, Detector)
    monkeypatch.setattr(os, "getpid", lambda: 0)
    for ask in (
        lambda: detect(np.zeros((1, *SHAPE), np.uint8)),
        lambda: detect.one(bytes(360), SHAPE),
    ):
        with pytest.raises(DetectorError, match="in each process"):
            ask()


FORKED = """
import os, sys
import numpy as np
from artifacts.detector import DetectorError, load
detect = load(sys.argv[1])
images = np.zeros({shape}, np.uint8)
detect(images)
if os.fork() == 0:
    try:
        detect(images)
    except DetectorError as reason:
        print(reason, flush=True)
    os._exit(0)
os.wait()
print(*detect(images))
"""


@pytest.mark.parametrize("loader", ["", "python"])
def test_a_fork_is_told_to_load_it_itself(artifact, loader, monkeypatch):
    monkeypatch.setenv("BADNET_REPAIR_LOADER", loader)
    program = FORKED.format(shape=(1, *SHAPE))
    done = run_python("-c", program, str(artifact))
    refusal, label = done.out.splitlines()
    assert "in each process" in refusal
    assert label.isdigit()
