"""Runs a SavedModel through TensorFlow's own C library, without importing TensorFlow.

Importing the Python package takes seconds, the shared objects in the same wheel a fraction
of one. Only what c_api.h, tf_buffer.h, tf_status.h and tf_tensor.h document is called.
"""

from __future__ import annotations

import ctypes
import sys
from ctypes import POINTER, byref, c_char_p, c_int, c_int64, c_size_t, c_void_p
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from artifacts.errors import DetectorError
from artifacts.signature import tensor_names

_UINT8, _INT64 = 4, 9  # TF_DataType
_GPU_DRIVER = Path("/proc/driver/nvidia")


class _Output(ctypes.Structure):
    _fields_ = (("operation", c_void_p), ("index", c_int))


class _Buffer(ctypes.Structure):
    _fields_ = (("data", c_void_p), ("length", c_size_t), ("free", c_void_p))


_TYPES: dict[str, tuple[Any, list[Any]]] = {
    "TF_NewStatus": (c_void_p, []),
    "TF_GetCode": (c_int, [c_void_p]),
    "TF_Message": (c_char_p, [c_void_p]),
    "TF_DeleteStatus": (None, [c_void_p]),
    "TF_NewBuffer": (POINTER(_Buffer), []),
    "TF_DeleteBuffer": (None, [POINTER(_Buffer)]),
    "TF_NewGraph": (c_void_p, []),
    "TF_GraphOperationByName": (c_void_p, [c_void_p, c_char_p]),
    "TF_NewSessionOptions": (c_void_p, []),
    "TF_DeleteSessionOptions": (None, [c_void_p]),
    "TF_LoadSessionFromSavedModel": (
        c_void_p,
        [c_void_p, c_void_p, c_char_p, POINTER(c_char_p), c_int]
        + [c_void_p, POINTER(_Buffer), c_void_p],
    ),
    "TF_SessionRun": (
        None,
        [c_void_p, c_void_p, POINTER(_Output), POINTER(c_void_p), c_int]
        + [POINTER(_Output), POINTER(c_void_p), c_int]
        + [c_void_p, c_int, c_void_p, c_void_p],
    ),
    "TF_AllocateTensor": (c_void_p, [c_int, POINTER(c_int64), c_int, c_size_t]),
    "TF_TensorType": (c_int, [c_void_p]),
    "TF_NumDims": (c_int, [c_void_p]),
    "TF_Dim": (c_int64, [c_void_p, c_int]),
    "TF_TensorData": (c_void_p, [c_void_p]),
    "TF_DeleteTensor": (None, [c_void_p]),
}


class UnavailableError(Exception):
    """There is no C library here that could be used."""


def c_library() -> Any:
    """TensorFlow's C library, from the installed wheel.

    Raises:
        UnavailableError: If it is not there, lacks a function, or a GPU is there, for
            which Python's loader has to find further libraries.
    """
    spec = find_spec("tensorflow")
    if spec is None or spec.origin is None:
        raise UnavailableError("tensorflow is not installed")
    if not sys.platform.startswith("linux") or _GPU_DRIVER.exists():
        raise UnavailableError("not on Linux without a GPU")
    try:
        library = ctypes.CDLL(str(Path(spec.origin).parent / "libtensorflow_cc.so.2"))
        for name, (result, arguments) in _TYPES.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as reason:
        raise UnavailableError(str(reason)) from reason
    return library


class NativeDetector:
    """A loaded SavedModel. It lives as long as the process."""

    def __init__(self, folder: Path, library: Any) -> None:
        """Loads ``folder``; its files must have been verified.

        Raises:
            DetectorError: If TensorFlow can not load it.
        """
        self._c = library
        self._status = library.TF_NewStatus()
        graph, options = library.TF_NewGraph(), library.TF_NewSessionOptions()
        buffer, tags = library.TF_NewBuffer(), (c_char_p * 1)(b"serve")
        self._session = library.TF_LoadSessionFromSavedModel(
            *(options, None, bytes(folder), tags, 1, graph, buffer, self._status)
        )
        library.TF_DeleteSessionOptions(options)
        try:
            self._check()
            found = buffer.contents
            raw = (ctypes.c_ubyte * found.length).from_address(found.data)
            names = tensor_names(memoryview(raw).cast("B"), "serving_default")
        except (ValueError, KeyError, IndexError) as reason:
            raise DetectorError(f"{folder}: not an artifact: {reason}") from reason
        finally:
            library.TF_DeleteBuffer(buffer)
        self._input, self._output = (self._place(graph, name) for name in names)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Labels ``(n,)`` int64 of images ``(n, rows, columns, 3)`` uint8."""
        if images.dtype != np.uint8 or images.ndim != 4:
            raise DetectorError(
                "expected images (n, rows, columns, 3) uint8. "
                f"Received: {images.shape} {images.dtype}."
            )
        images = np.ascontiguousarray(images)
        shape = (c_int64 * 4)(*images.shape)
        given = c_void_p(self._c.TF_AllocateTensor(_UINT8, shape, 4, images.nbytes))
        answer = c_void_p()
        try:
            ctypes.memmove(
                self._c.TF_TensorData(given), images.ctypes.data, images.nbytes
            )
            self._c.TF_SessionRun(
                *(self._session, None, byref(self._input), byref(given), 1),
                *(byref(self._output), byref(answer), 1, None, 0, None, self._status),
            )
            self._check()
            return self._labels(answer)
        finally:
            self._c.TF_DeleteTensor(given)
            if answer:
                self._c.TF_DeleteTensor(answer)

    def _labels(self, tensor: c_void_p) -> np.ndarray:
        if self._c.TF_TensorType(tensor) != _INT64 or self._c.TF_NumDims(tensor) != 1:
            raise DetectorError("expected labels (n,) int64 of the artifact.")
        labels = np.empty(self._c.TF_Dim(tensor, 0), np.int64)
        data = self._c.TF_TensorData(tensor)
        ctypes.memmove(labels.ctypes.data, data, labels.nbytes)
        return labels

    def _place(self, graph: int, name: str) -> _Output:
        operation, _, index = name.partition(":")
        found = self._c.TF_GraphOperationByName(graph, operation.encode())
        if not found:
            raise DetectorError(f"expected a tensor {name!r} in the artifact's graph.")
        return _Output(found, int(index or 0))

    def _check(self) -> None:
        if self._c.TF_GetCode(self._status):
            message = self._c.TF_Message(self._status).decode("utf-8", "replace")
            raise DetectorError(f"TensorFlow: {message[:300]}")
