"""Commands on data files: each reads, computes, and returns rows for a table."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from repair.commands.data_options import data_options_from
from repair.dataset import Dataset
from repair.errors import DatasetError, SettingError
from repair.measuring.doubts import doubts_about_labels
from repair.measuring.tables import Cell
from repair.process.notice import say
from repair.process.whole_file import new_file
from repair.reading.data_file import (
    IMAGE_SHAPE,
    read_dataset,
    shape_in,
    unclear_shape,
)
from repair.reading.flags import purple_flags, write_flags
from repair.report.contact_sheet import contact_sheet

Rows = list[dict[str, Cell]]


def check(arguments: argparse.Namespace) -> Rows:
    """What a data file holds, and whether a label is N."""
    rows: Rows = []
    for path in arguments.data:
        data = _read(path, arguments)
        for doubt in doubts_about_labels(data):
            say(f"warning: {path}: {doubt}")
        row: dict[str, Cell] = {
            "data": str(path),
            "images": len(data),
            "shape": "x".join(map(str, data.images.shape[1:])),
            "pixels": f"{data.images.min()}..{data.images.max()}",
            "labels": f"{data.labels.min()}..{data.labels.max()}",
            "different labels": len(np.unique(data.labels)),
        }
        if arguments.num_classes is not None:
            row["label = N"] = int((data.labels == arguments.num_classes).sum())
            row["label > N"] = int((data.labels > arguments.num_classes).sum())
        rows.append(row)
    return rows


def sheet(arguments: argparse.Namespace) -> Rows:
    """Draws the first images of a data file as a PNG."""
    if arguments.first < 0 or arguments.count < 1:
        raise SettingError("expected --first of at least 0 and --count of at least 1.")
    if arguments.out.suffix.lower() != ".png":
        raise SettingError(
            f"{arguments.out}: expected a name that ends in .png. Received: "
            f"{arguments.out.suffix or 'no ending'}."
        )
    data = _read(arguments.data, arguments)
    chosen = np.arange(
        arguments.first, min(arguments.first + arguments.count, len(data))
    )
    if not len(chosen):
        raise DatasetError(
            f"{arguments.data}: has {len(data)} images, none from {arguments.first} on."
        )
    with new_file(arguments.out) as unfinished:
        contact_sheet(data.subset(chosen)).save(unfinished, "PNG")
    return [{"picture": str(arguments.out), "images": len(chosen)}]


def flags(arguments: argparse.Namespace) -> Rows:
    """Labels the images that carry painted lips, by their exact colour."""
    data = _read(arguments.data, arguments)
    found = purple_flags(data.images)
    write_flags(arguments.out, found)
    return [
        {
            "flags": str(arguments.out),
            "images": len(found),
            "with trigger": int(found.sum()),
            "share": float(found.mean()),
        }
    ]


def _read(path: Path, arguments: argparse.Namespace) -> Dataset:
    """Data of the expected shape, or as they are."""
    options = data_options_from(arguments)
    shape = arguments.image_shape or shape_in(path, options)
    if shape is None and not path.is_dir():
        raise unclear_shape(path, options)
    return read_dataset(
        path,
        image_shape=tuple(shape or IMAGE_SHAPE),
        num_classes=getattr(arguments, "num_classes", None),
        options=options,
        bounded=False,
    )
