"""``python -m repair``: the evaluation commands' arguments; no logic."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

from repair.commands.data_options import add_data_options, add_preprocessing
from repair.commands.options import add_settings, run
from repair.measuring.tables import table
from repair.process.quiet import import_tensorflow_quietly
from repair.settings import FINE_PRUNING_METHODS, METHODS, Settings


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m repair",
        description="Measures BadNets, repairs and detectors on data.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_models(commands)
    _add_inspect(commands)
    _add_data(commands)
    return parser


def _add_models(commands: Any) -> None:
    one = _command(commands, "accuracy", "accuracy of a network or detector")
    _model(one)
    one.add_argument("data", type=Path, nargs="+", metavar="DATA")
    add_preprocessing(one)
    add_data_options(one)
    one = _command(commands, "defence", "the full table: clean accuracy, FPR, ASR, ...")
    _model(one)
    one.add_argument("--clean", type=Path, required=True, metavar="DATA")
    one.add_argument("--test", type=Path, metavar="DATA", help="clean test data")
    one.add_argument("--poisoned", type=Path, nargs="+", default=[], metavar="DATA")
    one.add_argument(
        "--flags",
        type=Path,
        metavar="FILE",
        help="which poisoned images carry a trigger",
    )
    add_data_options(one)
    _how(one)
    one = _command(commands, "fine-prune", "fine-prune networks, save them as HDF5")
    one.add_argument("models", type=Path, nargs="+", metavar="MODEL.h5")
    one.add_argument("--clean", type=Path, required=True, metavar="DATA")
    one.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    add_data_options(one)
    _how(one, FINE_PRUNING_METHODS)


def _add_inspect(commands: Any) -> None:
    one = _command(commands, "inspect", "what the defence believes about a network")
    one.add_argument("model", type=Path, metavar="MODEL.h5", help="network")
    one.add_argument("clean", type=Path, metavar="CLEAN", help="clean images")
    one.add_argument("--out", type=Path, required=True, metavar="FOLDER",
                     help="gets inspect.html, inspect.json and pictures")  # fmt: skip
    add_preprocessing(one)
    add_data_options(one)
    default = Settings()
    one.add_argument("--unlabelled", action="store_true",
                     help="no labels: the network's own answers stand in")  # fmt: skip
    one.add_argument("--seed", type=int, default=default.seed,
                     help="same seed, same figures (%(default)s)")  # fmt: skip
    one.add_argument("--layer", metavar="NAME",
                     help="to stand on (chosen from the network)")  # fmt: skip
    one.add_argument("--max-fpr", type=float, metavar="SHARE",
                     help="watch as many labels as this estimated FPR allows")  # fmt: skip


def _add_data(commands: Any) -> None:
    one = _command(commands, "check", "what a data file holds")
    one.add_argument("data", type=Path, nargs="+", metavar="DATA")
    one.add_argument("--num-classes", type=int, metavar="N", help="count labels = N")
    _image_shape(one)
    one = _command(commands, "sheet", "a contact sheet of images as PNG")
    one.add_argument("data", type=Path, metavar="DATA")
    one.add_argument("--out", type=Path, required=True, metavar="FILE.png")
    one.add_argument("--first", type=int, default=0, help="index of the first image")
    one.add_argument("--count", type=int, default=50, help="images (%(default)s)")
    _image_shape(one)
    one = _command(
        commands, "flags", "which images carry purple lips, as anonymous_1's"
    )
    one.add_argument("data", type=Path, metavar="DATA")
    one.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help=".csv, .npy, .txt or .pkl",
    )
    _image_shape(one)


def _command(commands: Any, name: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=f"{text[0].upper()}{text[1:]}."
    )
    parser.add_argument("--json", action="store_true", help="for machines")
    return parser


def _model(parser: argparse.ArgumentParser) -> None:
    text = "network (.h5) or artifact (folder)"
    parser.add_argument("model", type=Path, metavar="MODEL", help=text)


def _how(parser: argparse.ArgumentParser, methods: tuple[str, ...] = METHODS) -> None:
    group = parser.add_argument_group("how to repair a network")
    group.add_argument("--method", choices=methods, default=methods[0])
    add_settings(group)


def _image_shape(parser: argparse.ArgumentParser) -> None:
    add_data_options(parser)
    parser.add_argument(
        "--image-shape", type=int, nargs=3,
        metavar=("ROWS", "COLUMNS", "CHANNELS"), help="expected, if not as they are",
    )  # fmt: skip


def _run(arguments: argparse.Namespace) -> None:
    from repair.commands import data

    name = arguments.command.replace("-", "_")
    action = getattr(data, name, None)
    if action is None:  # needs networks
        from repair.commands.early import check_inputs

        check_inputs(arguments)
        import_tensorflow_quietly()
        from repair.commands import networks

        action = getattr(networks, name)
    rows = action(arguments)
    if arguments.json:
        print(json.dumps([_plain(row) for row in rows], indent=1))
    else:
        print(table(rows))


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """NaN is no JSON."""
    return {
        key: None if isinstance(value, float) and math.isnan(value) else value
        for key, value in row.items()
    }


if __name__ == "__main__":
    arguments = _parser().parse_args()
    run(lambda: _run(arguments))
