"""What a client sends to a model server, and how it reads the answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Protocol:
    """How one kind of server is asked over HTTP.

    Attributes:
        path: Of the request, with ``{model}`` in it.
        body: The request of images ``(n, rows, columns, 3)`` uint8.
        labels: From the answer's bytes to labels ``(n,)``.
    """

    path: str
    body: Callable[[np.ndarray], bytes]
    labels: Callable[[bytes], list[int]]


def _open_inference(images: np.ndarray) -> bytes:
    tensor = {
        "name": "images",
        "shape": images.shape,
        "datatype": "UINT8",
        "data": images.ravel().tolist(),
    }
    return json.dumps({"inputs": [tensor]}).encode()


def _tensorflow_serving(images: np.ndarray) -> bytes:
    return json.dumps({"inputs": {"images": images.tolist()}}).encode()


def _first_output(answer: bytes) -> list[int]:
    found: list[int] = json.loads(answer)["outputs"][0]["data"]
    return found


def _outputs(answer: bytes) -> list[int]:
    found: list[int] = json.loads(answer)["outputs"]
    return found


PROTOCOLS: Mapping[str, Protocol] = {
    # MLServer, KServe, Triton, OpenVINO Model Server
    "v2": Protocol("/v2/models/{model}/infer", _open_inference, _first_output),
    "tensorflow": Protocol("/v1/models/{model}:predict", _tensorflow_serving, _outputs),
}
