"""Parts of a file that are read as files of their own."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any, BinaryIO


class Unpacked(io.BytesIO):
    """A file in memory."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def __repr__(self) -> str:
        """What HDF5 calls it in messages."""
        return str(self._path)


class Window(io.RawIOBase, BinaryIO):
    """A part of a file, as a file.

    Args:
        path: Of the whole file; what HDF5 calls the part in messages.
        file: The whole file.
        start: Where the part begins.
        size: Its length in bytes.
    """

    def __init__(self, path: Path, file: BinaryIO, start: int, size: int) -> None:
        super().__init__()
        self._path, self._file, self._start, self._size = path, file, start, size
        self._place = 0

    def __repr__(self) -> str:
        """What HDF5 calls it in messages."""
        return str(self._path)

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Moves to another place."""
        start = (0, self._place, self._size)[whence]
        self._place = max(0, start + offset)
        return self._place

    def tell(self) -> int:
        """The place."""
        return self._place

    def readinto(self, buffer: Any) -> int:
        """Reads as much as there is room for, and as there is."""
        view = memoryview(buffer).cast("B")
        count = max(0, min(len(view), self._size - self._place))
        self._file.seek(self._start + self._place)
        found = self._file.read(count)
        view[: len(found)] = found
        self._place += len(found)
        return len(found)
