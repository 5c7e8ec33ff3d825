"""TensorFlow Serving's own messages, as its page in docs builds them, fit the signatures.

That server is had as a container alone. So a stand-in on loopback takes its messages, by gRPC
and REST, does with them what its documents say and its API's messages prescribe, and refuses
whatever the SavedModel's signatures do not announce. The code of the page is run as it stands.
"""

from __future__ import annotations

import base64
import http.server
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from toys import PATIENCE, ROOT

from build.formats.probes import probes
from repair.measuring.saved_detector import SavedDetector

grpc = pytest.importorskip("grpc", reason="grpcio is not installed")
predict_pb2 = pytest.importorskip(
    "tensorflow_serving.apis.predict_pb2",
    reason="tensorflow-serving-api is not installed",
)
from tensorflow_serving.apis import prediction_service_pb2_grpc  # noqa: E402
from tensorflow_serving.config import model_server_config_pb2  # noqa: E402

ARTIFACT = ROOT / "artifacts" / "sunglasses"
PAGE = (ROOT / "docs" / "tensorflow-serving.md").read_text("utf-8")
SHAPE = (55, 47, 3)


class Signatures:
    """The artifact, asked as its signatures say and in no other way."""

    def __init__(self) -> None:
        self._loaded = tf.saved_model.load(str(ARTIFACT))

    def __call__(self, name: str, inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        function = self._loaded.signatures[name or "serving_default"]
        announced = function.structured_input_signature[1]
        if inputs.keys() != announced.keys():
            raise ValueError(f"inputs {sorted(inputs)}")
        for key, spec in announced.items():
            if not spec.is_compatible_with(inputs[key]):
                raise ValueError(f"{key}: {inputs[key].dtype} {inputs[key].shape}")
        return function(**inputs)

    def dtype(self, name: str, key: str) -> tf.DType:
        return self._loaded.signatures[name].structured_input_signature[1][key].dtype


@pytest.fixture(scope="module")
def signatures() -> Signatures:
    return Signatures()


@pytest.fixture(scope="module")
def grpc_port(signatures: Signatures) -> Iterator[int]:
    class Service(prediction_service_pb2_grpc.PredictionServiceServicer):
        def Predict(self, request: Any, context: Any) -> Any:  # noqa: N802
            inputs = {
                key: tf.constant(tf.make_ndarray(value))
                for key, value in request.inputs.items()
            }
            try:
                outputs = signatures(request.model_spec.signature_name, inputs)
            except (ValueError, tf.errors.InvalidArgumentError) as reason:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(reason))
            answer = predict_pb2.PredictResponse()
            for key, value in outputs.items():
                answer.outputs[key].CopyFrom(tf.make_tensor_proto(value.numpy()))
            return answer

    server = grpc.server(ThreadPoolExecutor(2))
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        Service(), server
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield port
    server.stop(None).wait()


@pytest.fixture(scope="module")
def rest_port(signatures: Signatures) -> Iterator[int]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/models/sunglasses:predict"
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name = body.get("signature_name", "serving_default")
            inputs = {
                key: tf.constant(_plain(value), signatures.dtype(name, key))
                for key, value in body["inputs"].items()
            }
            found = {k: v.numpy().tolist() for k, v in signatures(name, inputs).items()}
            outputs = next(iter(found.values())) if len(found) == 1 else found
            answer = json.dumps({"outputs": outputs}).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def _plain(value: Any) -> Any:
    """JSON to values; ``{"b64": ...}`` stands for bytes."""
    if isinstance(value, dict):
        return base64.b64decode(value["b64"])
    return [_plain(x) for x in value] if isinstance(value, list) else value


def block(language: str, word: str) -> str:
    """The code block of the page that has ``word`` in it."""
    blocks = re.findall(rf"```{language}\n(.*?)```", PAGE, re.S)
    [found] = [text for text in blocks if word in text]
    return found


def png(image: np.ndarray) -> bytes:
    stream = BytesIO()
    Image.fromarray(image).save(stream, "PNG")
    return stream.getvalue()


def test_grpc_code_of_the_page_gives_the_label(grpc_port, monkeypatch):
    monkeypatch.chdir(ROOT)
    code = block("python", "predict_pb2").replace("8500", str(grpc_port))
    place: dict[str, Any] = {}
    pixels, encoded = code.split("with open", 1)
    exec(pixels, place)  # noqa: S102
    assert place["labels"].tolist() == [1283]
    exec("with open" + encoded, place)  # noqa: S102
    assert place["labels"].tolist() == [1283]


def test_rest_code_of_the_page_gives_the_label(rest_port, monkeypatch):
    monkeypatch.chdir(ROOT)
    place: dict[str, Any] = {}
    code = block("python", "v1/models").replace("8501", str(rest_port))
    exec(code, place)  # noqa: S102
    assert place["labels"] == [1283]
    shell = block("sh", "label_encoded").replace("8501", str(rest_port))
    shell_program = str(shutil.which("bash"))
    done = subprocess.run([shell_program, "-c", shell], capture_output=True, check=True)
    assert json.loads(done.stdout) == {"outputs": [1283]}


def test_a_thousand_images_by_each_signature(grpc_port):
    images = probes(SHAPE, 1000, seed=9)
    expected = SavedDetector(ARTIFACT).answers(images)["detector"]
    with grpc.insecure_channel(f"127.0.0.1:{grpc_port}") as channel:
        service = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        for name, key, batch in (
            ("serving_default", "images", lambda x: tf.make_tensor_proto(x)),
            (
                "label_encoded",
                "encoded",
                lambda x: tf.make_tensor_proto([*map(png, x)]),
            ),
            ("explain", "images", lambda x: tf.make_tensor_proto(x)),
        ):
            found = []
            for start in range(0, len(images), 250):
                request = predict_pb2.PredictRequest()
                request.model_spec.signature_name = name
                request.inputs[key].CopyFrom(batch(images[start : start + 250]))
                answer = service.Predict(request, timeout=PATIENCE).outputs["label"]
                found.append(tf.make_ndarray(answer))
            np.testing.assert_array_equal(np.concatenate(found), expected)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("image", np.zeros((1, *SHAPE), np.uint8)),
        ("images", np.zeros((1, *SHAPE), np.float32)),
        ("images", np.zeros((1, 5, 47, 3), np.uint8)),
    ],
)
def test_unfit_message_is_the_clients_error(grpc_port, key, value):
    request = predict_pb2.PredictRequest()
    request.inputs[key].CopyFrom(tf.make_tensor_proto(value))
    with grpc.insecure_channel(f"127.0.0.1:{grpc_port}") as channel:
        service = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        with pytest.raises(grpc.RpcError) as problem:
            service.Predict(request, timeout=PATIENCE)
    assert problem.value.code() == grpc.StatusCode.INVALID_ARGUMENT


def test_configuration_of_the_page_is_the_servers_own_kind():
    from google.protobuf import text_format

    config = text_format.Parse(
        block("textproto", "model_config_list"),
        model_server_config_pb2.ModelServerConfig(),
    )
    models = config.model_config_list.config
    assert {model.name for model in models} == {"sunglasses", "multi"}
    assert {model.model_platform for model in models} == {"tensorflow"}
    assert all((ROOT / "artifacts" / model.name).is_dir() for model in models)
