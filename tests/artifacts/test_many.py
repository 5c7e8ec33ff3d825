"""Many images at once: lines on stdout or in a file, interrupted and resumed."""

from __future__ import annotations

import argparse
import errno
import fcntl
import io
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from schemas import hold
from toys import PATIENCE, ROOT, Answer, toy_people, triggered

from artifacts import many, output_file, progress, streams
from artifacts.card import read_artifact
from artifacts.labelling import BATCH
from artifacts.progress import Progress
from artifacts.reading import sources

PEOPLE = toy_people(8, seed=12).images
IMAGES = np.concatenate([PEOPLE, triggered(PEOPLE[:20])])  # 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty images, 0.png to 59.png, and 600 of them in an HDF5 file."""
    folder = tmp_path_factory.mktemp("many")
    (folder / "images").mkdir()
    for i, image in enumerate(IMAGES):
        Image.fromarray(image).save(folder / "images" / f"{i:02}.png")
    with h5py.File(folder / "data.h5", "w") as file:
        file["data"] = np.moveaxis(np.tile(IMAGES, (10, 1, 1, 1)), 3, 1)
    return folder


@pytest.fixture(scope="module")
def labels(artifact: Path) -> list[int]:
    detector = tf.saved_model.load(str(artifact))
    found = detector.serve(tf.constant(IMAGES)).numpy().tolist()
    assert len(set(found)) > 3
    return found


@pytest.fixture
def label(run_here, artifact) -> Callable[..., Answer]:
    """``python -m artifacts ARTIFACT ...`` in this process."""
    return lambda *arguments: run_here("artifacts", artifact, *arguments)


def expected_of_images(folder: Path, labels: list[int]) -> str:
    paths = sorted((folder / "images").iterdir())
    return "".join(f"{x}\t{p}\n" for x, p in zip(labels, paths, strict=True))


def expected_of_hdf5(folder: Path, labels: list[int]) -> str:
    path = folder / "data.h5"
    return "".join(f"{labels[i % 60]}\t{path}#{i}\n" for i in range(600))


def partial_of(output: Path) -> Path:
    [path] = output.parent.glob(f".{output.name}.*.partial")
    return path


# On stdout.


def test_folder_pattern_list_and_hdf5_are_lines(label, folder, labels, monkeypatch):
    lines = expected_of_images(folder, labels)
    assert label(folder / "images") == Answer(0, lines, "")
    assert label(folder / "images" / "*.png") == Answer(0, lines, "")
    assert label(folder / "data.h5") == Answer(0, expected_of_hdf5(folder, labels), "")
    listed = "".join(f"{path}\n" for path in sorted((folder / "images").iterdir()))
    stdin = SimpleNamespace(buffer=io.BytesIO(listed.encode()))
    monkeypatch.setattr(sources.sys, "stdin", stdin)
    assert label("-") == Answer(0, lines, "")


def test_pictures_of_other_formats_in_a_folder_are_counted_on_stderr(
    label, folder, labels, tmp_path
):
    (tmp_path / "in").mkdir()
    kept = tmp_path / "a.png"
    kept.write_bytes((folder / "images" / "03.png").read_bytes())
    names = ("b.GIF", "b.webp", "in/c.tiff", "in/d.gif", "in/e.ppm")
    others = (".h.gif", "Thumbs.db", "notes.txt", "x.csv", "gif")
    for name in (*names, *others):
        (tmp_path / name).touch()
    answer = label(tmp_path)
    said = "images of other formats are passed over:"
    assert answer.code == 0
    assert answer.out == f"{labels[3]}\t{kept}\n"
    assert answer.err == f"5 {said} .gif, .ppm, .tiff, .webp\n"
    answer = label(tmp_path, "--formats", "webp", "ppm", "--json")
    assert answer.err.splitlines()[-1] == f"3 {said} .gif, .tiff"
    assert label(folder / "images").err == ""


@pytest.mark.parametrize("options", [(), ("--json",), ("--why",)])
def test_an_empty_argument_is_one_line(label, options):
    answer = label("", *options)
    assert (answer.code, answer.out) == (2, "")
    assert "Received: an empty argument." in answer.error


