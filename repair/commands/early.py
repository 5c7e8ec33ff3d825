"""Looks at input files before TensorFlow is imported, so that most errors come at once."""

from __future__ import annotations

import argparse

from artifacts.card import read_card
from repair.commands.data_options import data_options_from
from repair.commands.places import paths_among
from repair.reading.arrays import open_arrays
from repair.reading.class_folders import folders_below
from repair.reading.image_folder import no_classes
from repair.reading.stored.network_source import naming, opened_source

_DATA = ("data", "clean", "test", "poisoned")


def check_inputs(arguments: argparse.Namespace) -> None:
    """Opens every network, data file and card among the arguments; folders are left alone.

    Raises:
        InputError: If one is missing, broken or of another kind.
    """
    for path in paths_among(arguments, ("artifact",)):
        read_card(path)
    for path in paths_among(arguments, ("model", "models")):
        if not path.is_dir():
            with naming(path), opened_source(path):
                pass
    for path in paths_among(arguments, _DATA):
        if not path.is_dir():
            with open_arrays(path):
                pass
        elif not folders_below(path) and not getattr(arguments, "unlabelled", False):
            more = ", or say --unlabelled" if "unlabelled" in arguments else ""
            raise no_classes(path, data_options_from(arguments), more=more)
