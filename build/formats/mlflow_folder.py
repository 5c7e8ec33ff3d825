"""A model folder of MLflow around an artifact, with signature and example.

MLflow runs ``mlflow_model.py``, which it copies into the folder, in place of a pickle.
"""

from __future__ import annotations

import os
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np

from artifacts.signed import write_files
from build.formats.probes import probes
from build.formats.writers import Runner, quiet
from repair.measuring.saved_detector import SavedDetector

_MODEL = Path(__file__).with_name("mlflow_model.py")
_EXAMPLES = 2
_NEEDED = ("tensorflow", "numpy", "mlflow")
# It tells its makers what is done with it, unless it is told not to.
_PRIVATE = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}


def write_mlflow(detector: SavedDetector, path: Path) -> None:
    """From an artifact to a model folder."""
    os.environ.update(_PRIVATE)
    with quiet(), tempfile.TemporaryDirectory() as place:
        from mlflow import pyfunc
        from mlflow.models import Model, ModelSignature
        from mlflow.types import Schema, TensorSpec

        folder = Path(place) / "detector"
        write_files(detector.artifact.files, folder)
        shape = detector.image_shape
        pyfunc.save_model(
            path,
            python_model=str(_MODEL),
            artifacts={"detector": str(folder)},
            signature=ModelSignature(
                Schema([TensorSpec(np.dtype(np.uint8), (-1, *shape))]),
                Schema([TensorSpec(np.dtype(np.int64), (-1,))]),
            ),
            input_example=probes(shape, _EXAMPLES, seed=0),
            pip_requirements=[f"{name}=={version(name)}" for name in _NEEDED],
        )
        description = Model.load(path)
        how = description.flavors["python_function"]
        how["model_code_path"] = _MODEL.name  # not where this machine keeps it
        description.save(path / "MLmodel")


def mlflow_runner(path: Path) -> Runner:
    """The folder, loaded as its users do."""
    os.environ.update(_PRIVATE)
    with quiet():
        from mlflow import pyfunc

        model = pyfunc.load_model(str(path))

    def labels(images: np.ndarray) -> np.ndarray:
        with quiet():
            return np.asarray(model.predict(images))

    return labels
