"""The C library gives the labels that TensorFlow's Python package gives."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorflow.core.protobuf.config_pb2 import ConfigProto
from toys import ROOT, SHAPE, run_python

from artifacts.card import read_artifact
from artifacts.errors import DetectorError
from artifacts.runtime import c_library as opening
from artifacts.runtime import load as loading
from artifacts.runtime.c_library import UnavailableError, c_library
from artifacts.runtime.native import _CONFIG, NativeDetector
from artifacts.runtime.signature import tensor_names

NAMES = ("sunglasses", "multi", "anonymous_1", "anonymous_2")


@pytest.fixture(scope="module")
def library():
    try:
        return c_library()
    except UnavailableError as reason:
        pytest.skip(f"no C library here: {reason}")


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (300, *SHAPE), np.uint8)


def native(folder: Path, library: Any) -> NativeDetector:
    return NativeDetector(read_artifact(folder).files, library)


@pytest.fixture
def through_python(monkeypatch) -> None:
    monkeypatch.setenv("BADNET_REPAIR_LOADER", "python")


def test_both_ways_give_the_same_labels(library, artifact, images, through_python):
    slow, fast = (
        loading.load(artifact),
        native(artifact, library),
    )
    assert not isinstance(slow, NativeDetector)
    expected = slow(images)
    assert len(set(expected.tolist())) > 1
    labels = fast(images)
    assert labels.dtype == np.int64
    np.testing.assert_array_equal(labels, expected)
    singly = [int(fast(image[None])[0]) for image in images[:20]]
    assert singly == expected[:20].tolist()


@pytest.mark.parametrize("name", NAMES)
def test_committed_artifacts(library, name, through_python):
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (8, 55, 47, 3), np.uint8)
    folder = ROOT / "artifacts" / name
    expected = loading.load(folder)(images)
    np.testing.assert_array_equal(native(folder, library)(images), expected)


def test_it_is_the_way_that_is_taken(library, artifact):
    assert isinstance(loading.load(artifact), NativeDetector)


def test_tensorflow_is_not_imported(library):
    code = (
        "import sys; sys.argv = ['x', 'data/test_image.png']\n"
        "from artifacts.detector import main\n"
        "try: main('multi')\n"
        "finally: print('tensorflow' in sys.modules)"
    )
    answer = run_python("-c", code, cwd=ROOT)
    assert answer.out.split()[1:] == ["False"], answer.err


@pytest.mark.parametrize("problem", ["platform", "gpu", "missing", "symbol", "package"])
def test_without_the_library_python_is_taken(problem, monkeypatch, artifact, images):
    if problem == "platform":
        monkeypatch.setattr(opening.sys, "platform", "darwin")
    elif problem == "gpu":
        monkeypatch.setattr(opening, "_GPU_DRIVER", ROOT)
    elif problem == "missing":
        monkeypatch.setattr(opening, "_opened", _raise)
    elif problem == "symbol":
        monkeypatch.setitem(opening._TYPES, "TF_NoSuchFunction", (None, []))
    else:
        monkeypatch.setattr(opening, "find_spec", lambda name: None)
    with pytest.raises(UnavailableError):
        c_library()
    detect = loading.load(artifact)
    assert not isinstance(detect, NativeDetector)
    assert detect(images[:3]).shape == (3,)


def _raise(path: object) -> None:
    raise OSError(path)


def test_no_model_is_an_error_of_ours(library):
    with pytest.raises(DetectorError, match="TensorFlow"):
        NativeDetector({}, library)


def test_many_calls_take_no_more_memory(library, artifact, images):
    def resident() -> int:
        pages = (Path("/proc/self/statm")).read_text().split()[1]
        return int(pages) * 4096

    detect = native(artifact, library)
    for _ in range(300):
        detect(images)
    before = resident()
    for _ in range(600):  # a leak of the images alone would be over a hundred megabytes
        detect(images)
    assert resident() - before < 20e6


def field(number: int, payload: bytes) -> bytes:
    return bytes([number << 3 | 2, len(payload)]) + payload


def signature(inputs: int) -> memoryview:
    tensor = field(1, b"images:0") + bytes([2 << 3, 4])
    entries = [
        field(1, field(1, b"in%d" % i) + field(2, tensor)) for i in range(inputs)
    ]
    outputs = field(2, field(1, b"label") + field(2, field(1, b"call:1")))
    entry = field(1, b"serve") + field(2, b"".join(entries) + outputs)
    skipped = bytes([9 << 3 | 5, 0, 0, 0, 0, 9 << 3 | 1, *range(8)])
    return memoryview(skipped + field(5, entry))


def test_names_of_a_signature():
    assert tensor_names(signature(1), "serve") == ("images:0", "call:1")
    for graph, name in ((signature(1), "other"), (signature(2), "serve")):
        with pytest.raises(ValueError, match="expected"):
            tensor_names(graph, name)


def test_the_session_is_told_not_to_optimise_the_graph():
    expected = ConfigProto()
    expected.graph_options.rewrite_options.disable_meta_optimizer = True
    expected.graph_options.optimizer_options.do_function_inlining = True
    assert ConfigProto.FromString(_CONFIG) == expected


@pytest.mark.parametrize("loader", ["", "python"])
def test_one_image_is_labelled_from_its_bytes(artifact, images, monkeypatch, loader):
    monkeypatch.setenv("BADNET_REPAIR_LOADER", loader)
    detect = loading.load(artifact)
    found = [detect.one(image.tobytes(), SHAPE) for image in images[:20]]
    np.testing.assert_array_equal(found, detect(images[:20]))


def test_a_wrong_batch_in_one_thread_harms_no_other(library, artifact, images):
    detector = native(artifact, library)
    expected, wrong = detector(images), images[:3, :-1]
    answers: list[Any] = []

    def ask(given: np.ndarray, times: int) -> None:
        for _ in range(times):
            try:
                answers.append(detector._labels(np.ascontiguousarray(given)))
            except DetectorError as reason:
                answers.append(reason)

    threads = [
        threading.Thread(target=ask, args=(given, times))
        for given, times in ((images, 60), (wrong, 300)) * 2
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    right = [each for each in answers if isinstance(each, np.ndarray)]
    assert len(right) == 120
    assert len(answers) == 720
    assert all(np.array_equal(each, expected) for each in right)
