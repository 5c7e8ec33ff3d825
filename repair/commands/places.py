"""Nothing that a command reads is written over by its results, which can be written."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from artifacts.errors import DetectorError, printable
from artifacts.listed import check_outside
from artifacts.reading.folders import walk
from artifacts.reading.patterns import is_pattern, matches
from artifacts.signed import VERIFY_KEY
from repair.errors import DatasetError, SettingError
from repair.process.notice import say
from repair.process.writable import check_file
from repair.settings import DataOptions

_LABELLED = ("data", "clean", "test", "poisoned")
_OTHERS = (
    *("model", "models", "flags", "classes", "architecture", "images", "artifact"),
    "table",
)
_WRITTEN = ("out", "sarif", "bom")
# Commands whose ``--out`` is a file, not a folder.
_OF_FILES = ("sheet", "flags")
# What a command that writes a page puts beside it.
_PAGES = ("inspect.html", "inspect.json")


def check_places(arguments: argparse.Namespace, *, replaces: bool = False) -> None:
    """Makes sure that no file that is written is one that is read, or written twice.

    Args:
        arguments: Of the command.
        replaces: Whether it replaces an artifact as a whole, where others put files into
            a folder.

    Raises:
        SettingError: If one is, or would lie among folders of classes that are read, or
            in an artifact, and break it, or if a file can not be written.
    """
    written = paths_among(arguments, _WRITTEN)
    check_unread(written, arguments)
    for place in written[1:] if getattr(arguments, "out", None) else ():
        if _lies_in(place, written[0]) and (replaces or place.name in _PAGES):
            raise SettingError(
                f"{printable(str(place))}: expected a place outside of "
                f"{printable(str(written[0]))}, which is written as well. Choose another."
            )
    for place in written:
        _check_outside(place, place if replaces else place / "file")
    twice = Counter(os.path.realpath(place) for place in written)
    for place in written:
        if twice[os.path.realpath(place)] > 1:
            raise SettingError(
                f"{printable(str(place))}: expected a place of its own for each file. "
                "Received: one twice."
            )
    out = getattr(arguments, "out", None)
    of_file = getattr(arguments, "command", None) in _OF_FILES
    for place in written if of_file else paths_among(arguments, _WRITTEN[1:]):
        check_file(place, made=None if of_file else out)


def _check_outside(place: Path, written: Path) -> None:
    """Of what is written there, in the words that the user gave."""
    try:
        check_outside(written)
    except DetectorError as reason:
        told = str(reason).removeprefix(printable(str(written)))
        raise SettingError(f"{printable(str(place))}{told}") from reason


def check_unread(written: list[Path], arguments: argparse.Namespace) -> None:
    """Makes sure that none of these places is read.

    Raises:
        SettingError: If one is, or lies among folders of classes, as another class would.
    """
    if not written:
        return
    labelled, images = _labelled(arguments), _images(arguments)
    others = paths_among(arguments, _OTHERS)
    read = [*labelled, *images, *others, *_beside(arguments), *_key()]
    classes = [path for path in labelled if path.is_dir()]
    folders = [*classes, *(path for path in images if path.is_dir())]
    for place in written:
        above = (Path(os.path.realpath(place)), *Path(os.path.realpath(place)).parents)
        if (
            any(_same(place, path) for path in read)
            or any(_same(each, folder) for folder in classes for each in above)
            or any(_holds(folder, place) for folder in folders if place.is_file())
        ):
            raise SettingError(
                f"{printable(str(place))}: expected another place to write to. Received: "
                "what is read."
            )


def say_what_is_replaced(folder: Path, page: str) -> None:
    """A word on an older report that lies where the new one goes."""
    if (folder / page).is_file():
        say(f"note: {folder} holds an older report, which the new one replaces.")


def paths_among(arguments: argparse.Namespace, names: tuple[str, ...]) -> list[Path]:
    """The paths that options of these names were given; those that were not are left."""
    given = [getattr(arguments, name, None) for name in names]
    every = [each if isinstance(each, list) else [each] for each in given]
    return [path for each in every for path in each if isinstance(path, Path)]


def _labelled(arguments: argparse.Namespace) -> list[Path]:
    """Files and folders of labelled images.

    The folder of the competition's data is none, and ``build`` has one always.
    """
    names = _LABELLED[1:] if hasattr(arguments, "names") else _LABELLED
    return paths_among(arguments, names)


def _images(arguments: argparse.Namespace) -> list[Path]:
    """Other files and folders of images; a pattern stands for what matches it."""
    found: list[Path] = []
    images = getattr(arguments, "images", None)
    for each in images if isinstance(images, list) else ():
        found += map(Path, matches(each) if is_pattern(each) else [each])
    return found


def _beside(arguments: argparse.Namespace) -> Iterator[Path]:
    """Files that are read though none of them is an argument."""
    options = DataOptions(keys=tuple(getattr(arguments, "keys", ())))
    for path in paths_among(arguments, _LABELLED):
        if path.is_file():
            # Needs NumPy and h5py, as whoever reads the data does.
            from repair.reading.data_file import files_of

            with suppress(DatasetError):  # said when they are read
                yield from files_of(path, options)[1:]
    if hasattr(arguments, "names") and arguments.model is None:
        for folder in (arguments.models, arguments.data):
            yield from (
                Path(x) for x in walk(str(folder), (".h5",)) if isinstance(x, str)
            )


def _key() -> list[Path]:
    key = os.environ.get(VERIFY_KEY)
    return [Path(key)] if key else []


def _holds(folder: Path, place: Path) -> bool:
    """Whether a file is one of those below a folder, by whatever name."""
    return any(
        _same(place, Path(x)) for x in walk(str(folder), None) if isinstance(x, str)
    )


def _lies_in(place: Path, folder: Path) -> bool:
    return Path(os.path.realpath(place)).is_relative_to(os.path.realpath(folder))


def _same(one: Path, other: Path) -> bool:
    with suppress(OSError, ValueError):  # not there, or an impossible name
        return one.samefile(other)
    return False
