"""Options of a command that the next one on the same network or images needs as well."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from repair.report.next_steps import place
from repair.settings import Settings

# Option -> what it is where nobody gave it.
_USUAL: dict[str, Any] = {
    "architecture": None,
    "output": None,
    "preprocessing": "auto",
    "unlabelled": False,
    "seed": Settings().seed,
    "layer": None,
    "max_fpr": None,
    "keys": [],
    "classes": None,
    "axes": None,
    "first_label": None,
    "formats": [],
    "resize": False,
}


# Of these, what is about building, not about reading.
_OF_BUILDING = ("unlabelled", "seed", "layer", "max_fpr")


def repeated(arguments: argparse.Namespace, *, to_read: bool = False) -> list[str]:
    """The words of these options, of those that were given.

    Args:
        arguments: Of the command.
        to_read: Leave out those that a command does not know which reads alone.
    """
    words = []
    for name, usual in _USUAL.items():
        value = getattr(arguments, name)
        if value == usual and type(value) is type(usual):
            continue
        if to_read and name in _OF_BUILDING:
            continue
        words.append(f"--{name.replace('_', '-')}")
        if isinstance(value, list):
            words += ["=".join(x) if isinstance(x, tuple) else x for x in value]
        elif isinstance(value, Path):
            words.append(place(value))
        elif value is not True:
            words.append(str(value))
    return words


def on_images(arguments: argparse.Namespace, *, resized: bool) -> list[str]:
    """The words without which a detector refuses images such as these.

    Args:
        arguments: Of the command that read the clean images.
        resized: Whether files of them were brought to the network's size.
    """
    formats = ["--formats", *arguments.formats] if arguments.formats else []
    resize = ["--resize"] if arguments.resize or resized else []
    return [*formats, *resize]
