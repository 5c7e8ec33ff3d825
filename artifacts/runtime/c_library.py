"""TensorFlow's own C library, from the installed wheel, without importing TensorFlow.

Importing the Python package takes seconds, the shared objects in the same wheel a fraction
of one. Only what c_api.h, env.h, tf_buffer.h, tf_status.h and tf_tensor.h document is called.
"""

from __future__ import annotations

import ctypes
import os
import sys
from ctypes import POINTER, c_char_p, c_int, c_int64, c_size_t, c_void_p
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from artifacts.addresses import OF_C_LIBRARY, check_room

UINT8, INT64 = 4, 9  # TF_DataType
_GPU_DRIVER = Path("/proc/driver/nvidia")


class Output(ctypes.Structure):
    """A place in a graph: TF_Output."""

    _fields_ = (("operation", c_void_p), ("index", c_int))


class Buffer(ctypes.Structure):
    """Bytes and their length: TF_Buffer."""

    _fields_ = (("data", c_void_p), ("length", c_size_t), ("free", c_void_p))


_TYPES: dict[str, tuple[Any, list[Any]]] = {
    "TF_NewStatus": (c_void_p, []),
    "TF_GetCode": (c_int, [c_void_p]),
    "TF_Message": (c_char_p, [c_void_p]),
    "TF_DeleteStatus": (None, [c_void_p]),
    "TF_NewBuffer": (POINTER(Buffer), []),
    "TF_DeleteBuffer": (None, [POINTER(Buffer)]),
    "TF_CreateDir": (None, [c_char_p, c_void_p]),
    "TF_NewWritableFile": (None, [c_char_p, POINTER(c_void_p), c_void_p]),
    "TF_AppendWritableFile": (None, [c_void_p, c_char_p, c_size_t, c_void_p]),
    "TF_CloseWritableFile": (None, [c_void_p, c_void_p]),
    "TF_DeleteRecursively": (
        None,
        [c_char_p, POINTER(c_int64), POINTER(c_int64), c_void_p],
    ),
    "TF_NewGraph": (c_void_p, []),
    "TF_GraphOperationByName": (c_void_p, [c_void_p, c_char_p]),
    "TF_GraphGetTensorShape": (
        None,
        [c_void_p, Output, POINTER(c_int64), c_int, c_void_p],
    ),
    "TF_NewSessionOptions": (c_void_p, []),
    "TF_SetConfig": (None, [c_void_p, c_char_p, c_size_t, c_void_p]),
    "TF_DeleteSessionOptions": (None, [c_void_p]),
    "TF_LoadSessionFromSavedModel": (
        c_void_p,
        [c_void_p, c_void_p, c_char_p, POINTER(c_char_p), c_int]
        + [c_void_p, POINTER(Buffer), c_void_p],
    ),
    "TF_SessionRun": (
        None,
        [c_void_p, c_void_p, POINTER(Output), POINTER(c_void_p), c_int]
        + [POINTER(Output), POINTER(c_void_p), c_int]
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
        MemoryError: If this process may not take what it needs.
    """
    spec = find_spec("tensorflow")
    if spec is None or spec.origin is None:
        raise UnavailableError("tensorflow is not installed")
    if not sys.platform.startswith("linux") or _GPU_DRIVER.exists():
        raise UnavailableError("not on Linux without a GPU")
    check_room(OF_C_LIBRARY)
    try:
        library = _opened(Path(spec.origin).parent / "libtensorflow_cc.so.2")
        for name, (result, arguments) in _TYPES.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as reason:
        raise UnavailableError(str(reason)) from reason
    return library


def _opened(path: Path) -> ctypes.CDLL:
    """As ``ctypes.CDLL(path)``, but other threads go on, and functions bind when used."""
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.restype, dlopen.argtypes = c_void_p, [c_char_p, c_int]
    handle = dlopen(bytes(path), os.RTLD_LAZY)
    if not handle:
        raise OSError(f"{path.name} can not be opened")
    return ctypes.CDLL(str(path), handle=handle)
