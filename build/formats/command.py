"""``python -m build export``: arguments and what can be refused before heavy imports."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from artifacts.called import called
from artifacts.quiet import import_tensorflow_quietly
from repair.errors import SettingError


@dataclass(frozen=True)
class Format:
    """A format to export to.

    Attributes:
        suffix: Of its files.
        packages: What writes and runs it, beside TensorFlow; the extra of the same name
            as the format brings them.
    """

    suffix: str
    packages: tuple[str, ...] = ()


FORMATS = {
    "keras": Format(".keras"),
    "onnx": Format(".onnx", ("onnx", "onnxruntime", "tf2onnx")),
    "litert": Format(".tflite", ("ai_edge_litert",)),
}


def export_parser() -> argparse.ArgumentParser:
    """The options of the subcommand."""
    parser = argparse.ArgumentParser(
        prog=" ".join(called("export")),
        description="Writes an artifact in another format, and only if that gives the "
        "artifact's own labels on 1,000 images.",
    )
    add = parser.add_argument
    add("artifact", type=Path, metavar="ARTIFACT", help="folder with card.json")
    add("--to", choices=FORMATS, required=True, help="format of the file")
    add("--out", type=Path, metavar="FILE", help="default: NAME of the card, here")
    add("--images", type=Path, metavar="FILE.h5",
        help="compare the labels of these images (default: made-up ones)")  # fmt: skip
    return parser


def export_from(arguments: argparse.Namespace) -> None:
    """Exports as the command line says, and prints one line.

    Raises:
        RepairError: If an input is unfit, or the file would give other labels.
    """
    check_packages(arguments.to)
    suffix = FORMATS[arguments.to].suffix
    folder = arguments.artifact
    out = arguments.out or Path(folder.resolve().name + suffix)
    if out.suffix != suffix:
        raise SettingError(f"{out}: expected a file name that ends in {suffix}.")
    if out.exists() and not out.is_file():
        raise SettingError(f"{out}: expected a file or nothing. Received: a folder.")
    import_tensorflow_quietly()
    from build.formats.conversion import convert

    count = convert(folder, arguments.to, out, arguments.images)
    size = out.stat().st_size / 1e6
    print(f"{out}: {size:.1f} MB, the artifact's labels on {count:,} images")


def check_packages(to: str) -> None:
    """Makes sure that a format can be written and run here.

    Raises:
        SettingError: If packages are missing.
    """
    missing = [name for name in FORMATS[to].packages if find_spec(name) is None]
    if missing:
        raise SettingError(
            f"{to} needs packages that are not installed: {', '.join(missing)}. "
            f"Install them: pip install -e .[{to}]"
        )
