"""Every command in every odd surrounding: closed and full streams, limits, no home.

Each command is asked for something that it refuses at once, or for its help, so that all of
them can be tried with all faults. A new command of ``repair`` has to be named here.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import product
from pathlib import Path

import h5py
import pytest
from toys import PATIENCE, ROOT, change_model

from artifacts import streams
from artifacts.ray.options import ray_parser
from build.arguments import build_parser
from repair.commands.parser import whole_parser as repair_parser
from repair.commands.table import COMMANDS

MISSING = "missing.h5"
TWO = (MISSING, MISSING)
# Command -> what it refuses at once.
REFUSED: dict[str, tuple[str, ...]] = {
    "eval_multi.py": ("missing.png",),
    "artifacts": ("artifacts/multi", "missing.png"),
    "artifacts many": ("artifacts/multi", "missing.png", "missing.jpg"),
    "artifacts.ray": ("artifacts/multi", "missing.png", "--output", "missing/out"),
    "build": ("--model", MISSING, "--clean", MISSING, "--out", "missing/out"),
    "build export": ("missing", "--to", "keras"),
    "repair accuracy": TWO,
    "repair defence": (MISSING, "--clean", MISSING),
    "repair fine-prune": (MISSING, "--clean", MISSING, "--out", "missing/out"),
    "repair inspect": (*TWO, "--out", "missing/out"),
    "repair explain": ("missing", "missing.png", "--out", "missing/out"),
    "repair triggers": ("missing", "missing.png", "--out", "missing/out"),
    "repair page": ("missing",),
    "repair check": (MISSING,),
    "repair sheet": (MISSING, "--out", "missing/out.png"),
    "repair flags": (MISSING, "--out", "missing/out.csv"),
}


def command(name: str, *arguments: str) -> list[str]:
    first, *rest = name.split()
    rest = [] if rest == ["many"] else rest
    how = [first] if first.endswith(".py") else ["-m", first]
    return [sys.executable, *how, *rest, *arguments]


def test_every_command_is_here():
    of_repair = {name.split()[1] for name in REFUSED if name.startswith("repair ")}
    assert of_repair == {each.name for each in COMMANDS}
    mains = {p.parent.relative_to(ROOT) for p in ROOT.rglob("*/__main__.py")}
    ours = {
        ".".join(p.parts)
        for p in mains
        if p.parts[0] in ("artifacts", "build", "repair")
    }
    assert ours == {name.split()[0] for name in REFUSED} - {"eval_multi.py"}


@dataclass(frozen=True)
class Fault:
    """What is wrong around a command.

    Attributes:
        before: Run in the new process, before the command takes its place.
        closed: Standard streams that are closed.
        full: Standard streams that lead to a full disk.
        environment: Variables; None = not set.
        around: What runs the command.
    """

    before: Callable[[], object] | None = None
    closed: tuple[int, ...] = ()
    full: tuple[int, ...] = ()
    environment: Mapping[str, str | None] = field(default_factory=dict)
    around: tuple[str, ...] = ()


def limited(**limits: int) -> Callable[[], None]:
    def limit() -> None:
        for name, most in limits.items():
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))

    return limit


NOTHING_SET = dict.fromkeys(("HOME", "TMPDIR", "LANG", "LC_ALL", "PATH", "USER"))
ODDLY_SET = {"HOME": "/missing", "TMPDIR": "/missing", "LC_ALL": "xx_YY.none"}
ASCII = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
# Settings for Keras that its users have; without them, networks mean what they meant.
OTHER_KERAS = {
    "KERAS_BACKEND": "none",
    "TF_USE_LEGACY_KERAS": "1",
    "KERAS_MAX_EPOCHS": "0",
}
# A user without a name or a home, who may read all (the tests may lie anywhere), and write
# nothing but where everybody may.
SOMEBODY = (
    *("setpriv", "--reuid=54321", "--regid=54321", "--clear-groups"),
    *("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"),
)
SHARED = (Path("/tmp/.keras"), Path("/.keras"))  # noqa: S108  (Keras' way out)
HOMELESS = {"HOME": None, "USER": None, "LOGNAME": None, "TMPDIR": "/sys"}
FAULTS = {
    "stdin closed": Fault(closed=(0,)),
    "stdout closed": Fault(closed=(1,)),
    "stderr closed": Fault(closed=(2,)),
    "stderr full": Fault(full=(2,)),
    "stdout and stderr full": Fault(full=(1, 2)),
    "few open files": Fault(limited(NOFILE=20)),
    "no file may grow": Fault(limited(FSIZE=0)),
    "few addresses": Fault(limited(AS=1200 << 20)),
    "one process": Fault(limited(NPROC=1)),
    "nothing set": Fault(environment=NOTHING_SET),
    "oddly set": Fault(environment=ODDLY_SET),
    "ascii": Fault(environment=ASCII),
    "another Keras": Fault(environment=OTHER_KERAS),
    "another user": Fault(environment=HOMELESS, around=SOMEBODY),
}
# Several at once, for each command.
SURROUNDINGS = {
    "nobody there": Fault(closed=(0, 1, 2), environment=NOTHING_SET),
    "no answer": Fault(
        limited(NOFILE=20, NPROC=1), closed=(0, 1), environment=ODDLY_SET
    ),
    "full": Fault(limited(FSIZE=0), full=(1, 2), environment=ASCII),
    "another user": Fault(environment=HOMELESS | OTHER_KERAS, around=SOMEBODY),
}


def answer(fault: Fault, arguments: list[str]) -> tuple[int, str, str]:
    """Exit code, stdout and stderr; those two are empty where they can not be read."""
    if fault.around and (os.getuid() != 0 or shutil.which("setpriv") is None):
        pytest.skip("only the superuser, with util-linux, can become another user")

    def prepare() -> None:
        if fault.before is not None:
            fault.before()
        for number in fault.full:
            os.dup2(os.open("/dev/full", os.O_WRONLY), number)
        for number in fault.closed:
            os.close(number)

    environment = dict(os.environ)
    for name, value in fault.environment.items():
        environment.pop(name, None)
        if value is not None:
            environment[name] = value
    done = subprocess.run(
        [*fault.around, *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        preexec_fn=prepare,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("name", "fault"),
    [*product(REFUSED, SURROUNDINGS), *product(["artifacts many"], FAULTS)],
)
def test_a_refusal_is_one_line_or_silence(name, fault):
    wrong = (SURROUNDINGS | FAULTS)[fault]
    if name == "artifacts.ray" and find_spec("ray") is None:
        pytest.skip("Ray is not installed")
    code, out, err = answer(wrong, command(name, *REFUSED[name]))
    assert code == 2, err
    assert out == ""
    if 2 in wrong.closed + wrong.full:
        assert err == ""
    else:
        lines = err.splitlines()
        assert len(lines) == REFUSED[name].count("missing.jpg") + 1, err
        assert all(line.startswith("error: ") for line in lines)
    assert not (ROOT / "missing").exists()


@pytest.mark.parametrize("how", ["label", "why", "python"])
@pytest.mark.parametrize("megabytes", [1200, 1500, 2400])
def test_too_few_addresses_are_told_of_beforehand(how, megabytes):
    """TensorFlow itself would wait for ever, or end the process without a word."""
    if how == "label" and megabytes > 1600:
        pytest.skip("the C library needs no more")
    fault = Fault(
        limited(AS=megabytes << 20),
        environment={"BADNET_REPAIR_LOADER": "python"} if how == "python" else {},
    )
    arguments = [*SAID["a label"], *(["--why"] if how == "why" else [])]
    code, out, err = answer(fault, [sys.executable, *arguments])
    assert (code, out) == (2, "")
    assert (
        err.startswith("error: out of memory: ") and f"Received: {megabytes:,} " in err
    )


def test_so_they_are_before_tensorflow_is_imported_for_anything_else():
    code = "from artifacts.quiet import *; import_tensorflow_quietly()"
    fault = Fault(limited(AS=2000 << 20))
    code, _, err = answer(fault, [sys.executable, "-c", code])
    assert code == 1
    assert "MemoryError: expected to be allowed 3,000 MiB" in err


def read_slowly(source: int, kept: list[bytes]) -> None:
    while piece := os.read(source, 7):
        kept.append(piece)
        time.sleep(0.001)


def test_stderr_that_is_read_slowly_loses_nothing():
    """A pipe that is full most of the time."""
    source, sink = os.pipe()
    fcntl.fcntl(sink, fcntl.F_SETPIPE_SZ, 4096)
    kept: list[bytes] = []
    reader = threading.Thread(target=read_slowly, args=(source, kept))
    reader.start()
    missing = [f"missing-{number:04}.jpg" for number in range(200)]
    command = [sys.executable, "-m", "artifacts", "artifacts/multi", *missing]
    try:
        done = subprocess.run(
            command, cwd=ROOT, stderr=sink, stdout=subprocess.PIPE, check=False,
            timeout=PATIENCE,
        )  # fmt: skip
    finally:
        os.close(sink)
        reader.join()
        os.close(source)
    assert (done.returncode, done.stdout) == (2, b"")
    lines = b"".join(kept).decode().splitlines()
    assert [line.split(":")[1].strip() for line in lines] == missing


def test_a_small_stack_is_enough():
    """Of 64 KiB Python itself dies, whatever it runs."""
    arguments = [sys.executable, "-m", "artifacts", "artifacts/multi", "data"]
    code, out, err = answer(Fault(limited(STACK=256 << 10)), arguments)
    assert (code, err) == (0, "")
    assert len(out.splitlines()) == 2


SAID = {
    "a label": ["-m", "artifacts", "artifacts/multi", "data/test_image.png"],
    "labels": ["-m", "artifacts", "artifacts/multi", *["data/test_image.png"] * 2],
    "help": ["-m", "repair", "--help"],
}


@pytest.mark.parametrize("what", ["a label", "labels"])
@pytest.mark.parametrize("fault", ["stdout closed", "stdout full"])
def test_an_answer_that_can_not_be_written_is_an_error(what, fault):
    here = Fault(full=(1,)) if fault == "stdout full" else FAULTS[fault]
    code, _, err = answer(here, [sys.executable, *SAID[what]])
    assert (code, len(err.splitlines())) == (2, 1), err
    assert err.startswith("error: stdout: can not be written. Received: ")


@pytest.mark.parametrize(
    "fault",
    ["stdin closed", "stderr closed", "stderr full", "another Keras", "another user"],
)
def test_a_label_needs_stdout_alone(fault):
    code, out, err = answer(FAULTS[fault], [sys.executable, *SAID["a label"]])
    assert (code, out.strip().isdigit(), err) == (0, True, "")


@pytest.mark.parametrize("fault", ["another Keras", "another user"])
def test_networks_mean_the_same_whatever_is_set_for_keras(
    files, tmp_path, monkeypatch, fault
):
    """By variables, and in the user's home; nothing of Keras' own is left there."""
    home = tmp_path / "home"
    (home / ".keras").mkdir(parents=True)
    config = {"backend": "none", "floatx": "float16", "epsilon": 0.5}
    config |= {"image_data_format": "channels_first"}
    (home / ".keras" / "keras.json").write_text(json.dumps(config))
    network = Path(shutil.copy(files / "badnet.h5", tmp_path))
    change_model(network, without_data_format)
    wrong, places = FAULTS[fault], [place.exists() for place in SHARED]
    if not wrong.around:
        monkeypatch.setenv("HOME", str(home))
    asked = [
        "-m",
        "repair",
        "accuracy",
        str(network),
        str(files / "clean.h5"),
        "--json",
    ]
    code, out, err = answer(wrong, [sys.executable, *asked])
    assert code == 0, err
    assert json.loads(out)[0]["accuracy"] > 0.95
    assert places == [place.exists() for place in SHARED]
    assert [path.name for path in home.rglob("*")] == [".keras", "keras.json"]


def without_data_format(file: h5py.File) -> None:
    """As in files whose writer left it to the reader's default."""
    description = json.loads(file.attrs["model_config"])
    for layer in description["config"]["layers"]:
        layer["config"].pop("data_format", None)
    file.attrs["model_config"] = json.dumps(description)


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("what", SAID)
def test_a_pipe_that_nobody_reads_ends_it_quietly(what, unbuffered):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, *SAID[what]],
        cwd=ROOT,
        stdout=write,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
        timeout=PATIENCE,
        check=False,
    )
    os.close(write)
    assert done.stderr == b""
    # argparse passes over that it can not write, where it learns of it at all.
    expected = {0} if what == "help" and unbuffered else {streams.NOBODY_READS}
    assert done.returncode in expected


