"""``python -m build``: arguments, error line, exit code; no logic."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import artifacts.at_once  # noqa: F401  (before all others)
from artifacts.card import read_card
from artifacts.quiet import import_tensorflow_quietly
from artifacts.streams import leave, prepare_streams
from build.arguments import build_parser
from build.formats.command import export_from, export_parser
from build.fresh_process import build_in_fresh_process
from build.request import Request, check_demo, requests_from
from build.several import build_each
from repair.commands.places import check_places
from repair.commands.repeated import on_images, repeated
from repair.process.notice import begin, say
from repair.process.run import run
from repair.report.next_steps import after_build
from repair.report.pipelines import check_packages, write_for_pipelines
from repair.report.subject import Subject
from repair.verdict import FAILED

DEMO = Path("demo")


def _build(arguments: argparse.Namespace) -> None:
    check_places(arguments, replaces=True)
    if arguments.demo:
        check_demo(arguments)
        begin(
            "Making up people and BadNets in demo/, then building: half an hour on two cores. "
            "It can be interrupted and goes on where it stopped."
        )
        arguments.models, arguments.data = DEMO / "models", DEMO / "data"
        import_tensorflow_quietly()
        from build.demo.world import create_world

        create_world(DEMO)
    check_packages(arguments)
    requests = requests_from(arguments)
    names = ", ".join(request.name for request in requests)
    begin(f"Building {names}: minutes each; an hour for the largest networks.")
    further: list[str] = []
    if arguments.demo or len(requests) > 1:
        build_each(requests, build_in_fresh_process)
    else:
        import_tensorflow_quietly()
        from build.pipeline import build_artifact

        case, _ = build_artifact(requests[0])
        further = on_images(arguments, resized=case.clean.resized)
    if len(requests) == 1:
        _say_next(requests[0], repeated(arguments), further)
    subjects = [
        Subject.built(x.model, x.clean, x.out, read_card(x.out)) for x in requests
    ]
    write_for_pipelines(subjects, arguments)
    if any(subject.verdict.fails(arguments.fail_on) for subject in subjects):
        leave(FAILED)


def _say_next(request: Request, options: list[str], further: list[str]) -> None:
    say("Next:")
    files = request.model, request.clean
    for text, command in after_build(request.out, files, options, on_images=further):
        say(f"  {text}: {command}")


if __name__ == "__main__":
    prepare_streams()
    if sys.argv[1:2] == ["export"]:
        export = export_parser().parse_args(sys.argv[2:])
        run(lambda: export_from(export))
    arguments = build_parser(demo="--demo" in sys.argv).parse_args()
    run(lambda: _build(arguments))
