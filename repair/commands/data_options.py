"""Options on what a network was trained on, and on data files that do not say it all."""

from __future__ import annotations

import argparse
from pathlib import Path

from repair.settings import FORMATS, PREPROCESSINGS, DataOptions

Options = argparse._ArgumentGroup | argparse.ArgumentParser


def add_preprocessing(group: Options) -> None:
    """Adds the option that ``preprocessing_from`` reads."""
    group.add_argument("--preprocessing", "--scale", choices=("auto", *PREPROCESSINGS),
        default="auto", metavar="KIND",
        help="what the network was trained on: raw pixels 0..255 (raw), those / 255 (255), "
        "from -1 to 1 (pm1), as ImageNet's networks of Torch or Caffe (torch, caffe), "
        "standardised (standard); auto: clean images tell")  # fmt: skip


def add_data_options(group: Options) -> None:
    """Adds the options that ``data_options_from`` reads."""
    add = group.add_argument
    add("--keys", nargs="+", default=[], metavar="ROLE=NAME", type=_key,
        help="names of the arrays in a file: images=NAME labels=NAME")  # fmt: skip
    add("--classes", type=Path, metavar="FILE",
        help="names of the classes in the order of the labels, one a line")  # fmt: skip
    add("--axes", choices=("first", "last"),
        help="where channels are, if both would do")  # fmt: skip
    add("--first-label", type=int, choices=(0, 1),
        help="where labels begin, if both would do")  # fmt: skip
    add_image_options(group)


def add_image_options(group: Options) -> None:
    """Adds those of them that are about images, whether or not they have labels."""
    add = group.add_argument
    add("--formats", nargs="+", default=[], choices=FORMATS,
        help="read such images too, besides PNG and JPEG")  # fmt: skip
    add("--resize", action="store_true",
        help="bring images to the network's size, as those in folders are")  # fmt: skip


def _key(text: str) -> tuple[str, str]:
    role, _, name = text.partition("=")
    if role not in ("images", "labels") or not name:
        raise argparse.ArgumentTypeError(
            f"expected images=NAME or labels=NAME. Received: {text!r}."
        )
    return role, name


def data_options_from(arguments: argparse.Namespace) -> DataOptions:
    """What the command line says about data files."""
    return DataOptions(
        keys=tuple(arguments.keys),
        classes=arguments.classes,
        axes=arguments.axes,
        first_label=arguments.first_label,
        formats=tuple(arguments.formats),
        resize=arguments.resize,
    )


def preprocessing_from(arguments: argparse.Namespace) -> str | None:
    """What the network was trained on, None = find it."""
    told: str = arguments.preprocessing
    return None if told == "auto" else told
