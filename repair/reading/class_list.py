"""The names of the classes in the order of the labels: a text file, or JSON."""

from __future__ import annotations

import codecs
import json
import os
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

from artifacts.errors import printable
from repair.errors import DatasetError
from repair.process.what_is_there import what_is_there

_MAX_BYTES = 4 << 20
_MAX_NAMES = 100_000
_MAX_LENGTH = 200
_NUMBERED = re.compile(r"(?P<label>\d{1,6})(?:\s*[:,]\s*|\s+)(?P<name>\S.*)")
_NUMBERED_BEHIND = re.compile(r"(?P<name>.*\S)\s*[,;\t]\s*(?P<label>\d{1,6})")


def read_class_list(path: Path) -> tuple[str, ...]:
    """Names, one a line; or a JSON list, or object from name to label or label to name.

    Lines may begin with their labels, ``0 rock``, or end with them behind a tab or comma,
    ``rock,0``, where these are 0..N-1. The text is UTF-8, or UTF-16 as Windows writes it.

    Raises:
        DatasetError: If the file is missing, too large, or not such a list of different
            names.
    """
    if not os.path.isfile(path):  # noqa: PTH113 - a pipe would be waited for
        raise _unfit(path, what_is_there(path))
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
        is_wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        text = content.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError as reason:
        raise _unfit(path, "a text that is not UTF-8. Save it as UTF-8") from reason
    except OSError as reason:
        raise _unfit(path, printable(str(reason))[:200]) from reason
    if len(content) > _MAX_BYTES:
        raise _unfit(path, "more than 4 MiB")
    names = _from_json(path, text) if text.lstrip()[:1] in ("[", "{") else None
    if names is None:
        names = _unnumbered(
            [line.strip() for line in text.splitlines() if line.strip()]
        )
    wrong = [name for name in names if not name or len(name) > _MAX_LENGTH]
    if not 0 < len(names) <= _MAX_NAMES or wrong:
        raise _unfit(path, f"{len(names):,} names, or one of no or too many letters")
    compared = Counter(map(alike, names))
    if len(compared) < len(names):
        twice = compared.most_common(1)[0][0]
        raise _unfit(path, f"{printable(twice)!r} twice")
    return tuple(names)


def alike(name: str) -> str:
    """A name by which others are compared: accents are stored in two ways, and look equal."""
    return unicodedata.normalize("NFC", name)


def places_of(names: tuple[str, ...]) -> dict[str, int]:
    """The label of each name, and of each name behind its label, by ``alike``."""
    labels = {alike(name): label for label, name in enumerate(names)}
    return {f"{label} {name}": label for name, label in labels.items()} | labels


def _unnumbered(lines: list[str]) -> list[str]:
    """The names by label, if each line has another of 0..N-1; else the lines."""
    for form in (_NUMBERED, _NUMBERED_BEHIND):
        found = [form.fullmatch(line) for line in lines[:_MAX_NAMES]]
        by_label = {int(each["label"]): each["name"] for each in found if each}
        if len(lines) >= 2 and set(by_label) == set(range(len(lines))):
            return [by_label[label] for label in range(len(lines))]
    return lines


def _from_json(path: Path, text: str) -> list[str] | None:
    """The names by label; None for other text."""
    try:
        found: Any = json.loads(text, object_pairs_hook=tuple)
    except (ValueError, RecursionError):
        return None
    if isinstance(found, tuple):  # pairs, a key twice among them
        pairs = list(found)
        if all(type(value) is int for _, value in pairs):
            pairs = [(value, name) for name, value in pairs]
        by_label = {str(label): name for label, name in pairs}
        labels = [str(label) for label in range(len(pairs))]
        if len(by_label) < len(pairs) or set(labels) != set(by_label):
            raise _unfit(path, "labels that are not 0..N-1, each once")
        found = [by_label[label] for label in labels]
    if not all(isinstance(name, str) for name in found):
        raise _unfit(path, "names that are no text")
    return list(found)


def _unfit(path: Path, received: str) -> DatasetError:
    return DatasetError(
        f"{path}: expected the names of the classes in the order of the labels, one a "
        f"line. Received: {received}."
    )
