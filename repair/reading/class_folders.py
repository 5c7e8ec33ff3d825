"""Which label a folder of images stands for: its number, or its place among the names."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Collection
from pathlib import Path

from artifacts.errors import printable
from repair.errors import DatasetError
from repair.process.notice import say
from repair.reading.class_list import alike, places_of

_MOST_CLASSES = 100_000
_SHOWN = 8
_PARTS_AT_MOST = 10
# What systems leave among the folders of people, and what parts of a data set are called.
LEFT_BEHIND = frozenset(["__MACOSX", "@eaDir", "lost+found", "$RECYCLE.BIN"])
_PARTS = re.compile(
    r"(?<![a-z])(dev|eval|meta|pred|prediction|sample|test|testing|train|training|unlabeled"
    r"|val|valid|validation)(?![a-z])"
)

Labels = dict[str, int]


def folders_below(path: Path) -> list[str]:
    """Names of the folders in a folder, sorted; hidden ones are passed over.

    Raises:
        DatasetError: If it can not be read, or one of them is a link.
    """
    try:
        with os.scandir(path) as entries:
            found = [
                x for x in entries if x.name[0] != "." and x.name not in LEFT_BEHIND
            ]
            links = [x.name for x in found if x.is_symlink() and x.is_dir()]
            names = [x.name for x in found if x.is_dir(follow_symlinks=False)]
    except OSError as reason:
        raise DatasetError(f"{path}: {reason.strerror}.") from reason
    if links:
        raise DatasetError(
            f"{path}: expected folders, one a class. Received: a link, "
            f"{printable(links[0])}. Links to folders are not followed: copy it there."
        )
    if len(names) > _MOST_CLASSES:
        raise DatasetError(f"{path}: expected at most {_MOST_CLASSES:,} folders.")
    return sorted(names)


def labels_of_folders(
    path: Path,
    folders: list[str],
    num_classes: int | None,
    names: tuple[str, ...] | None,
    first_label: int | None = None,
    empty: Collection[str] = (),
) -> tuple[Labels, tuple[str, ...] | None, int | None]:
    """The label of each folder, the names of all classes by label, and the first label.

    Folders that are all numbers are labels as they are (or from 1, where they are 1 to N).
    Others are found among ``names``; where there are none, they stand in the order in
    which ``image_dataset_from_directory`` sorts them, and none may be missing; for both,
    there is no first label. Those that are ``empty``, and no class by name or number, are
    passed over.

    Raises:
        DatasetError: If that is not clear.
    """
    folders = _of_classes(path, folders, num_classes, names, empty)
    numbers = _numbers(folders)
    places = places_of(names or ())
    known = [folder for folder in folders if alike(folder) in places]
    if _are_parts(path, folders, num_classes) and not known:
        raise DatasetError(
            f"{path}: expected folders, one a class. Received: {_listed(folders)}, which are "
            f"the parts of a data set. Give one of them: {printable(str(path / folders[-1]))}"
        )
    if names is not None and known == folders:
        _check_once(path, folders)
        return {name: places[alike(name)] for name in folders}, names, None
    if numbers is not None:
        labels, first = _numbered(path, numbers, num_classes, first_label)
        return labels, names, first
    if names is not None:
        other = next(name for name in folders if name not in known)
        raise DatasetError(
            f"{path}: expected folders named as the classes, such as {names[0]!r}. "
            f"Received: {printable(other)!r}. Mend the list of classes (--classes FILE), or "
            "the folder."
        )
    if (
        len(folders) == 1
        and num_classes != 1
        and (below := folders_below(path / folders[0]))
    ):
        raise DatasetError(
            f"{path}: expected folders, one a class. Received: one, in which there are "
            f"{_listed(below)}. Give that one: {printable(str(path / folders[0]))}"
        )
    if num_classes not in (None, len(folders)):
        raise DatasetError(
            f"{path}: expected {num_classes} folders, one a class of the network. "
            f"Received: {len(folders)}: {_listed(folders)}. Remove those that are no class; "
            "if some classes have none, give the names of all, in the order of the labels, "
            "one a line: --classes FILE"
        )
    _check_once(path, folders)
    say(
        f"{path}: labels 0..{len(folders) - 1} are its folders in order, {_listed(folders)}"
    )
    return {name: i for i, name in enumerate(folders)}, tuple(folders), None


def _check_once(path: Path, folders: list[str]) -> None:
    """Two folders whose names look equal are one class, and nobody can tell them apart."""
    compared = Counter(map(alike, folders))
    twice, count = compared.most_common(1)[0]
    if count > 1:
        raise DatasetError(
            f"{path}: expected folders of different names. Received: {printable(twice)!r} "
            "twice, with its accents stored in two ways. Put their images into one."
        )


def _of_classes(
    path: Path,
    folders: list[str],
    num_classes: int | None,
    names: tuple[str, ...] | None,
    empty: Collection[str],
) -> list[str]:
    """The folders, without those that hold no image and can be no class."""
    full = [folder for folder in folders if folder not in empty]
    if names is not None:
        full += [x for x in folders if x in empty and alike(x) in places_of(names)]
    elif num_classes != len(full) or _numbers(folders) is not None:
        return folders
    if full and len(full) < len(folders):
        rest = _listed([folder for folder in folders if folder not in full])
        say(f"{path}: passed over, as no image is in them: {rest}")
        return sorted(full)
    return folders


def _are_parts(path: Path, folders: list[str], num_classes: int | None) -> bool:
    """Whether folders are the parts of a data set, by their names or what is in them."""
    if _named_as_parts(folders):
        return True
    if num_classes is None or not 1 < len(folders) <= _PARTS_AT_MOST:
        return False
    below = folders_below(path / folders[0])
    if len(below) != num_classes or _named_as_parts(below):
        return False
    return all(folders_below(path / folder) == below for folder in folders[1:])


def _named_as_parts(folders: list[str]) -> bool:
    return bool(folders) and all(_PARTS.search(folder.lower()) for folder in folders)


def _numbers(folders: list[str]) -> dict[str, int] | None:
    """Folders as numbers; None where one is none, or two are the same."""
    plain = all(
        name.isascii() and name.isdigit() and len(name) < 10 for name in folders
    )
    numbers = {name: int(name) for name in folders} if plain and folders else {}
    return numbers if numbers and len(set(numbers.values())) == len(folders) else None


def _numbered(
    path: Path, numbers: Labels, num_classes: int | None, first: int | None
) -> tuple[Labels, int]:
    if first is None:
        low, high = min(numbers.values()), max(numbers.values())
        first = int(len(numbers) > 1 and (low, high) == (1, num_classes))
        if first:
            say(f"{path}: folders 1..{high} are taken for labels 0..{high - 1}")
    labels = {name: number - first for name, number in numbers.items()}
    top = num_classes - 1 if num_classes is not None else max(labels.values())
    wrong = [name for name, label in labels.items() if not 0 <= label <= top]
    if wrong:
        raise DatasetError(
            f"{path}: expected folders named {first}..{top + first}. Received: {wrong[0]}."
        )
    return labels, first


def _listed(folders: list[str]) -> str:
    shown = ", ".join(printable(name[:40]) for name in folders[:_SHOWN])
    return f"{shown}, ..." if len(folders) > _SHOWN else shown or "none"
