"""Runs a SavedModel through TensorFlow's C library."""

from __future__ import annotations

import ctypes
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ctypes import byref, c_char_p, c_int64, c_void_p
from typing import TYPE_CHECKING, Any

from artifacts.errors import DetectorError, one_line
from artifacts.runtime.c_library import INT64, UINT8, Output
from artifacts.runtime.checked import Detector
from artifacts.runtime.signature import tensor_names

if TYPE_CHECKING:
    import numpy as np

# A ConfigProto: graph_options { optimizer_options { do_function_inlining: true }
# rewrite_options { disable_meta_optimizer: true } }. The optimiser takes half of a cold
# start, and the graph is no faster for it. A function that is called, not inlined, has it
# run all the same.
_CONFIG = b"\x52\x09\x1a\x02\x20\x01\x52\x03\x98\x01\x01"


class NativeDetector(Detector):
    """A loaded SavedModel. It lives as long as the process."""

    def __init__(self, files: Mapping[str, bytes], library: Any) -> None:
        """Loads the files of a SavedModel; they must have been verified.

        Args:
            files: Path below the SavedModel's folder -> content.
            library: What ``c_library`` gives.

        Raises:
            DetectorError: If TensorFlow can not load it.
        """
        self._c = library
        self._status = library.TF_NewStatus()
        graph, options = library.TF_NewGraph(), library.TF_NewSessionOptions()
        library.TF_SetConfig(options, _CONFIG, len(_CONFIG), self._status)
        buffer, tags = library.TF_NewBuffer(), (c_char_p * 1)(b"serve")
        with self._in_memory(files) as folder:
            self._session = library.TF_LoadSessionFromSavedModel(
                *(options, None, folder, tags, 1, graph, buffer, self._status)
            )
        library.TF_DeleteSessionOptions(options)
        try:
            self._check()
            found = buffer.contents
            raw = (ctypes.c_ubyte * found.length).from_address(found.data)
            names = tensor_names(memoryview(raw).cast("B"), "serving_default")
        except (ValueError, KeyError, IndexError) as reason:
            raise DetectorError(f"not an artifact: {reason}") from reason
        finally:
            library.TF_DeleteBuffer(buffer)
        self._input, self._output = (self._place(graph, name) for name in names)
        sides = (c_int64 * 4)()
        library.TF_GraphGetTensorShape(graph, self._input, sides, 4, self._status)
        self._check()
        super().__init__(tuple(sides[1:]))

    def _labels(self, images: np.ndarray) -> np.ndarray:
        import numpy as np

        labels = np.empty(len(images), np.int64)
        with self._run(images.ctypes.data, images.shape) as answer:
            ctypes.memmove(labels.ctypes.data, answer, labels.nbytes)
        return labels

    def _label(self, pixels: bytes, shape: tuple[int, int, int]) -> int:
        """NumPy, which takes long to import, is not needed for it."""
        with self._run(pixels, (1, *shape)) as answer:
            return c_int64.from_address(answer).value

    @contextmanager
    def _run(self, pixels: int | bytes, shape: tuple[int, ...]) -> Iterator[int]:
        """The address of the labels of so many images."""
        size, sides = math.prod(shape), (c_int64 * 4)(*shape)
        given = c_void_p(self._c.TF_AllocateTensor(UINT8, sides, 4, size))
        answer, status = c_void_p(), self._c.TF_NewStatus()  # threads may call at once
        try:
            ctypes.memmove(self._c.TF_TensorData(given), pixels, size)
            self._c.TF_SessionRun(
                *(self._session, None, byref(self._input), byref(given), 1),
                *(byref(self._output), byref(answer), 1, None, 0, None, status),
            )
            self._check(status)
            yield self._address(answer, shape[0])
        finally:
            self._c.TF_DeleteStatus(status)
            self._c.TF_DeleteTensor(given)
            if answer:
                self._c.TF_DeleteTensor(answer)

    @contextmanager
    def _in_memory(self, files: Mapping[str, bytes]) -> Iterator[bytes]:
        """A folder in this process alone; see ``artifacts.in_memory``."""
        c, status = self._c, self._status
        folder = f"ram://{os.urandom(16).hex()}"
        for place in {f"{folder}/{name}".rpartition("/")[0] for name in files}:
            c.TF_CreateDir(place.encode(), status)
        for name, content in files.items():
            file = c_void_p()
            c.TF_NewWritableFile(f"{folder}/{name}".encode(), byref(file), status)
            self._check()
            c.TF_AppendWritableFile(file, content, len(content), status)
            c.TF_CloseWritableFile(file, status)
        try:
            yield folder.encode()
        finally:
            counts = byref(c_int64()), byref(c_int64())
            outcome = c.TF_NewStatus()
            c.TF_DeleteRecursively(folder.encode(), *counts, outcome)
            c.TF_DeleteStatus(outcome)

    def _address(self, tensor: c_void_p, count: int) -> int:
        """Of the labels in a tensor, once it is known to hold ``count`` of them."""
        one = self._c.TF_TensorType(tensor) == INT64 and self._c.TF_NumDims(tensor) == 1
        if not one or self._c.TF_Dim(tensor, 0) != count:
            raise DetectorError("expected labels (n,) int64 of the artifact.")
        address: int = self._c.TF_TensorData(tensor)
        return address

    def _place(self, graph: int, name: str) -> Output:
        operation, _, index = name.partition(":")
        found = self._c.TF_GraphOperationByName(graph, operation.encode())
        if not found:
            raise DetectorError(f"expected a tensor {name!r} in the artifact's graph.")
        return Output(found, int(index or 0))

    def _check(self, status: Any = None) -> None:
        status = self._status if status is None else status
        if self._c.TF_GetCode(status):
            message = one_line(self._c.TF_Message(status).decode("utf-8", "replace"))
            raise DetectorError(
                f"TensorFlow: {message or 'the artifact is no SavedModel that it can load'}"
            )
