"""Looks at input files before TensorFlow is imported, so that most errors come at once."""

from __future__ import annotations

import argparse
from pathlib import Path

from repair.errors import DatasetError
from repair.reading.arrays import open_arrays
from repair.reading.class_folders import folders_below
from repair.reading.stored.network_source import naming, opened_source

_DATA = ("data", "clean", "test", "poisoned")


def check_inputs(arguments: argparse.Namespace) -> None:
    """Opens every network and data file among the arguments; folders are left alone.

    Raises:
        RepairError: If one is missing, broken or of another kind.
    """
    for path in _paths(arguments, ("model", "models")):
        if not path.is_dir():
            with naming(path), opened_source(path):
                pass
    for path in _paths(arguments, _DATA):
        if not path.is_dir():
            with open_arrays(path):
                pass
        elif not folders_below(path) and not getattr(arguments, "unlabelled", False):
            raise DatasetError(
                f"{path}: expected one folder a class, with images in it. Received: none."
            )


def _paths(arguments: argparse.Namespace, names: tuple[str, ...]) -> list[Path]:
    given = [getattr(arguments, name, None) for name in names]
    every = [each if isinstance(each, list) else [each] for each in given]
    return [path for each in every for path in each if path is not None]
