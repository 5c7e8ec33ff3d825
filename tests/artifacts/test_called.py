"""A misspelt option is answered with the one that it resembles, a strange one is not."""

from __future__ import annotations

import pytest

from artifacts.called import Parser


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    parser = Parser(prog="tool")
    parser.add_argument("--model")
    commands = parser.add_subparsers()
    commands.add_parser("inspect").add_argument("--fail-on")
    with pytest.raises(SystemExit) as end:
        parser.parse_args(words)
    assert end.value.code == 2
    return capsys.readouterr().err.splitlines()[-1]


def test_likely_options_are_named(capsys):
    assert answer(capsys, "--modle=x").endswith("--modle=x. Did you mean --model?")
    wrong = answer(capsys, "inspect", "--fial-on")
    assert wrong.endswith("--fial-on. Did you mean --fail-on?")


def test_an_option_of_another_command_is_said_to_be_one(capsys):
    said = answer(capsys, "--fail-on")
    assert said.endswith("Other commands than this one take --fail-on.")


def test_nothing_is_guessed(capsys):
    assert "mean" not in answer(capsys, "--zebra")
    assert "mean" not in answer(capsys, "inspect", "file.h5")
