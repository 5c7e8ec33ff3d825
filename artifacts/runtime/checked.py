"""A loaded artifact: what it takes and where it may run, whichever way it is run."""

from __future__ import annotations

import math
import os
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NoReturn

from artifacts.errors import DetectorError

if TYPE_CHECKING:
    import numpy as np

_ANEW = "Load it in each process: artifacts.detector.load(FOLDER)."


class Detector(ABC):
    """A loaded artifact, for this process alone.

    Attributes:
        image_shape: Rows, columns and channels of the images that it takes.
    """

    def __init__(self, image_shape: tuple[int, ...]) -> None:
        self.image_shape, self._process = image_shape, os.getpid()

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Labels ``(n,)`` int64 of images ``(n, rows, columns, channels)`` uint8.

        Raises:
            DetectorError: If they are other than that, or this process is a fork of the
                one that loaded it.
        """
        import numpy as np

        shape, dtype = getattr(images, "shape", ()), getattr(images, "dtype", None)
        if dtype != np.uint8 or not shape or tuple(shape[1:]) != self.image_shape:
            sides = ", ".join(map(str, self.image_shape))
            found = f"{tuple(shape)} {dtype}" if dtype else type(images).__name__
            raise DetectorError(
                f"expected images (n, {sides}) uint8. Received: {found}. Give an array of "
                "pixels, 0..255."
            )
        self._check_process()
        if not len(images):  # some kernels can not
            return np.empty(0, np.int64)
        return self._labels(np.ascontiguousarray(images))

    def one(self, pixels: bytes, shape: tuple[int, int, int]) -> int:
        """The label of one image, the bytes of an array of that shape.

        Raises:
            DetectorError: If they are more or fewer, or this process is a fork.
        """
        if len(pixels) != math.prod(shape):
            raise DetectorError(f"expected pixels of {shape}. Received: {len(pixels)}.")
        self._check_process()
        return self._label(pixels, shape)

    def __reduce__(self) -> NoReturn:
        """Nothing that another process could use."""
        raise TypeError(f"a loaded detector can not be pickled. {_ANEW}")

    @abstractmethod
    def _labels(self, images: np.ndarray) -> np.ndarray:
        """Of at least one image, in one piece of memory."""

    @abstractmethod
    def _label(self, pixels: bytes, shape: tuple[int, int, int]) -> int:
        """Of one image."""

    def _check_process(self) -> None:
        if os.getpid() != self._process:  # its threads have stayed there
            raise DetectorError(
                f"loaded in another process, which this one is a fork of. {_ANEW}"
            )
