"""A SavedModel loaded from what was read of it, through TensorFlow's files in memory.

TensorFlow loads folders alone. One below ``ram://`` is in this process: nobody else can
change it, it needs no room on a disk, and nothing of it is left however a process ends.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from artifacts.card import Artifact
from artifacts.errors import DetectorError, one_line, printable
from artifacts.quiet import import_tensorflow_quietly


def load_saved_model(files: Mapping[str, bytes]) -> Any:
    """What ``tf.saved_model.load`` gives.

    Args:
        files: Path below the folder of the SavedModel -> content.
    """
    import_tensorflow_quietly()
    import tensorflow as tf

    folder = f"ram://{os.urandom(16).hex()}"
    try:
        for name, content in files.items():
            place = f"{folder}/{name}"
            tf.io.gfile.makedirs(place.rpartition("/")[0])
            with tf.io.gfile.GFile(place, "wb") as file:
                file.write(content)
        return tf.saved_model.load(folder)
    finally:
        tf.io.gfile.rmtree(folder)


def loaded_signature(artifact: Artifact, name: str) -> tuple[Any, Any]:
    """The loaded model, which must outlive its functions, and one of its signatures.

    Raises:
        DetectorError: If TensorFlow can not load it, or it takes other images than its
            card says.
    """
    folder = printable(artifact.folder)
    import_tensorflow_quietly()
    import tensorflow as tf

    try:
        model = load_saved_model(artifact.files)
        function = model.signatures[name]
        shape = function.structured_input_signature[1]["images"].shape[1:]
    except (MemoryError, tf.errors.ResourceExhaustedError):
        raise
    except Exception as reason:  # of many kinds, where a file is none of ours
        raise DetectorError(
            f"{folder}: expected an artifact of this project. Received: {one_line(reason)} "
            "Build it again, or copy it anew."
        ) from reason
    artifact.check_shape(tuple(shape))
    return model, function
