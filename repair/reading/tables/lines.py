"""The lines of a text, one by one, none of them endless."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from repair.errors import DatasetError

_MAX_BYTES = 4 << 30
_MAX_LINE = 8 << 20
_MARK = b"\xef\xbb\xbf"  # of UTF-8, which Excel writes


def lines_of(path: Path) -> Iterator[bytes]:
    """The lines of a file that are not blank, without their ends.

    Raises:
        DatasetError: If the file can not be read, or it or a line is too long.
    """
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size > _MAX_BYTES:
                raise DatasetError(
                    f"{path}: expected a text of at most {_MAX_BYTES:,} bytes. Write the "
                    "images by numpy.savez."
                )
            if file.read(len(_MARK)) != _MARK:
                file.seek(0)
            while line := file.readline(_MAX_LINE + 1):
                if len(line) > _MAX_LINE:
                    raise DatasetError(
                        f"{path}: expected lines of at most {_MAX_LINE:,} bytes. Received: "
                        "a longer one. Write the images by numpy.savez."
                    )
                if line := line.strip():
                    yield line
    except OSError as reason:
        raise DatasetError(
            f"{path}: can not be read. Received: {reason.strerror}."
        ) from reason


def text_of(line: bytes, path: Path) -> str:
    """A line as text.

    Raises:
        DatasetError: If it is none.
    """
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as reason:
        raise DatasetError(
            f"{path}: expected a text in UTF-8. Received: other bytes in it. Save the table "
            "as UTF-8."
        ) from reason


def plain_field(text: str) -> str:
    """What a field says, without blanks and quotes around it."""
    return text.strip().strip('"').strip()
