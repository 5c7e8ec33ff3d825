"""Labels by every way to ask an artifact for them, each from the same images."""

from __future__ import annotations

import contextlib
import http.client
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from artifacts.errors import InputError
from artifacts.runtime.load import load
from benchmarks.identity.bench_images import Images
from benchmarks.identity.label_commands import by_command, by_ray
from benchmarks.server.grpc_calls import NoClientError, grpc_labels
from benchmarks.server.local_server import NAME, mlserver, serving
from benchmarks.server.protocols import PROTOCOLS
from benchmarks.server.rest_calls import ask
from build.formats.conversion import convert
from build.formats.forms import RUNNERS
from build.formats.table import FORMATS, check_packages

# The signature whose labels the others are held against.
REFERENCE = "serving_default"
# The name of a path, and its labels, or why there are none.
Answers = Iterator[tuple[str, np.ndarray | str]]
_SERVED = 100  # images a request


def label_paths(artifact: Path, images: Images) -> Answers:
    """Labels ``(n,)`` by every path, or why it could not be measured."""
    yield from _in_tensorflow(artifact, images)
    yield from by_command(artifact, images)
    yield "C library, one image a call", labelled(load(artifact), images.pixels, 1)
    yield from _other_formats(artifact, images.pixels)
    yield from by_ray(artifact, images)


def labelled(label: Callable[[Any], Any], images: Any, batch: int = 256) -> np.ndarray:
    """Labels ``(n,)`` of images, or of a list of their files, asked batch by batch."""
    starts = range(0, len(images), batch)
    return np.concatenate([np.asarray(label(images[i : i + batch])) for i in starts])


def _in_tensorflow(artifact: Path, images: Images) -> Answers:
    signatures = tf.saved_model.load(str(artifact)).signatures

    def by_pixels(name: str, batch: np.ndarray) -> Any:
        return signatures[name](images=tf.constant(batch))["label"]

    def by_files(batch: list[str]) -> Any:
        files = [Path(path).read_bytes() for path in batch]
        return signatures["label_encoded"](encoded=tf.constant(files))["label"]

    for name in (REFERENCE, "explain"):
        yield name, labelled(partial(by_pixels, name), images.pixels)
    files = [path for path, _ in images.sources["PNG"]]
    yield "label_encoded", labelled(by_files, files)
    layer = keras.layers.TFSMLayer(str(artifact), call_endpoint="serve")
    yield "keras.layers.TFSMLayer", labelled(layer, images.pixels)


def _other_formats(artifact: Path, pixels: np.ndarray) -> Answers:
    with tempfile.TemporaryDirectory() as folder:
        for to, form in FORMATS.items():
            try:
                check_packages(to)
            except InputError as reason:
                yield f"export --to {to}", str(reason)
                continue
            path = Path(folder) / f"detector{form.suffix}"
            convert(artifact, to, path)
            yield f"export --to {to}", labelled(RUNNERS[to](path), pixels)
        onnx = Path(folder) / "detector.onnx"
        if onnx.is_file():
            yield from _served(onnx, pixels)


def _served(onnx: Path, pixels: np.ndarray) -> Answers:
    program, shape = mlserver(), pixels.shape[1:]
    if program is None:
        yield "MLServer", "MLServer is not installed; name it in MLSERVER"
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(program, onnx, shape, Path(folder)) as server,
    ):
        connection = http.client.HTTPConnection("127.0.0.1", server.rest, timeout=60)
        protocol = PROTOCOLS["v2"]
        where = connection, protocol.path.format(model=NAME), protocol

        def by_rest(batch: np.ndarray) -> list[int]:
            return ask(*where, protocol.body(batch))

        with contextlib.closing(connection):
            yield "MLServer, REST", labelled(by_rest, pixels, _SERVED)
        try:
            labels = grpc_labels(program, server.grpc, pixels, _SERVED)
            yield "MLServer, gRPC", np.array(labels)
        except NoClientError as reason:
            yield "MLServer, gRPC", str(reason)