def test_a_reader_who_does_not_wait_gets_all(tmp_path):
    """A pipe that takes no more at the moment is not an error."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    paths = tmp_path / "paths"
    paths.write_text("data/test_image.png\n" * 3000)  # more than a pipe holds
    with paths.open() as listed:
        run = subprocess.Popen(
            [sys.executable, "-m", "artifacts", "artifacts/multi", "-"],
            cwd=ROOT,
            stdin=listed,
            stdout=write,
        )
    os.close(write)
    with os.fdopen(read) as lines:
        assert sum(1 for _ in lines) == 3000
    assert run.wait(PATIENCE) == 0


def numbers(parser: argparse.ArgumentParser, name: str) -> Iterator[tuple[str, str]]:
    """Every option of a parser and those below it that takes a number."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for key, below in action.choices.items():
                yield from numbers(below, f"{name} {key}")
        elif action.type not in (None, Path) and not action.choices:
            yield name, action.option_strings[0]


PARSERS = {"build": build_parser, "repair": repair_parser, "artifacts.ray": ray_parser}
NUMBERS = [x for name, make in PARSERS.items() for x in numbers(make(), name)]
NOT_HERE = {"--keys"}  # takes no number
ODD = (
    "",
    "x",
    "1e9",
    "-1",
    "-99999999999999999999",
    "9" * 30,
    "9" * 5000,
    "nan",
    "1.5",
)


