"""``python -m build export``: arguments and what can be refused before heavy imports."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

from artifacts.called import Parser, called
from artifacts.card import read_card
from artifacts.errors import printable
from artifacts.quiet import import_tensorflow_quietly
from artifacts.signed import add_verify_key
from build.formats.table import FORMATS, Format, check_packages
from repair.commands.places import check_places
from repair.errors import SettingError
from repair.process.whole_file import no_empty_folders

_MAX_BYTES = 4 << 20  # of a table


def export_parser() -> argparse.ArgumentParser:
    """The options of the subcommand."""
    parser = Parser(
        prog=" ".join(called("export")),
        description="Writes an artifact in another format, and only if that gives the "
        "artifact's own labels on 1,000 images.",
    )
    add = parser.add_argument
    add("artifact", type=Path, metavar="ARTIFACT", help="folder with card.json")
    add_verify_key(parser)
    add("--to", choices=FORMATS, required=True,
        help="keras, onnx, litert: a file; mlflow, hub: a folder")  # fmt: skip
    add("--out", type=Path, metavar="PATH", help="default: the artifact's name, here")
    add("--images", type=Path, metavar="FILE.h5",
        help="compare the labels of these images (default: made-up ones)")  # fmt: skip
    add("--table", type=Path, metavar="FILE.json",
        help="hub: what python -m repair defence ARTIFACT ... --json printed")  # fmt: skip
    return parser


def export_from(arguments: argparse.Namespace) -> None:
    """Exports as the command line says, and prints one line.

    Raises:
        RepairError: If an input is unfit, or the file would give other labels.
    """
    check_places(arguments)
    check_packages(arguments.to)
    folder = arguments.artifact
    out = arguments.out or Path(folder.resolve().name + FORMATS[arguments.to].suffix)
    _check_place(out, FORMATS[arguments.to])
    more = _more(arguments)
    read_card(folder)
    import_tensorflow_quietly()
    from build.formats.conversion import convert

    with no_empty_folders(out.parent):
        count, ties = convert(folder, arguments.to, out, arguments.images, **more)
    files = [path for path in (out, *out.rglob("*")) if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    close = f" ({ties} between two labels, of which it gives the other)" if ties else ""
    print(f"{out}: {size:.1f} MB, the artifact's labels on {count:,} images{close}")


def _more(arguments: argparse.Namespace) -> dict[str, Any]:
    """What the writer of one format alone is given."""
    path = arguments.table
    if path is None:
        return {}
    if arguments.to != "hub":
        raise SettingError("--table: expected --to hub, whose card has room for it.")
    if not os.path.isfile(path):  # noqa: PTH113 - a pipe would be waited for
        raise _no_table(path, "no such file")
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            raise _no_table(path, "more than 4 MiB")
        table = json.loads(content)
        if not all(isinstance(row, dict) for row in table):
            raise TypeError
    except (OSError, ValueError, TypeError, RecursionError) as reason:
        raise _no_table(path, type(reason).__name__) from reason
    return {"table": table}


def _no_table(path: Path, received: str) -> SettingError:
    return SettingError(
        f"{printable(str(path))}: expected what `python -m repair defence ARTIFACT ... "
        f"--json` printed. Received: {received}."
    )


def _check_place(out: Path, form: Format) -> None:
    if form.is_folder:
        if out.exists() and not (out.is_dir() and not any(out.iterdir())):
            raise SettingError(
                f"{out}: expected a new folder. Received: something is there. Choose "
                "another --out, or remove it."
            )
        return
    if out.suffix != form.suffix:
        raise SettingError(f"{out}: expected a file name that ends in {form.suffix}.")
    if out.exists() and not out.is_file():
        raise SettingError(f"{out}: expected a file or nothing. Received: a folder.")
