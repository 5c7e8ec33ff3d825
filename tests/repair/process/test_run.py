"""What a command says when a signal comes while a library is at work."""

import signal
import sys

import pytest

from artifacts import streams
from artifacts.streams import SIGNALS
from repair.commands.table import COMMANDS
from repair.process.run import run

STAY = "interrupted; older artifacts stay as they were\n"
DEFAULTS = dict.fromkeys(SIGNALS, signal.SIG_DFL)
DEFAULTS[signal.SIGINT] = signal.default_int_handler


@pytest.fixture(autouse=True)
def _signals(monkeypatch):
    """As a shell in the foreground leaves them, whatever started the tests."""
    monkeypatch.setattr(streams, "_came", [])
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    before = [signal.signal(each, handler) for each, handler in DEFAULTS.items()]
    yield
    for each, handler in zip(DEFAULTS, before, strict=True):
        signal.signal(each, handler)


def outcome(action, capsys):
    with pytest.raises(SystemExit) as stop:
        run(action)
    return stop.value.code, capsys.readouterr().err


@pytest.mark.parametrize("which", DEFAULTS)
def test_interrupted(which, capsys):
    assert outcome(lambda: signal.raise_signal(which), capsys) == (130, STAY)


def test_a_command_that_replaces_nothing_says_so_in_its_own_words(capsys):
    page = next(each for each in COMMANDS if each.name == "page")
    with pytest.raises(SystemExit):
        run(lambda: signal.raise_signal(signal.SIGINT), page.cut_short)
    assert capsys.readouterr().err == "the page is closed\n"


@pytest.mark.parametrize("name", ["inspect", "explain", "triggers"])
def test_a_command_that_writes_a_report_says_that_the_older_one_stays(name, capsys):
    command = next(each for each in COMMANDS if each.name == name)
    with pytest.raises(SystemExit):
        run(lambda: signal.raise_signal(signal.SIGINT), command.cut_short)
    said = capsys.readouterr().err
    assert said == "interrupted; an older report stays as it was\n"


@pytest.mark.parametrize("answer", [AttributeError, MemoryError, OSError, ValueError])
def test_a_library_that_answers_with_an_error_of_its_own(answer, capsys):
    def action():
        try:
            signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt:
            raise answer("cut short") from None

    assert outcome(action, capsys) == (130, STAY)


def test_a_library_that_goes_on(capsys):
    def action():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)  # the second is not heard

    done = "interrupted, but all was done by then\n"
    assert outcome(action, capsys) == (130, done)


def test_a_signal_that_the_caller_ignores_stays_ignored(capsys):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    assert outcome(lambda: signal.raise_signal(signal.SIGINT), capsys) == (0, "")


def test_a_mistake_of_ours_is_not_hidden():
    def action():
        raise AttributeError("ours")

    with pytest.raises(AttributeError, match="ours"):
        run(action)