def test_one_image_alone_needs_no_thread_and_no_more_modules(artifact, folder):
    code = (
        "import sys; sys.argv = ['x', sys.argv[1], sys.argv[2]]\n"
        "import runpy\n"
        "try: runpy.run_module('artifacts', run_name='__main__')\n"
        "except SystemExit as stop: assert not stop.code\n"
        "more = {'many', 'labelling', 'results', 'output_file', 'progress'}\n"
        "more |= {'reading.sources', 'reading.hdf5_images'}\n"
        "assert not {'artifacts.' + name for name in more} & set(sys.modules)\n"
        "assert not {'h5py', 'numpy', 'concurrent.futures'} & set(sys.modules)\n"
    )
    image = str(folder / "images" / "03.png")
    done = subprocess.run(
        [sys.executable, "-c", code, str(artifact), image],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip().isdigit()


def test_one_image_alone_or_not(label, folder, labels, tmp_path):
    image = folder / "images" / "03.png"
    assert label(image) == Answer(0, f"{labels[3]}\n", "")
    assert label(image, image).out == f"{labels[3]}\t{image}\n" * 2
    assert label(folder / "images" / "*3.png").out.startswith(f"{labels[3]}\t{image}\n")
    (tmp_path / "one").mkdir()
    only = tmp_path / "one" / "x.png"
    only.write_bytes(image.read_bytes())
    assert label(only.parent).out == f"{labels[3]}\t{only}\n"


def test_json_is_an_object_a_line(label, folder, labels, tmp_path):
    strange = tmp_path / os.fsdecode(b'new\nline "\x1b[31m \xc3\xbc \xff.png')
    strange.write_bytes((folder / "images" / "03.png").read_bytes())
    answer = label("--json", strange)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.isascii()
    assert answer.out.count("\n") == 1
    assert json.loads(answer.out) == {"path": str(strange), "label": labels[3]}
    rows = [json.loads(x) for x in label("--json", folder / "data.h5").out.splitlines()]
    assert rows == [
        {"path": str(folder / "data.h5"), "label": labels[i % 60], "index": i}
        for i in range(600)
    ]
    for row in [json.loads(answer.out), *rows]:
        hold(row, "label")


def test_names_are_printable_in_lines(label, folder, labels, tmp_path):
    strange = tmp_path / os.fsdecode(b"new\nline\x1b[31m\xff.png")
    strange.write_bytes((folder / "images" / "03.png").read_bytes())
    shown = tmp_path / "new?line?[31m?.png"
    assert label(tmp_path) == Answer(0, f"{labels[3]}\t{shown}\n", "")


def test_broken_inputs_are_a_line_each_and_exit_1(label, folder, labels, tmp_path):
    (tmp_path / "text.png").write_text("no image")
    (tmp_path / "empty").mkdir()
    inputs = tmp_path / "text.png", tmp_path / "empty", tmp_path / "none.h5"
    answer = label(inputs[0], folder / "images", *inputs[1:])
    assert (answer.code, answer.out) == (1, expected_of_images(folder, labels))
    lines = answer.err.splitlines()
    assert [x.split(": ")[:2] for x in lines] == [["error", str(p)] for p in inputs]
    assert label(*inputs).code == 2
    assert label(inputs[0]).error
    assert label(inputs[1]).error


def test_nothing_to_label_is_said(label, monkeypatch):
    stdin = SimpleNamespace(buffer=io.BytesIO(b"\n\n"))
    monkeypatch.setattr(sources.sys, "stdin", stdin)
    answer = label("-")
    assert (answer.code, answer.error) == (
        2,
        "error: nothing to label. Expected at least one image.",
    )


def test_unfit_artifact_ends_it_with_2(run_here, folder, tmp_path):
    answer = run_here("artifacts", tmp_path, folder / "images")
    assert answer.code == 2
    assert "card.json" in answer.error


def test_closed_stdout_is_no_reason_to_speak(artifact, folder):
    for image in (folder / "data.h5", folder / "images" / "03.png"):
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run(
            [sys.executable, "-m", "artifacts", str(artifact), str(image)],
            cwd=ROOT, stdout=write, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
        os.close(write)
        assert (done.returncode, done.stderr) == (141, b"")


# In a file.


def test_output_appears_whole(label, folder, labels, tmp_path):
    output = tmp_path / "out.tsv"
    output.write_text("older")
    answer = label(folder / "images", "--output", output)
    assert answer == Answer(0, "", "")
    assert output.read_text() == expected_of_images(folder, labels)
    assert list(tmp_path.iterdir()) == [output]


@pytest.mark.parametrize("name", ["face", "a.jpe", "link.png", "hard.png"])
@pytest.mark.parametrize("how", ["named", "pattern", "folder", "listed"])
def test_output_replaces_nothing_that_is_read(
    label, folder, tmp_path, monkeypatch, name, how
):
    if how == "folder" and name == "face":
        pytest.skip("has no ending, so it is not read")
    inside, output = tmp_path / "in" / name, tmp_path / "kept"
    inside.parent.mkdir()
    output.write_bytes((folder / "images" / "00.png").read_bytes())
    if name == "link.png":
        inside.symlink_to(output)
    elif name == "hard.png":
        inside.hardlink_to(output)
    else:
        output = output.rename(inside)
    before = output.read_bytes()
    listed = SimpleNamespace(buffer=io.BytesIO(f"{inside}\n".encode()))
    monkeypatch.setattr(sys, "stdin", listed)
    given = {"named": inside, "pattern": f"{tmp_path}/in/*", "folder": tmp_path / "in"}
    answer = label(given.get(how, "-"), "--output", output)
    assert answer.code == 2
    said = "expected a file for lines of text" if name == "a.jpe" else "what is read."
    assert said in answer.error
    assert output.read_bytes() == before
    assert not list(tmp_path.rglob("*.partial"))


def test_output_does_not_replace_the_list_on_stdin(artifact, folder, tmp_path):
    names = tmp_path / "list.txt"
    names.write_text(f"{folder / 'images' / '00.png'}\n")
    before = names.read_bytes()
    command = [sys.executable, "-m", "artifacts", artifact, "-", "--output", names]
    with names.open("rb") as stdin:
        done = subprocess.run(
            command, cwd=ROOT, stdin=stdin, capture_output=True, text=True, check=False,
            timeout=PATIENCE,
        )  # fmt: skip
    assert done.returncode == 2
    assert "another place to write to. Received: what is read." in done.stderr
    assert names.read_bytes() == before


def test_one_image_in_a_file_is_a_whole_line(label, folder, labels, tmp_path):
    image = folder / "images" / "03.png"
    assert label(image, "--output", tmp_path / "out.tsv").code == 0
    assert (tmp_path / "out.tsv").read_text() == f"{labels[3]}\t{image}\n"


def test_nothing_labelled_leaves_the_older_output(label, tmp_path):
    output = tmp_path / "out.tsv"
    output.write_text("older")
    assert label(tmp_path / "missing.png", "--output", output).code == 2
    assert output.read_text() == "older"
    assert list(tmp_path.iterdir()) == [output]


@pytest.mark.parametrize("as_json", [False, True])
def test_wherever_it_was_cut_the_resumed_output_is_the_same(
    label, folder, artifact, tmp_path, as_json, monkeypatch
):
    (tmp_path / "broken.png").write_text("no image")
    output = tmp_path / "out"
    options = [*(["--json"] if as_json else []), "--output", output]
    inputs = [folder / "images", tmp_path / "broken.png", folder / "data.h5"]
    inputs += [tmp_path / "missing.png", folder / "images"]
    first = label(*inputs, *options)
    whole = output.read_bytes()
    assert first.code == 1
    mark = many._mark(
        read_artifact(artifact),
        argparse.Namespace(json=as_json, resize=False, names=False),
    )
    ends = [i + 1 for i, byte in enumerate(whole) if byte == 10]
    loaded = []
    real = many.loaded
    monkeypatch.setattr(many, "loaded", lambda x: loaded.append(x) or real(x))
    for cut in (0, 7, ends[9], ends[255] - 1, ends[255], ends[400] + 3, ends[511], -1):
        output.unlink()
        (tmp_path / f".out.{mark}.partial").write_bytes(whole[:cut])
        resumed = label(*inputs, *options, "--resume")
        assert output.read_bytes() == whole, cut
        assert resumed == first
        assert sorted(tmp_path.iterdir()) == [tmp_path / "broken.png", output]
    assert len(loaded) == 8


def test_scored_inputs_are_not_decoded_again(label, folder, tmp_path, monkeypatch):
    output = tmp_path / "out"
    label(folder / "data.h5", "--output", output)
    whole = output.read_bytes()
    mark = _mark_of(monkeypatch, label, folder, output)
    lines = whole.splitlines(keepends=True)[: 2 * BATCH]
    (tmp_path / f".out.{mark}.partial").write_bytes(b"".join(lines))
    read = []
    from artifacts import labelling

    slow = labelling.read_slice
    monkeypatch.setattr(
        labelling, "read_slice", lambda p, c, s: read.append(c) or slow(p, c, s)
    )
    assert label(folder / "data.h5", "--output", output, "--resume").code == 0
    assert read == [range(2 * BATCH, 600)]
    assert output.read_bytes() == whole


def _mark_of(monkeypatch, label, folder, output) -> str:
    """The mark of the settings, as an interrupted run leaves it in a name."""

    def interrupt(self) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(output_file.OutputFile, "finish", interrupt)
        answer = label(folder / "data.h5", "--output", output)
    assert answer.code == 130
    assert answer.error == "error: interrupted. Continue with --resume."
    path = partial_of(output)
    path.unlink()
    return path.name.split(".")[-2]


@pytest.fixture
def interrupted(label, folder, tmp_path, monkeypatch) -> Path:
    """The place of an output whose first batch was written."""
    output = tmp_path / "out"
    real = output_file.OutputFile.write

    def write(self, lines: str) -> None:
        real(self, lines)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(output_file.OutputFile, "write", write)
        assert label(folder / "data.h5", "--output", output).code == 130
    assert partial_of(output).read_bytes().count(b"\n") == BATCH
    assert not output.exists()
    return output


def test_leftovers_are_neither_lost_nor_mixed(label, folder, interrupted):
    partial = partial_of(interrupted)
    before = partial.read_bytes()
    data, options = folder / "data.h5", ("--output", interrupted)
    refused = label(data, *options)
    assert refused.code == 2
    assert "Continue it with --resume, or remove" in refused.error
    for other in (("--json",), ("--resize",)):
        refused = label(data, *options, *other, "--resume")
        assert refused.code == 2
        assert "other options" in refused.error
    refused = label(folder / "images", *options, "--resume")
    assert refused.code == 2
    assert "other inputs" in refused.error
    assert partial.read_bytes() == before
    assert label(data, *options, "--resume").code == 0
    assert not partial.exists()


def test_fewer_inputs_than_lines_are_refused(label, folder, interrupted, tmp_path):
    path = folder / "data.h5"
    hidden = path.rename(path.with_name("whole"))
    try:
        with h5py.File(hidden) as file, h5py.File(path, "w") as fewer:
            fewer["data"] = file["data"][:200]
        refused = label(path, "--output", interrupted, "--resume")
    finally:
        hidden.rename(path)
    assert refused.code == 2
    assert "other inputs" in refused.error


def test_resume_without_leftovers_starts_anew(label, folder, labels, tmp_path):
    output = tmp_path / "out"
    assert label(folder / "images", "--output", output, "--resume").code == 0
    assert output.read_text() == expected_of_images(folder, labels)
    answer = label(folder / "images", "--resume")
    assert answer.code == 2
    assert "--resume needs --output" in answer.err


def test_another_run_is_not_disturbed(label, folder, interrupted):
    partial = partial_of(interrupted)
    before = partial.read_bytes()
    with partial.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        answer = label(folder / "data.h5", "--output", interrupted, "--resume")
    assert answer.code == 2
    assert "another run" in answer.error
    assert partial.read_bytes() == before


@pytest.mark.parametrize("options", [(), ("--json",), ("--json", "--resume")])
def test_a_run_that_goes_on_is_not_called_interrupted(
    label, folder, interrupted, options
):
    partial = partial_of(interrupted)
    before = partial.read_bytes()
    with partial.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        answer = label(folder / "data.h5", "--output", interrupted, *options)
    assert answer.code == 2
    assert answer.error.endswith(f"{interrupted}: another run is writing this file.")
    assert partial_of(interrupted).read_bytes() == before


def test_leftovers_of_another_output_hinder_nobody(label, folder, tmp_path):
    other = tmp_path / ".out.tsv.0123abcd.partial"
    other.write_text("3\t/a.png\n")
    assert label(folder / "images", "--output", tmp_path / "out").code == 0
    assert other.exists()


def test_results_of_ray_are_of_another_run(label, folder, tmp_path):
    (tmp_path / ".out.0123abcd.partial").mkdir()
    answer = label(folder / "images", "--output", tmp_path / "out")
    assert answer.code == 2
    assert "was left by an interrupted run" in answer.error
    assert len(list(tmp_path.iterdir())) == 1


def test_places_that_can_not_be_written_are_refused(label, folder, tmp_path):
    images = folder / "images"
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path, "/dev/null", tmp_path / "pipe"):
        answer = label(images, "--output", place)
        assert answer.code == 2
        assert "expected a file or nothing" in answer.error
    for place in (tmp_path / "no" / "x", tmp_path / ("x" * 300)):
        answer = label(images, "--output", place)
        assert answer.code == 2
        assert "can not be written" in answer.error


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/{}", "/proc/self/fd/{}"])
def test_an_open_stream_is_no_output_and_its_log_stays(label, folder, tmp_path, name):
    log, link = tmp_path / "log", tmp_path / "link"
    log.write_text("older\n")
    with log.open("a") as stream:
        link.symlink_to(name.format(stream.fileno()))
        for place in (link, link.readlink()):
            answer = label(folder / "images", "--output", place)
            assert answer.code == 2
            assert "Leave --output out to write to stdout." in answer.error
    assert log.read_text() == "older\n"
    assert sorted(tmp_path.iterdir()) == [link, log]


def test_full_disk_is_one_line_and_keeps_what_is_there(
    label, folder, tmp_path, monkeypatch
):
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    output = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(output_file.os, "fsync", full)
        answer = label(folder / "data.h5", "--output", output)
    assert answer.code == 2
    assert "No space left" in answer.error
    assert label(folder / "data.h5", "--output", output, "--resume").code == 0


def test_link_is_followed(label, folder, tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert label(folder / "images", "--output", tmp_path / "link").code == 0
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text().count("\n") == 60


# In a process of its own, killed or interrupted.


@pytest.mark.parametrize(
    "signal_", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP]
)
def test_killed_run_resumes_to_the_same_bytes(
    label, artifact, folder, tmp_path, signal_, monkeypatch
):
    paths = [str(path) for path in sorted((folder / "images").iterdir())] * 60
    listed = "".join(f"{path}\n" for path in paths).encode()
    output, undisturbed = tmp_path / "out", tmp_path / "undisturbed"
    command = [sys.executable, "-m", "artifacts", artifact, "-", "--output", output]
    pipe = subprocess.PIPE
    run = subprocess.Popen(
        list(map(str, command)),
        cwd=ROOT,
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        # A job in a shell's background would ignore some.
        preexec_fn=lambda: [
            signal.signal(signal.SIGHUP, signal.SIG_DFL),
            signal.signal(signal.SIGTERM, signal.SIG_DFL),
            signal.signal(signal.SIGINT, signal.default_int_handler),
        ],
    )
    run.stdin.write(listed)  # and stays open, so the run can not end
    run.stdin.flush()
    deadline = time.monotonic() + PATIENCE
    while not list(tmp_path.glob(".out.*")) or not partial_of(output).stat().st_size:
        assert run.poll() is None, run.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    run.send_signal(signal_)
    out, err = run.communicate()
    assert out == b""
    if signal_ != signal.SIGKILL:
        assert err == b"error: interrupted. Continue with --resume.\n"
        assert run.returncode == 130
    assert not output.exists()
    with partial_of(output).open("ab") as file:
        file.write(b"3\t/torn")
    for options in (("--output", output, "--resume"), ("--output", undisturbed)):
        stdin = SimpleNamespace(buffer=io.BytesIO(listed))
        monkeypatch.setattr(sources.sys, "stdin", stdin)
        assert label("-", *options) == Answer(0, "", "")
    assert output.read_bytes() == undisturbed.read_bytes()
    assert output.read_bytes().count(b"\n") == len(paths)


def test_bar_is_drawn_on_a_terminal_alone(artifact, folder, tmp_path):
    seen, terminal = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "artifacts", artifact, folder / "data.h5", "missing.png"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=terminal, check=False,
    )  # fmt: skip
    os.close(terminal)
    text = b""
    try:
        while block := os.read(seen, 65536):
            text += block
    except OSError:  # how Linux ends it
        pass
    os.close(seen)
    assert done.returncode == 1
    assert done.stdout.count(b"\n") == 600
    shown = text.decode()
    assert shown.count("error: missing.png") == 1
    assert shown.count("\n") == 1
    assert "/601" in shown.replace(" of ", "/")


