"""The arguments of each command of ``python -m repair``; nothing heavy is imported."""

from __future__ import annotations

import argparse
from pathlib import Path

from artifacts.signed import add_verify_key
from repair.commands.data_options import (
    add_data_options,
    add_image_options,
    add_preprocessing,
)
from repair.commands.network_options import add_network_options
from repair.commands.numbers import SEEDS, whole
from repair.commands.options import add_for_pipelines, add_settings
from repair.settings import FINE_PRUNING_METHODS, METHODS, Settings

_DATA = "images: a folder of each class, .npz, .npy, .h5, .csv"


def accuracy(parser: argparse.ArgumentParser) -> None:
    """A network or a detector, and data files."""
    _model(parser)
    parser.add_argument("data", type=Path, nargs="+", metavar="DATA", help=_DATA)
    add_preprocessing(parser)
    add_network_options(parser)
    _data_options(parser)


def defence(parser: argparse.ArgumentParser) -> None:
    """A network or a detector, and everything to measure it on."""
    _model(parser)
    add = parser.add_argument
    add("--clean", type=Path, required=True, metavar="DATA",
        help="clean images to repair by")  # fmt: skip
    add("--test", type=Path, metavar="DATA", help="clean images to measure on")
    add("--poisoned", type=Path, nargs="+", default=[], metavar="DATA",
        help="poisoned images; their labels are the target labels")  # fmt: skip
    add("--flags", type=Path, metavar="FILE",
        help="which poisoned images carry a trigger")  # fmt: skip
    add_network_options(parser)
    _how(parser)
    _data_options(parser)


def fine_prune(parser: argparse.ArgumentParser) -> None:
    """Networks, and a folder for what becomes of them."""
    add = parser.add_argument
    add("models", type=Path, nargs="+", metavar="MODEL", help="networks")
    add("--clean", type=Path, required=True, metavar="DATA", help="clean images")
    add("--out", type=Path, required=True, metavar="FOLDER",
        help="gets a file NETWORK_repaired.h5 each")  # fmt: skip
    add_network_options(parser)
    _how(parser, FINE_PRUNING_METHODS)
    _data_options(parser)


def inspect(parser: argparse.ArgumentParser) -> None:
    """A network, clean images, and a folder for the page."""
    add = parser.add_argument
    add("model", type=Path, metavar="MODEL", help="network, .keras or .h5")
    add("clean", type=Path, metavar="CLEAN",
        help="clean images: a folder of each class, .npz, .npy, .h5, .csv")  # fmt: skip
    add("--out", type=Path, required=True, metavar="FOLDER",
        help="gets inspect.html, inspect.json and pictures")  # fmt: skip
    add_preprocessing(parser)
    add_network_options(parser)
    add("--unlabelled", action="store_true",
        help="no labels: the network's own answers stand in")  # fmt: skip
    add("--seed", type=whole(*SEEDS), default=Settings().seed,
        help="same seed, same figures (%(default)s)")  # fmt: skip
    add("--layer", metavar="NAME",
        help="to stand on (chosen from the network)")  # fmt: skip
    add("--max-fpr", type=float, metavar="SHARE",
        help="watch as many labels as this estimated FPR allows")  # fmt: skip
    add_for_pipelines(parser)
    _data_options(parser)


def explain(parser: argparse.ArgumentParser) -> None:
    """An artifact, images, and a folder for the page."""
    parser.add_argument("artifact", type=Path, metavar="ARTIFACT", help="folder")
    add_verify_key(parser)
    parser.add_argument("images", nargs="+", metavar="IMAGE",
        help="PNG or JPEG file, folder of such, pattern, or .h5 file")  # fmt: skip
    _explained(parser, "explain", 50, "explain so many images at most (%(default)s)")
    parser.add_argument("--clean", type=Path, metavar="CLEAN",
        help="show the nearest clean images of both labels")  # fmt: skip
    _data_options(parser)


def triggers(parser: argparse.ArgumentParser) -> None:
    """An artifact, images, and a folder for the page."""
    parser.add_argument("artifact", type=Path, metavar="ARTIFACT", help="folder")
    add_verify_key(parser)
    parser.add_argument("images", nargs="+", metavar="IMAGE",
        help="PNG or JPEG file, folder of such, pattern, or .h5 file")  # fmt: skip
    text = "look at so many of a label at most (%(default)s)"
    _explained(parser, "triggers", 16, text)
    add_image_options(parser)


def page(parser: argparse.ArgumentParser) -> None:
    """An artifact, and where the page is served on this machine."""
    add = parser.add_argument
    add("artifact", type=Path, metavar="ARTIFACT", help="folder")
    add_verify_key(parser)
    add(
        "--port",
        type=whole(1, 65535),
        default=7860,
        help="of the loopback address (%(default)s)",
    )
    add("--no-browser", action="store_true", help="do not open the page")


def check(parser: argparse.ArgumentParser) -> None:
    """Data files."""
    add = parser.add_argument
    add("data", type=Path, nargs="+", metavar="DATA", help=_DATA)
    add("--num-classes", type=whole(1), metavar="N", help="count labels = N")
    _image_shape(parser)


def sheet(parser: argparse.ArgumentParser) -> None:
    """A data file, a picture, and which images."""
    add = parser.add_argument
    add("data", type=Path, metavar="DATA", help=_DATA)
    add("--out", type=Path, required=True, metavar="FILE.png")
    add("--first", type=whole(0), default=0, help="index of the first image")
    add("--count", type=whole(1), default=50, help="images (%(default)s)")
    _image_shape(parser)


def flags(parser: argparse.ArgumentParser) -> None:
    """A data file, and a file for the flags."""
    add = parser.add_argument
    add("data", type=Path, metavar="DATA", help=_DATA)
    add("--out", type=Path, required=True, metavar="FILE",
        help=".csv, .npy, .txt or .pkl")  # fmt: skip
    _image_shape(parser)


def _model(parser: argparse.ArgumentParser) -> None:
    text = "network (.keras, .h5) or artifact (folder)"
    parser.add_argument("model", type=Path, metavar="MODEL", help=text)
    add_verify_key(parser)


def _how(parser: argparse.ArgumentParser, methods: tuple[str, ...] = METHODS) -> None:
    group = parser.add_argument_group("how to repair a network")
    group.add_argument("--method", choices=methods, default=methods[0])
    add_settings(group)


def _explained(
    parser: argparse.ArgumentParser, name: str, most: int, text: str
) -> None:
    add = parser.add_argument
    add("--out", type=Path, required=True, metavar="FOLDER",
        help=f"gets {name}.html and {name}.json")  # fmt: skip
    add("--most", type=whole(1), default=most, metavar="COUNT", help=text)


def _data_options(parser: argparse.ArgumentParser) -> None:
    add_data_options(parser.add_argument_group("what the data do not say"))


def _image_shape(parser: argparse.ArgumentParser) -> None:
    _data_options(parser)
    parser.add_argument("--image-shape", type=whole(1, 1 << 20), nargs=3,
        metavar=("ROWS", "COLUMNS", "CHANNELS"),
        help="expected, if not as they are")  # fmt: skip
