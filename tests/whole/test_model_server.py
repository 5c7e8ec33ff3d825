"""A real model server on loopback gives the labels of the eval script.

Needs MLServer, best in an environment of its own (docs/serving.md), found on the path or
named by the environment variable MLSERVER.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from toys import PATIENCE, ROOT, run_python

from artifacts.detector import read_image
from artifacts.errors import InputError
from benchmarks.server.grpc_calls import NoClientError, grpc_labels
from benchmarks.server.local_server import NAME, Server, mlserver, serving
from benchmarks.server.protocols import PROTOCOLS
from build.formats.conversion import convert
from build.formats.probes import probes
from build.formats.table import check_packages
from repair.measuring.saved_detector import SavedDetector

ARTIFACT = ROOT / "artifacts" / "sunglasses"
SHAPE = (55, 47, 3)
PATH = PROTOCOLS["v2"].path.format(model=NAME)


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    program = mlserver()
    if program is None:
        pytest.skip("mlserver is not installed; name the program in MLSERVER")
    try:
        check_packages("onnx")
    except InputError as reason:
        pytest.skip(str(reason))
    onnx = tmp_path_factory.mktemp("export") / "detector.onnx"
    convert(ARTIFACT, "onnx", onnx)
    folder = tmp_path_factory.mktemp("server")
    with serving(program, onnx, SHAPE, folder) as running:
        yield running


def ask(server: Server, body: bytes) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.rest, timeout=PATIENCE)
    with contextlib.closing(connection):
        connection.request("POST", PATH, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, response.read()


def served(server: Server, images: np.ndarray) -> list[int]:
    status, answer = ask(server, PROTOCOLS["v2"].body(images))
    assert status == 200, answer
    return PROTOCOLS["v2"].labels(answer)


def test_labels_are_those_of_the_eval_script(server, tmp_path):
    paths = [ROOT / "data" / name for name in ("clean_image.png", "test_image.png")]
    for number, image in enumerate(probes(SHAPE, 10, seed=3)):
        paths.append(tmp_path / f"{number}.png")
        Image.fromarray(image).save(paths[-1])
    script = run_python("eval_sunglasses.py", *paths)
    assert script.code == 0, script.err
    expected = [int(line.split("\t")[0]) for line in script.out.splitlines()]
    images = np.stack([read_image(path, SHAPE[:2]) for path in paths])
    assert served(server, images) == expected
    assert [served(server, image[None])[0] for image in images] == expected


def test_grpc_gives_the_same_labels(server):
    images = probes(SHAPE, 64, seed=4)
    try:
        found = grpc_labels(str(mlserver()), server.grpc, images, 10)
    except NoClientError as reason:
        pytest.skip(str(reason))
    assert found == SavedDetector(ARTIFACT).answers(images)["detector"].tolist()


def test_clients_at_once_get_their_own_labels(server):
    images = probes(SHAPE, 120, seed=5)
    expected = SavedDetector(ARTIFACT).answers(images)["detector"].tolist()
    with ThreadPoolExecutor(8) as clients:
        found = list(clients.map(lambda x: served(server, x[None])[0], images))
    assert found == expected


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"shape": [1, 5, 47, 3]}, b"images"),
        ({"name": "other"}, b"UINT8"),
        ({"datatype": "FP32"}, b"UINT8"),
    ],
)
def test_unfit_request_is_the_clients_error(server, change, word):
    body = json.loads(PROTOCOLS["v2"].body(probes(SHAPE, 1, seed=0)))
    body["inputs"][0] |= change
    status, answer = ask(server, json.dumps(body).encode())
    assert status == 400, answer
    assert word in answer
    assert len(served(server, probes(SHAPE, 1, seed=0))) == 1


ENDS = {signal.SIGINT: 130, signal.SIGTERM: 130, signal.SIGKILL: -signal.SIGKILL}


@pytest.mark.parametrize("signal_", ENDS)
def test_interrupted_load_leaves_no_server_and_older_results(server, signal_, tmp_path):
    results = tmp_path / "results.md"
    results.write_text("# Results")
    options = ("--seconds", 600, "--clients", 1, "--results", results)
    command = [sys.executable, "-m", "benchmarks.server", ARTIFACT, *options]
    run = subprocess.Popen(
        list(map(str, command)),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # A job in a shell's background would ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    children = Path(f"/proc/{run.pid}/task/{run.pid}/children")
    wait_until(lambda: run.poll() is not None or children.read_text().strip())
    (started,) = children.read_text().split()
    run.send_signal(signal_)
    run.communicate(timeout=PATIENCE)
    assert run.returncode == ENDS[signal_]
    wait_until(lambda: not Path("/proc", started).exists())
    assert results.read_text() == "# Results"
    assert list(tmp_path.iterdir()) == [results]


def wait_until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)
