"""The table of formats: how each is written, and run as its users do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from build.formats.hub_folder import hub_runner, write_hub
from build.formats.mlflow_folder import mlflow_runner, write_mlflow
from build.formats.writers import (
    Runner,
    keras_runner,
    litert_runner,
    onnx_runner,
    write_keras,
    write_litert,
    write_onnx,
)

# From an artifact to a path.
WRITERS: Mapping[str, Callable[..., None]] = {
    "keras": write_keras,
    "onnx": write_onnx,
    "litert": write_litert,
    "mlflow": write_mlflow,
    "hub": write_hub,
}
# From a path to a function from images (n, rows, columns, 3) uint8 to labels (n,) int64.
RUNNERS: Mapping[str, Callable[[Path], Runner]] = {
    "keras": keras_runner,
    "onnx": onnx_runner,
    "litert": litert_runner,
    "mlflow": mlflow_runner,
    "hub": hub_runner,
}
