"""``python -m build export``: the same labels in every format, or nothing written."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from toys import PATIENCE, PEOPLE, ROOT, SHAPE, random_weights, repaired_by, run_python

from artifacts import packages
from artifacts.errors import DetectorError, InputError
from build.formats import conversion
from build.formats.command import _more
from build.formats.conversion import convert
from build.formats.forms import RUNNERS, WRITERS
from build.formats.frozen import frozen
from build.formats.keras_graph import keras_model
from build.formats.probes import probes
from build.formats.table import FORMATS, check_packages
from build.fusing.fusion import fuse
from build.saving.saved_model import export
from repair.errors import ModelError, RepairFailedError, SettingError
from repair.measuring.saved_detector import SavedDetector
from repair.methods.choose import repair_network
from repair.settings import Settings

CARD = {
    "name": "toy",
    "num_classes": PEOPLE,
    "input": {"rows": SHAPE[0], "columns": SHAPE[1], "channels": 3},
}
THRESHOLDS = np.array([3.5, 3, 4, 2, 100], np.float32)
IMAGES = probes(SHAPE, 300, seed=1)

# Asks a .keras file where nothing of this project can be imported.
ELSEWHERE = """
import importlib.util, json, sys
import keras, numpy as np
assert not any(map(importlib.util.find_spec, ("repair", "artifacts", "toys")))
model = keras.models.load_model(sys.argv[1])
modules = {layer.__class__.__module__.split(".")[0] for layer in model.layers}
assert modules == {"keras"}, modules
labels = model.predict(np.load(sys.argv[2]), verbose=0)
print(json.dumps([str(labels.dtype), labels.tolist()]))
"""

# Exports, and has all the time in the world before the file is put in place.
WAITS = """
import runpy, time
from artifacts.quiet import import_tensorflow_quietly
from artifacts.streams import check_interrupted
import_tensorflow_quietly()
from build.formats import conversion
def wait(*_):
    while True:
        check_interrupted()  # TensorFlow may have swallowed the first
        time.sleep(0.01)
