"""The formats, as far as they are known before anything heavy is imported.

How each is written and run stands in ``forms``.
"""

from __future__ import annotations

from dataclasses import dataclass

from artifacts.packages import need


@dataclass(frozen=True)
class Format:
    """A format to export to.

    Attributes:
        suffix: Of the file's or folder's name.
        packages: What writes and runs it, beside TensorFlow; the extra of the same name
            as the format brings them.
        is_folder: Whether it is a folder; a new one, since nothing is replaced then.
    """

    suffix: str
    packages: tuple[str, ...] = ()
    is_folder: bool = False


_ONNX, _LITERT = ("onnx", "onnxruntime", "tf2onnx"), ("ai_edge_litert",)
FORMATS = {
    "keras": Format(".keras"),
    "onnx": Format(".onnx", _ONNX),
    "litert": Format(".tflite", _LITERT),
    "mlflow": Format("-mlflow", ("mlflow",), is_folder=True),
    "hub": Format("-hub", ("huggingface_hub", *_ONNX, *_LITERT), is_folder=True),
}


def check_packages(to: str) -> None:
    """Makes sure that a format can be written and run here.

    Raises:
        InputError: If packages are missing.
    """
    need(to, to, *FORMATS[to].packages)
