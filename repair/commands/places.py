"""Nothing that a command reads is written over by its results."""

from __future__ import annotations

import argparse
import os
from contextlib import suppress
from pathlib import Path

from artifacts.listed import check_outside
from repair.errors import SettingError

_READ = (
    *("model", "models", "data", "clean", "test", "poisoned", "flags", "classes"),
    *("architecture", "images", "artifact", "table"),
)
_WRITTEN = ("out", "sarif", "bom")


def check_places(arguments: argparse.Namespace, *, replaces: bool = False) -> None:
    """Makes sure that no file that is written is one that is read, or written twice.

    Args:
        arguments: Of the command.
        replaces: Whether it replaces an artifact as a whole, where others put files into
            a folder.

    Raises:
        SettingError: If one is.
        DetectorError: If one would lie in an artifact, and break it.
    """
    read = paths_among(arguments, _READ)
    written = paths_among(arguments, _WRITTEN)
    for place in written:
        if any(_same(place, path) for path in read):
            raise SettingError(
                f"{place}: expected another place to write to. Received: what is read."
            )
        check_outside(place if replaces else place / "file")
    if len({os.path.realpath(place) for place in written}) < len(written):
        raise SettingError(
            f"{written[0]}: expected a place of its own for each file. Received: one twice."
        )


def paths_among(arguments: argparse.Namespace, names: tuple[str, ...]) -> list[Path]:
    """The paths that options of these names were given; those that were not are left."""
    given = [getattr(arguments, name, None) for name in names]
    every = [each if isinstance(each, list) else [each] for each in given]
    return [path for each in every for path in each if isinstance(path, Path)]


def _same(one: Path, other: Path) -> bool:
    with suppress(OSError, ValueError):  # not there, or an impossible name
        return one.samefile(other)
    return False