conversion._check = wait
runpy.run_module("build", run_name="__main__")
"""


@pytest.fixture(params=FORMATS)
def to(request) -> str:
    try:
        check_packages(request.param)
    except InputError as reason:
        pytest.skip(str(reason))
    return request.param


def every_kind() -> keras.Model:
    """A network with the layers and activations a BadNet may have."""
    images = keras.Input(SHAPE, name="input")
    x = layers.Rescaling(1 / 255)(images)
    x = layers.ZeroPadding2D(((1, 0), (0, 1)))(x)
    x = layers.Conv2D(4, 3, padding="same", use_bias=False, name="conv_1")(x)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.Activation("silu")(x)
    x = layers.DepthwiseConv2D(3, depth_multiplier=2, activation="elu")(x)
    x = layers.Conv2D(6, 2, activation="selu", name="conv_2")(x)
    x = layers.AveragePooling2D(2, strides=1, padding="same")(x)
    wide = layers.Conv2D(8, 2, strides=2, activation="relu6", name="conv_3")(x)
    x = layers.MaxPooling2D(2)(wide)
    flat = layers.Flatten()(x)
    means = layers.GlobalAveragePooling2D()(wide)
    largest = layers.GlobalMaxPooling2D()(wide)
    parts = [layers.Dense(9, activation=name)(flat) for name in ("tanh", "sigmoid")]
    parts += [layers.Dense(9, activation=name)(means) for name in ("softplus", "tanh")]
    parts.append(layers.ReLU(max_value=3, negative_slope=0.1, threshold=0.5)(
        layers.Dense(9, activation="leaky_relu")(largest)))  # fmt: skip
    x = layers.Dropout(0.5)(layers.Add(name="add_1")(parts))
    x = layers.Concatenate()([x, means, layers.Softmax()(flat)])
    scores = layers.Dense(PEOPLE, activation="softmax", name="output")(x)
    return keras.Model(images, scores)


def centred(network: keras.Model) -> keras.Model:
    """The network itself, its bias such that no label stands out."""
    output = network.layers[-1]
    kernel, _ = output.get_weights()
    below = keras.Model(network.input, output.input).predict(IMAGES, verbose=0)
    output.set_weights([kernel, -(below @ kernel).mean(axis=0)])
    return network


@pytest.fixture(scope="module")
def unusual(tmp_path_factory) -> Path:
    """An artifact of two networks with layers of all kinds, and thresholds."""
    folder = tmp_path_factory.mktemp("unusual") / "toy"
    one, other = (centred(random_weights(every_kind(), seed)) for seed in (1, 2))
    export(fuse(one, repaired_by(other, THRESHOLDS)), CARD, IMAGES, folder)
    return folder


@pytest.fixture(scope="module")
def witnesses(tmp_path_factory, badnet, clean) -> Path:
    """An artifact with all witnesses."""
    folder = tmp_path_factory.mktemp("witnesses") / "toy"
    repair = repair_network("witnesses", badnet, clean, Settings())
    export(fuse(badnet, repair), CARD, clean.images, folder)
    return folder


@pytest.mark.parametrize("which", ["artifact", "unusual", "witnesses"])
def test_every_format_gives_the_artifacts_labels(to, which, request, clean, tmp_path):
    folder = request.getfixturevalue(which)
    out = tmp_path / "deeper" / f"toy{FORMATS[to].suffix}"
    assert convert(folder, to, out) == (conversion.CHECKED_IMAGES, 0)
    # Of noise a detector with all witnesses flags nearly everything.
    images = np.concatenate([IMAGES, clean.images])
    expected = SavedDetector(folder).answers(images)["detector"]
    assert len(np.unique(expected)) > 2
    run = RUNNERS[to](out)
    found = run(images)
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(run(images[:7]), expected[:7])
    assert [path.name for path in out.parent.iterdir()] == [out.name]


def test_keras_file_needs_nothing_of_ours(artifact, tmp_path):
    convert(artifact, "keras", tmp_path / "toy.keras")
    np.save(tmp_path / "images.npy", IMAGES)
    (tmp_path / "ask.py").write_text(ELSEWHERE)
    arguments = [tmp_path / name for name in ("ask.py", "toy.keras", "images.npy")]
    answer = run_python("-I", *arguments, cwd=tmp_path)
    assert answer.code == 0, answer.err
    expected = SavedDetector(artifact).answers(IMAGES)["detector"]
    assert json.loads(answer.out) == ["int64", expected.tolist()]


def test_keras_model_keeps_names_and_weights(artifact, badnet):
    model = keras_model(frozen(tf.saved_model.load(artifact)))
    for name in ("conv_1", "conv_3", "fc_1"):
        np.testing.assert_array_equal(
            model.get_layer(name).get_weights()[0],
            badnet.get_layer(name).get_weights()[0],
        )
    assert model.get_layer("conv_1").trainable
    # PyTorch takes no parameter with a dot in its name.
    assert not [layer.name for layer in model.layers if "." in layer.name]


def test_command_writes_one_line(to, artifact, files, tmp_path, run_here, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = run_here("build", "export", artifact, "--to", to)
    assert answer.code == 0, answer.err
    name = f"{artifact.name}{FORMATS[to].suffix}"
    assert answer.out.startswith(f"{name}: ")
    assert answer.out.endswith(" MB, the artifact's labels on 1,000 images\n")
    assert answer.err == ""
    other = f"other-{name}" if FORMATS[to].is_folder else name  # a file is replaced
    options = ("--images", files / "clean.h5", "--out", tmp_path / other)
    answer = run_here("build", "export", artifact, "--to", to, *options)
    assert answer.out.endswith("on 200 images\n"), answer.err


def test_changed_artifact_is_not_exported(artifact, tmp_path, run_here):
    copy = shutil.copytree(artifact, tmp_path / "toy")
    (copy / "saved_model.pb").write_bytes(b"changed")
    out = tmp_path / "toy.keras"
    answer = run_here("build", "export", copy, "--to", "keras", "--out", out)
    assert answer.code == 2
    assert "is changed. Expected the files as they were built" in answer.error
    assert not out.exists()


@pytest.mark.parametrize(
    ("out", "expected"), [("toy.h5", "ends in .keras"), ("x.keras", "a folder")]
)
def test_unfit_place_is_refused(artifact, tmp_path, run_here, out, expected):
    (tmp_path / "x.keras").mkdir()
    options = ("--to", "keras", "--out", tmp_path / out)
    answer = run_here("build", "export", artifact, *options)
    assert answer.code == 2
    assert expected in answer.error


@pytest.mark.parametrize(
    ("table", "received"),
    [
        ("pipe", "no such file"),
        ("/dev/zero", "no such file"),
        ("missing", "no such file"),
        ("large", "more than 4 MiB"),
        ("odd", "TypeError"),
    ],
)
def test_what_is_no_table_is_neither_waited_for_nor_read_whole(
    tmp_path, table, received
):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(b" " * (4 << 20) + b"[]")
    (tmp_path / "odd").write_text("[3]")
    given = argparse.Namespace(table=tmp_path / table, to="hub")
    with pytest.raises(SettingError, match=f"python -m repair.*Received: {received}."):
        _more(given)
    (tmp_path / "table").write_bytes(b" " * ((4 << 20) - 2) + b"[]")
    given.table = tmp_path / "table"
    assert _more(given) == {"table": []}


@pytest.mark.parametrize("name", ["onnx", "litert"])
def test_missing_packages_are_named(name, artifact, monkeypatch, run_here):
    monkeypatch.setattr(packages, "find_spec", lambda _: None)
    answer = run_here("build", "export", artifact, "--to", name)
    assert answer.code == 2
    assert answer.error.endswith(f"pip install -e '.[{name}]'")


@pytest.mark.skipif(find_spec("onnxruntime") is None, reason="needs the extra onnx")
def test_makers_of_onnx_runtime_are_told_nothing(artifact, tmp_path, monkeypatch):
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY", raising=False)
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    for name, folder in (("HOME", home), ("TMPDIR", temporary)):
        folder.mkdir()
        monkeypatch.setenv(name, str(folder))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    options = ("--to", "onnx", "--out", tmp_path / "toy.onnx")
    answer = run_python("-m", "build", "export", artifact, *options)
    assert answer.code == 0, answer.err
    assert not list(home.iterdir())
    assert not list(temporary.iterdir())


@pytest.mark.parametrize("labels", [IMAGES[:, 0, 0, 0].astype(int), IMAGES[:, 0, 0, 0]])
def test_other_labels_leave_the_older_file(artifact, tmp_path, monkeypatch, labels):
    out = tmp_path / "toy.keras"
    out.write_text("older")
    runner = {"keras": lambda _: lambda images: labels[: len(images)]}
    monkeypatch.setattr(conversion, "RUNNERS", runner)
    with pytest.raises(RepairFailedError, match="nothing was written"):
        convert(artifact, "keras", out)
    assert out.read_text() == "older"
    assert [path.name for path in tmp_path.iterdir()] == ["toy.keras"]


def test_package_that_fails_leaves_nothing(artifact, tmp_path, monkeypatch):
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(conversion, "WRITERS", WRITERS | {"onnx": fail})
    with pytest.raises(RepairFailedError, match="Received: ZeroDivision"):
        convert(artifact, "onnx", tmp_path / "toy.onnx")
    assert not list(tmp_path.iterdir())


def test_an_error_with_a_remedy_is_told_as_it_is(artifact, tmp_path, monkeypatch):
    def unsigned(_: Path) -> None:
        raise DetectorError("toy: expected a signature in toy.sig.")

    monkeypatch.setattr(conversion, "RUNNERS", {"keras": unsigned})
    with pytest.raises(DetectorError, match="expected a signature"):
        convert(artifact, "keras", tmp_path / "toy.keras")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("signal_", [signal.SIGTERM, signal.SIGKILL])
def test_interrupted_export_leaves_the_older_file(artifact, tmp_path, signal_):
    out = tmp_path / "toy.keras"
    out.write_text("older")
    command = [sys.executable, "-c", WAITS, "export", artifact, "--to", "keras"]
    run = subprocess.Popen(
        [*map(str, command), "--out", str(out)], cwd=ROOT, stderr=subprocess.PIPE
    )
    while not list(tmp_path.glob(".exporting*/*")):
        assert run.poll() is None, run.communicate()
        time.sleep(0.01)
    run.send_signal(signal_)
    said = run.communicate(timeout=PATIENCE)[1]
    assert out.read_text() == "older"
    if signal_ == signal.SIGTERM:
        assert said == b"interrupted; older artifacts stay as they were\n"
        assert run.returncode == 130
        assert list(tmp_path.iterdir()) == [out]
    convert(artifact, "keras", out)
    assert keras.models.load_model(out).output_shape == (None,)


def test_an_export_goes_no_further_when_an_interruption_was_swallowed(
    artifact, tmp_path, swallowed
):
    out = tmp_path / "toy.keras"
    out.write_text("older")
    with pytest.raises(KeyboardInterrupt):
        convert(artifact, "keras", out)
    assert out.read_text() == "older"
    assert list(tmp_path.iterdir()) == [out]


def plain_artifact(folder: Path, label: Callable[[tf.Tensor], tf.Tensor]) -> Path:
    """A SavedModel that gives ``label`` of the images' first row of red, as float."""
    module = tf.Module()

    @tf.function(input_signature=[tf.TensorSpec((None, *SHAPE), tf.uint8, "images")])
    def serve(images: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"label": label(tf.cast(images[:, 0, :, 0], tf.float32))}

    tf.saved_model.save(module, str(folder), signatures=serve)
    return folder


def test_unknown_operation_is_named(tmp_path):
    folder = plain_artifact(tmp_path, lambda x: tf.cast(tf.cumsum(x[:, 0]), tf.int64))
    with pytest.raises(ModelError, match="a Keras model can be made of"):
        keras_model(frozen(tf.saved_model.load(folder)))


def test_probes_are_the_same_for_the_same_seed():
    again = probes(SHAPE, 300, seed=1)
    np.testing.assert_array_equal(IMAGES, again)
    assert IMAGES.dtype == np.uint8
    assert IMAGES.shape == (300, *SHAPE)
    assert (probes(SHAPE, 300, seed=2) != IMAGES).any()
