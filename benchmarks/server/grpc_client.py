"""Asks a model server over gRPC; runs in the server's environment, which has tritonclient.

python -m benchmarks.grpc_client PORT IMAGES.npy BATCH [LABELS.npy CLIENTS SECONDS]

Prints the labels as JSON or, with labels to compare with, what a load measured.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import tritonclient.grpc as grpc

from benchmarks.server.clients import Send, load


def main() -> None:
    """Prints labels, or what a load measured."""
    port, images, batch = sys.argv[1], np.load(sys.argv[2]), int(sys.argv[3])
    starts = range(0, len(images), batch)
    batches = [images[start : start + batch] for start in starts]
    if len(sys.argv) == 4:
        service = _service(port)
        print(json.dumps([label for x in batches for label in _labels(service, x)]))
        return
    every = np.load(sys.argv[4])
    labels = [every[start : start + batch].tolist() for start in starts]
    work = list(zip(batches, labels, strict=True))
    clients, seconds = int(sys.argv[5]), float(sys.argv[6])
    print(json.dumps(load(lambda: _connected(port), work, clients, seconds)))


@contextmanager
def _connected(port: str) -> Iterator[Send]:
    """A channel of a client's own."""
    service = _service(port)

    def send(images: np.ndarray) -> list[int]:
        try:
            return _labels(service, images)
        except grpc.InferenceServerException:
            return []

    yield send


def _service(port: str) -> grpc.InferenceServerClient:
    return grpc.InferenceServerClient(f"127.0.0.1:{port}")


def _labels(service: grpc.InferenceServerClient, images: np.ndarray) -> list[int]:
    tensor = grpc.InferInput("images", images.shape, "UINT8")
    tensor.set_data_from_numpy(images)
    found: list[int] = service.infer("detector", [tensor]).as_numpy("label").tolist()
    return found


if __name__ == "__main__":
    main()
