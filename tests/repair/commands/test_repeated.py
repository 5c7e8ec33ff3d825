"""What a command was told of a network and images is told to the next one too."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from build.arguments import build_parser
from repair.commands.parser import whole_parser
from repair.commands.repeated import on_images, repeated
from repair.report.next_steps import after_build, after_inspection
from repair.report.sections.next import next_section

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


@pytest.mark.parametrize(
    ("options", "resized", "expected"),
    [
        ("", False, []),
        ("", True, ["--resize"]),
        ("--resize", False, ["--resize"]),
        ("--formats webp bmp", True, ["--formats", "webp", "bmp", "--resize"]),
    ],
)
def test_commands_on_images_take_such_as_were_read(options, resized, expected):
    words = on_images(inspected(options), resized=resized)
    assert words == expected
    files = Path("a.h5"), Path("photos")
    steps = after_inspection(*files, "no sign of a backdoor", on_images=words)
    (_, build), *others = steps
    assert "--resize" not in build
    for _, command in others:
        assert command.endswith(shlex.join(words))
    explain = whole_parser().parse_args(shlex.split(others[-1][1])[3:])
    assert (explain.resize, explain.formats) == (bool(words), words[1:-1])


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


def test_no_accuracy_is_advised_where_there_are_no_labels():
    files = Path("a.h5"), Path("b.npz")
    assert after_inspection(*files, "cannot be told", unlabelled=True) == []
    assert "Find out first" in next_section([], "cannot be told")


def test_a_name_that_begins_with_a_dash_is_no_option():
    files = Path("-a.h5"), Path("-b.npz")
    options = repeated(inspected("--classes=-names"))
    for kind in ("no sign of a backdoor", "cannot be told"):
        _, command = after_inspection(*files, kind, options)[0]
        parser = build_parser() if "-m build" in command else whole_parser()
        given = parser.parse_args(shlex.split(command)[3:])
        assert given.model == files[0]
        assert given.classes == Path("-names")
    steps = dict(after_build(Path("g/-det"), files))
    words = shlex.split(steps["Read the evidence as a page"])
    assert whole_parser().parse_args(words[3:]).out == Path("-det-inspection")


@pytest.mark.parametrize("name", ["two\nlines", "it's\t\\", "\udcff1", "a b'c"])
def test_a_shell_reads_the_name_that_was_given(name):
    """Though a terminal is shown nothing that it would obey."""
    (_, command), *_ = after_build(Path(name))
    assert command.isprintable()
    *_, words = command.partition(" -m artifacts ")
    script = f"printf '%s' {words.removesuffix(' IMAGE')}"
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash")
    done = subprocess.run([bash, "-c", script], capture_output=True, check=True)
    assert done.stdout == os.fsencode(name)
