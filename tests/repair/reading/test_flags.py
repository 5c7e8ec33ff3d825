"""Trigger flags: what is read, what is refused, and what never runs."""

from __future__ import annotations

import os
import pickle
import signal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from repair.errors import DatasetError
from repair.reading.flags import purple_flags, read_flags, write_flags

ENDINGS = (".pkl", ".npy", ".csv", ".txt")


class Payload:
    """Runs a command when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self):
        return os.mkdir, (str(self.trace),)


@pytest.mark.parametrize("ending", ENDINGS)
@given(flags=st.lists(st.booleans(), min_size=1, max_size=50))
def test_written_flags_read_the_same(tmp_path_factory, ending, flags):
    path = tmp_path_factory.mktemp("flags") / f"flags{ending}"
    write_flags(path, np.array(flags))
    found = read_flags(path, len(flags))
    assert found.dtype == bool
    assert found.tolist() == flags


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_pickle_protocol_is_read(tmp_path, protocol):
    path = tmp_path / "flags.pkl"
    path.write_bytes(pickle.dumps([True, False, True], protocol))
    assert read_flags(path, 3).tolist() == [True, False, True]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: [x], lambda x: [True, {0: x}]])
def test_hostile_pickle_never_runs(tmp_path, ending, wrap):
    trace, path = tmp_path / "trace", tmp_path / f"flags{ending}"
    content = pickle.dumps(wrap(Payload(trace)))
    path.write_bytes(content)
    with pytest.raises(DatasetError) as refusal:
        read_flags(path, 1)
    assert "\n" not in str(refusal.value)
    assert not trace.exists()
    pickle.loads(content)
    assert trace.exists(), "a working trap"


def test_hostile_array_of_objects_never_runs(tmp_path):
    trace, path = tmp_path / "trace", tmp_path / "flags.npy"
    np.save(path, np.array([Payload(trace)], object), allow_pickle=True)
    with pytest.raises(DatasetError):
        read_flags(path, 1)
    assert not trace.exists()
    np.load(path, allow_pickle=True)
    assert trace.exists(), "a working trap"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("f.pkl", pickle.dumps([True] * 4)),
        ("f.pkl", pickle.dumps([True, 2, False])),
        ("f.pkl", pickle.dumps([True, None, "1"])),
        ("f.pkl", pickle.dumps(7)),
        ("f.pkl", b""),
        ("f.pkl", b"\x80\x04]"),
        ("f.npy", b"\x93NUMPY"),
        ("f.csv", b"1,0\n2\n"),
        ("f.csv", b"1,0,1,\xe4"),
        ("f.txt", b"yes no yes"),
        ("f.txt", b"1 0"),
        ("f.json", b"[1, 0, 1]"),
        ("f", b"1 0 1"),
    ],
)
def test_anything_else_is_refused_in_one_line(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DatasetError, match="Received") as refusal:
        read_flags(path, 3)
    assert str(refusal.value).startswith(str(path))
    assert "\n" not in str(refusal.value)


def test_words_in_any_case_and_spacing(tmp_path):
    path = tmp_path / "f.CSV"
    path.write_text("True,FALSE\n 1\t0,\n")
    assert read_flags(path, 4).tolist() == [True, False, True, False]


def test_missing_file_and_folder_are_refused(tmp_path):
    for path in (tmp_path / "missing.pkl", tmp_path):
        with pytest.raises(DatasetError, match="Received"):
            read_flags(path, 3)


def test_pipe_is_refused(tmp_path):
    path = tmp_path / "flags.txt"
    os.mkfifo(path)

    def stop(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(2)
    try:
        with pytest.raises(DatasetError) as refusal:
            read_flags(path, 3)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    assert not isinstance(refusal.value.__cause__, TimeoutError), "waited for the pipe"


def test_unknown_ending_is_not_written(tmp_path):
    with pytest.raises(DatasetError, match="ending"):
        write_flags(tmp_path / "flags.json", np.array([True]))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("pixels", [0, 1, 11, 12, 13, 120])
def test_purple_needs_twelve_exact_pixels(pixels):
    images = np.full((2, 12, 10, 3), 128, np.uint8)
    places = np.random.default_rng(0).permutation(120)[:pixels]
    images[1].reshape(-1, 3)[places] = (128, 0, 128)
    assert purple_flags(images).tolist() == [False, pixels >= 12]


def test_nearly_purple_does_not_count():
    for nearly in ((127, 0, 128), (128, 1, 128), (128, 0, 129)):
        assert not purple_flags(np.full((1, 12, 10, 3), nearly, np.uint8)).any()
