"""The model folder of MLflow, loaded by MLflow itself and by its server on loopback."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from toys import ROOT, SHAPE, run_python

from build.formats.probes import probes
from repair.measuring.saved_detector import SavedDetector

if find_spec("mlflow") is None:
    pytest.skip(
        "MLflow is not installed: pip install -e '.[mlflow]'", allow_module_level=True
    )

IMAGES = probes(SHAPE, 1000, seed=2)
PRIVATE = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
ELSEWHERE = """
import importlib.util, json, sys
import mlflow, numpy as np
assert not any(map(importlib.util.find_spec, ("repair", "artifacts", "toys")))
model = mlflow.pyfunc.load_model(sys.argv[1])
example = model.predict(model.input_example)
labels = model.predict(np.load(sys.argv[2]))
print(json.dumps([str(labels.dtype), labels.tolist(), len(example)]))
"""
IN_SPARK = """
import sys, mlflow, numpy as np
from pyspark.sql import SparkSession
spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
for name in ("host", "bindAddress"):
    spark = spark.config(f"spark.driver.{name}", "127.0.0.1")
spark = spark.getOrCreate()
images = np.load(sys.argv[2])
rows = [(i, image.ravel().tolist()) for i, image in enumerate(images)]
frame = spark.createDataFrame(rows, "id int, images array<int>")
label = mlflow.pyfunc.spark_udf(spark, sys.argv[1], "long", env_manager="local")
found = frame.withColumn("label", label("images")).orderBy("id").collect()
print(*[row.label for row in found])
"""


@pytest.fixture(scope="module")
def model(artifact: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mlflow")
    options = ("export", artifact, "--to", "mlflow", "--out", folder / "model")
    answer = run_python("-m", "build", *options)
    assert answer.code == 0, answer.err
    np.save(folder / "images.npy", IMAGES)
    return folder / "model"


@pytest.fixture(scope="module")
def expected(artifact: Path) -> np.ndarray:
    labels = SavedDetector(artifact).answers(IMAGES)["detector"]
    assert len(np.unique(labels)) > 2
    return labels


def run(script: str, model: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-I", "-c", script, model, model.with_name("images.npy")],
        env=os.environ | PRIVATE | {"PYSPARK_PYTHON": sys.executable},
        cwd=model.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_mlflow_loads_it_without_us(model, expected):
    kind, labels, examples = json.loads(run(ELSEWHERE, model).splitlines()[-1])
    assert (kind, labels, examples) == ("int64", expected.tolist(), 2)


def test_no_path_of_this_machine_is_in_it(model):
    for path in model.rglob("*"):
        if path.suffix in ("", ".yaml", ".json", ".txt", ".py") and path.is_file():
            assert str(ROOT) not in path.read_text("utf-8"), path


@pytest.mark.skipif(find_spec("pyspark") is None, reason="pyspark is not installed")
def test_spark_labels_a_column_of_pixels(model, expected):
    assert run(IN_SPARK, model).split() == [str(label) for label in expected]


@pytest.fixture
def server(model: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # It starts uvicorn by its name.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    options = ("--env-manager", "local", "--host", "127.0.0.1", "--port", str(port))
    process = subprocess.Popen(
        [sys.executable, "-m", "mlflow", "models", "serve", "-m", model, *options],
        env=os.environ | PRIVATE | {"PATH": path},
        cwd=model.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    url = f"http://127.0.0.1:{port}"
    while True:
        assert process.poll() is None
        try:
            urllib.request.urlopen(f"{url}/ping").close()  # noqa: S310
            break
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    yield url
    os.killpg(process.pid, 9)
    process.wait()


def ask(url: str, body: object) -> object:
    request = urllib.request.Request(  # noqa: S310
        f"{url}/invocations",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        return json.load(answer)


def test_its_server_gives_the_labels(server, model, expected):
    found = []
    for start in range(0, len(IMAGES), 250):
        answer = ask(server, {"inputs": IMAGES[start : start + 250].tolist()})
        found += answer["predictions"]
    assert found == expected.tolist()
    example = json.loads((model / "serving_input_example.json").read_bytes())
    assert len(ask(server, example)["predictions"]) == 2
    with pytest.raises(urllib.error.HTTPError, match="400"):
        ask(server, {"inputs": IMAGES[:1, :5].tolist()})
