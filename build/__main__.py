"""``python -m build``: arguments, error line, exit code; no logic."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from artifacts.quiet import import_tensorflow_quietly
from build.catalogue import NETWORKS
from build.formats.command import export_from, export_parser
from build.fresh_process import build_in_fresh_process
from build.request import requests_from
from build.several import build_each
from repair.commands.data_options import add_data_options
from repair.commands.options import add_settings
from repair.process.run import run
from repair.settings import METHODS

DEMO = Path("demo")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m build",
        description="Repairs BadNets and fuses each with its repaired network into one "
        "SavedModel that answers with a label, or N for a poisoned image.",
        epilog="python -m build export ARTIFACT --to FORMAT: see export --help.",
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"networks of the competition (default: all): {', '.join(NETWORKS)}",
    )
    add = parser.add_argument
    add("--demo", action="store_true", help="make up people and BadNets, then build")
    add("--models", type=Path, default=Path("models"), help="folder of the BadNets")
    add("--data", type=Path, default=Path("data"), help="folder of the data files")
    add("--out", type=Path, help="folder of the artifact (with NAMEs: of artifacts)")
    one = parser.add_argument_group("any other network")
    one.add_argument("--model", type=Path, metavar="FILE.h5", help="the BadNet")
    one.add_argument("--clean", type=Path, metavar="DATA", help="validation data")
    one.add_argument("--test", type=Path, metavar="DATA", help="only for figures")
    one.add_argument(
        "--poisoned", type=Path, nargs="+", default=[], metavar="DATA",
        help="only for figures; labels are the target labels",
    )  # fmt: skip
    how = parser.add_argument_group("how to repair")
    how.add_argument("--method", choices=METHODS, default=METHODS[0])
    add_settings(how)
    add_data_options(parser.add_argument_group("what the data do not say"))
    how.add_argument("--force", action="store_true", help="build whatever the accuracy")
    return parser


def _build(arguments: argparse.Namespace) -> None:
    if arguments.demo:
        arguments.models, arguments.data = DEMO / "models", DEMO / "data"
        import_tensorflow_quietly()
        from build.demo.world import create_world

        create_world(DEMO)
    requests = requests_from(arguments)
    if arguments.demo or len(requests) > 1:
        build_each(requests, build_in_fresh_process)
        return
    import_tensorflow_quietly()
    from build.pipeline import build_artifact

    build_artifact(requests[0])


if __name__ == "__main__":
    if sys.argv[1:2] == ["export"]:
        export = export_parser().parse_args(sys.argv[2:])
        run(lambda: export_from(export))
    arguments = _parser().parse_args()
    run(lambda: _build(arguments))