@pytest.mark.parametrize(("name", "option"), NUMBERS, ids=" ".join)
def test_numbers_out_of_range_are_refused_where_they_are_read(name, option, capsys):
    if option in NOT_HERE or option in ("--max-fpr", "--fraction", "--max-drop"):
        return  # shares; see below
    first, *rest = name.split()
    given = REFUSED[name]
    for odd in ODD:
        values = [odd] * 3 if option == "--image-shape" else [odd]
        parser = PARSERS[first]()
        if option == "--images-per-file" and odd == "9" * 30:
            continue  # one file for all
        with pytest.raises(SystemExit) as stop:
            parser.parse_args([*rest, *given, f"{option}={values[0]}", *values[1:]])
        assert stop.value.code == 2
        assert option in capsys.readouterr().err


@pytest.mark.parametrize("odd", ["nan", "inf", "-inf", "-0.1", "1.1", "1e400"])
@pytest.mark.parametrize("option", ["--max-fpr", "--fraction", "--max-drop"])
def test_shares_out_of_range_are_one_line(run_here, files, tmp_path, option, odd):
    method = "witnesses" if option == "--max-fpr" else "reference"
    out = tmp_path / "out"
    answer = run_here(
        *("build", "--model", files / "badnet.h5", "--clean", files / "clean.h5"),
        *("--out", out, "--method", method, "--epochs", 0, f"{option}={odd}"),
    )
    assert answer.code == 2
    assert answer.err.splitlines()[-1].startswith("error: ")
    assert "Traceback" not in answer.err
    assert not list(tmp_path.iterdir())


def signals_as_usual() -> None:
    """Whatever started the tests may ignore some."""
    for each in streams.SIGNALS:
        signal.signal(each, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.mark.parametrize("which", streams.SIGNALS)
def test_every_signal_that_ends_is_said(which):
    """While it waits for the list of images."""
    run = subprocess.Popen(
        [sys.executable, "-m", "artifacts", "artifacts/multi", "-"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=signals_as_usual,
    )
    assert run.stdin is not None
    assert run.stdout is not None
    run.stdin.write(b"data/test_image.png\n" * 2000)
    run.stdin.flush()
    assert run.stdout.readline()  # it is at work
    run.send_signal(which)
    _, err = run.communicate(timeout=PATIENCE)
    assert (run.returncode, err) == (130, b"error: interrupted.\n")