def test_bar_tells_rate_and_time_left(monkeypatch):
    stderr, now = io.StringIO(), [0.0]
    monkeypatch.setattr("sys.stderr", stderr)
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    bar, count = Progress(2000, shown=True), Progress(None, shown=True)
    hidden = Progress(2000, shown=False)
    for done in (0, 500):
        for one in (bar, count, hidden):
            one.at(done)
        now[0] += 1
    bar.at(500)
    lines = [line.strip() for line in stderr.getvalue().split("\r") if line.strip()]
    assert (
        lines[-1] == "[######..................] 500 images, 250/s of 2,000, 6 s left"
    )
    assert "500 images, 500/s" in lines
    assert len(lines) == 3
    bar.say("error: x")
    assert stderr.getvalue().endswith("\rerror: x\n")


def test_what_a_library_swallowed_of_a_signal_ends_it_before_it_is_called_finished(
    label, folder, tmp_path, monkeypatch
):
    output = tmp_path / "out"
    monkeypatch.setattr("artifacts.detector.heed_signals", lambda: None)
    with monkeypatch.context() as patch:
        patch.setattr(streams, "_came", [signal.SIGTERM])
        answer = label(folder / "data.h5", "--output", output)
    assert answer.code == 130
    assert not output.exists()
    assert label(folder / "data.h5", "--output", output, "--resume").code == 0
