"""What a command was told of a network and images is told to the next one too."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

import pytest

from build.arguments import build_parser
from repair.commands.parser import whole_parser
from repair.commands.repeated import repeated
from repair.report.next_steps import after_build, after_inspection

GIVEN = (
    "--preprocessing pm1 --unlabelled --seed 3 --max-fpr 0.01 --keys images=x labels=y "
    "--first-label 0 --formats webp bmp --resize"
)


def inspected(options: str) -> argparse.Namespace:
    command = ["inspect", "a.h5", "b.npz", "--out", "o", *shlex.split(options)]
    return whole_parser().parse_args(command)


@pytest.mark.parametrize("options", ["", GIVEN])
def test_options_are_given_once_more(options):
    assert shlex.join(repeated(inspected(options))) == options


def test_next_commands_are_understood():
    options = repeated(inspected(GIVEN))
    files = Path("a.h5"), Path("b.npz")
    steps = after_inspection(*files, "no sign of a backdoor", options)
    build = shlex.split(steps[0][1])[3:]
    chosen = build_parser().parse_args(build)
    assert (chosen.model, chosen.clean) == files
    assert repeated(chosen) == options
    inspect = dict(after_build(chosen.out, files, options))[
        "Read the evidence as a page"
    ]
    again = whole_parser().parse_args(shlex.split(inspect)[3:])
    assert (again.command, again.model, repeated(again)) == (
        "inspect",
        files[0],
        options,
    )


def test_nothing_is_built_of_what_cannot_be_told():
    [(_, command)] = after_inspection(Path("a.h5"), Path("b.npz"), "cannot be told")
    assert whole_parser().parse_args(shlex.split(command)[3:]).command == "accuracy"


def test_what_is_asked_to_read_alone_is_not_told_how_to_build():
    options = repeated(inspected(GIVEN), to_read=True)
    [(_, command)] = after_inspection(
        Path("a.h5"), Path("b.npz"), "cannot be told", options
    )
    again = whole_parser().parse_args(shlex.split(command)[3:])
    assert (again.keys, again.resize) == ([("images", "x"), ("labels", "y")], True)
