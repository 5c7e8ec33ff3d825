"""Each format's writer, from a frozen graph, and its runner, as its users run it."""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from artifacts.quiet import silent
from build.formats.frozen import INPUT, OUTPUT
from build.formats.keras_graph import keras_model

Runner = Callable[[np.ndarray], np.ndarray]
_OPSET = 18


def _write_keras(function: Any, path: Path) -> None:
    with _quiet():
        keras_model(function).save(path)


def _write_onnx(function: Any, path: Path) -> None:
    with _quiet():
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


def _write_litert(function: Any, path: Path) -> None:
    module = tf.Module()
    spec = tf.TensorSpec(function.inputs[0].shape, tf.uint8, INPUT)
    module.label = tf.function(lambda images: function(images), input_signature=[spec])
    with _quiet(), tempfile.TemporaryDirectory() as folder:
        options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
        tf.saved_model.save(module, folder, signatures=module.label, options=options)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        path.write_bytes(converter.convert())


def _keras_runner(path: Path) -> Runner:
    model = keras.models.load_model(path, compile=False, safe_mode=True)
    return lambda images: np.asarray(model.predict_on_batch(images))


def _onnx_runner(path: Path) -> Runner:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda images: session.run([OUTPUT], {INPUT: images})[0]


def _litert_runner(path: Path) -> Runner:
    with _quiet():
        from ai_edge_litert.interpreter import Interpreter

        interpreter = Interpreter(model_path=str(path))
        run = interpreter.get_signature_runner("serving_default")

    def labels(images: np.ndarray) -> np.ndarray:
        with silent():
            return np.array(run(images=images)[OUTPUT])

    return labels


WRITERS: Mapping[str, Callable[[Any, Path], None]] = {
    "keras": _write_keras,
    "onnx": _write_onnx,
    "litert": _write_litert,
}
# From a file to a function from images (n, rows, columns, 3) uint8 to labels (n,) int64.
RUNNERS: Mapping[str, Callable[[Path], Runner]] = {
    "keras": _keras_runner,
    "onnx": _onnx_runner,
    "litert": _litert_runner,
}


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps progress and other packages' deprecations away; errors are raised."""
    tf.get_logger().setLevel(logging.ERROR)
    for name in ("tf2onnx", "tf2onnx.tfonnx"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with warnings.catch_warnings(), silent():
        warnings.simplefilter("ignore")
        yield
