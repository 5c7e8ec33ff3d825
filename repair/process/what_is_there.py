"""What is in a place where a file was expected, in the words of an error."""

from __future__ import annotations

import os
from pathlib import Path


def what_is_there(path: Path) -> str:
    """A folder, a pipe, nothing: whatever is no file."""
    if os.path.isdir(path):  # noqa: PTH112 - an impossible name is no error
        return "a folder"
    if os.path.exists(path):  # noqa: PTH110 - likewise
        return "a pipe or device, which can be read only once; save it as a file"
    return "no such file"
