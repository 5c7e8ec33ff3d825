"""Whether a place can be written, told by its own name before any long work."""

from __future__ import annotations

import os
from pathlib import Path

from artifacts.errors import printable
from repair.errors import SettingError

# A folder is written under a hidden name beside its place, ``.NAME.building``, a file in a
# folder ``.NAME.XXXXXXXX.writing``.
_MORE = len("..XXXXXXXX.writing")


def check_name(place: Path) -> Path:
    """Makes sure that there can be a file or folder of this name.

    Returns:
        The lowest folder above it that is there.

    Raises:
        SettingError: If the name is too long, or a link that leads to itself.
    """
    real = Path(os.path.realpath(place))
    try:
        os.stat(place)  # noqa: PTH116 - an impossible name is an error as well
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as reason:
        raise _unfit(place, f"{reason.strerror}") from reason
    above = next(path for path in real.parents if path.exists())
    most, length = _longest(above) - _MORE, len(os.fsencode(real.name))
    if length > most:
        raise _unfit(place, f"a name of {length} bytes, where {most} are the most")
    return above


def check_file(place: Path, made: Path | None = None) -> None:
    """Makes sure that a file can be written.

    Args:
        place: Where.
        made: A folder that the same command makes.

    Raises:
        SettingError: If it can not.
    """
    above = check_name(place)
    parent = Path(os.path.realpath(place)).parent
    if place.exists() and not place.is_file():
        found = "a folder" if place.is_dir() else "another thing"
        raise SettingError(
            f"{printable(str(place))}: expected a file or nothing. Received: {found}. "
            "Choose another place."
        )
    comes = made is not None and Path(os.path.realpath(made)).is_relative_to(parent)
    if not parent.is_dir() and not (comes and above.is_dir()):
        found = "a file" if parent.exists() else "no such folder"
        raise _unfit(place, f"{found}, {printable(str(place.parent))}")
    if not os.access(above, os.W_OK | os.X_OK):
        raise _unfit(place, f"no permission to in {printable(str(above))}")


def _longest(folder: Path) -> int:
    try:
        return os.pathconf(folder, "PC_NAME_MAX")
    except OSError:  # a file system that does not say
        return 255


def _unfit(place: Path, received: str) -> SettingError:
    return SettingError(
        f"{printable(str(place))}: can not be written. Received: {received}. Choose another "
        "place."
    )
