"""Writers of the formats that are one file, and runners, as their users run them."""

from __future__ import annotations

import logging
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from artifacts.quiet import silent
from build.formats.frozen import INPUT, OUTPUT, frozen
from build.formats.keras_graph import keras_model
from repair.measuring.saved_detector import SavedDetector

Runner = Callable[[np.ndarray], np.ndarray]
_OPSET = 18
# ONNX Runtime tells its makers what is done with it, unless this is set before its import.
_PRIVATE = ("ORT_DISABLE_TELEMETRY", "1")


def write_keras(detector: SavedDetector, path: Path) -> None:
    """From an artifact to a file."""
    function = frozen(detector.saved_model)
    with quiet():
        keras_model(function).save(path)


def write_onnx(detector: SavedDetector, path: Path) -> None:
    """From an artifact to a file."""
    os.environ.setdefault(*_PRIVATE)  # tf2onnx may import it
    function = frozen(detector.saved_model)
    with quiet():
        import tf2onnx

        images, label = function.inputs[0].name, function.outputs[0].name
        model, _ = tf2onnx.convert.from_graph_def(
            function.graph.as_graph_def(),
            name="detector",
            input_names=[images],
            output_names=[label],
            opset=_OPSET,
            tensors_to_rename={images: INPUT, label: OUTPUT},
        )
        for tensor in (model.graph.input[0], model.graph.output[0]):
            tensor.type.tensor_type.shape.dim[0].dim_param = "n"
    path.write_bytes(model.SerializeToString(deterministic=True))


def write_litert(detector: SavedDetector, path: Path) -> None:
    """From an artifact to a file."""
    function = frozen(detector.saved_model)
    module = tf.Module()
    spec = tf.TensorSpec(function.inputs[0].shape, tf.uint8, INPUT)
    module.label = tf.function(lambda images: function(images), input_signature=[spec])
    with quiet(), tempfile.TemporaryDirectory() as place:
        options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
        tf.saved_model.save(module, place, signatures=module.label, options=options)
        converter = tf.lite.TFLiteConverter.from_saved_model(place)
        path.write_bytes(converter.convert())


def keras_runner(path: Path) -> Runner:
    """The file, loaded as its users do."""
    model = keras.models.load_model(path, compile=False, safe_mode=True)
    return lambda images: np.asarray(model.predict_on_batch(images))


def onnx_runner(path: Path) -> Runner:
    """The file, loaded as its users do."""
    os.environ.setdefault(*_PRIVATE)
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda images: session.run([OUTPUT], {INPUT: images})[0]


def litert_runner(path: Path) -> Runner:
    """The file, loaded as its users do."""
    with quiet():
        from ai_edge_litert.interpreter import Interpreter

        interpreter = Interpreter(model_path=str(path))
        run = interpreter.get_signature_runner("serving_default")

    def labels(images: np.ndarray) -> np.ndarray:
        with silent():
            return np.array(run(images=images)[OUTPUT])

    return labels


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps progress and other packages' deprecations away; errors are raised."""
    tf.get_logger().setLevel(logging.ERROR)
    for name in ("tf2onnx", "tf2onnx.tfonnx"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with warnings.catch_warnings(), silent():
        warnings.simplefilter("ignore")
        yield
