"""A real model server on loopback gives the labels of the eval script.

Needs MLServer, best in an environment of its own (docs/serving.md), found on the path or
named by the environment variable MLSERVER.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, run_python
from PIL import Image

from artifacts.detector import read_image
from benchmarks.local_server import NAME, Server, mlserver, serving
from benchmarks.protocols import PROTOCOLS
from build.conversion import convert
from build.export_command import check_packages
from build.probes import probes
from repair.errors import SettingError
from repair.saved_model import SavedDetector

ARTIFACT = ROOT / "artifacts" / "sunglasses"
SHAPE = (55, 47, 3)
PATH = PROTOCOLS["v2"].path.format(model=NAME)

GRPC = """
import json, sys
import numpy as np, tritonclient.grpc as grpc
port, file = sys.argv[1:]
images = np.load(file)
tensor = grpc.InferInput("images", images.shape, "UINT8")
tensor.set_data_from_numpy(images)
answer = grpc.InferenceServerClient("127.0.0.1:" + port).infer("detector", [tensor])
print(json.dumps(answer.as_numpy("label").tolist()))
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    program = mlserver()
    if program is None:
        pytest.skip("mlserver is not installed; name the program in MLSERVER")
    try:
        check_packages("onnx")
    except SettingError as reason:
        pytest.skip(str(reason))
    onnx = tmp_path_factory.mktemp("export") / "detector.onnx"
    convert(ARTIFACT, "onnx", onnx)
    folder = tmp_path_factory.mktemp("server")
    with serving(program, onnx, SHAPE, folder) as running:
        yield running


def ask(server: Server, body: bytes) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.rest, timeout=30)
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


def test_grpc_gives_the_same_labels(server, tmp_path):
    python = Path(str(mlserver())).with_name("python")
    images = probes(SHAPE, 64, seed=4)
    np.save(tmp_path / "images.npy", images)
    (tmp_path / "ask.py").write_text(GRPC)
    arguments = [python, tmp_path / "ask.py", str(server.grpc), tmp_path / "images.npy"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if "No module named" in done.stderr:
        pytest.skip("the server's environment has no tritonclient.grpc")
    assert done.returncode == 0, done.stderr
    expected = SavedDetector(ARTIFACT).answers(images)["detector"]
    assert json.loads(done.stdout) == expected.tolist()


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
