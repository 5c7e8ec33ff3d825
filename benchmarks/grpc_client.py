"""Asks a model server over gRPC; runs in the server's environment, which has tritonclient.

python grpc_client.py PORT IMAGES.npy BATCH                             labels, as JSON
python grpc_client.py PORT IMAGES.npy BATCH LABELS.npy CLIENTS SECONDS  a load, as JSON
"""

from __future__ import annotations

import json
import sys
import threading
import time

import numpy as np
import tritonclient.grpc as grpc


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
    load = Load(port, batches, labels)
    load.run(int(sys.argv[5]), 1.0)  # warms up
    load.seconds, load.wrong = [], 0
    start = time.monotonic()
    load.run(int(sys.argv[5]), float(sys.argv[6]))
    passed = time.monotonic() - start
    answer = {"seconds": load.seconds, "passed": passed, "wrong": load.wrong}
    print(json.dumps(answer))


class Load:
    """Clients that each send one request after the other over a channel of their own."""

    def __init__(
        self, port: str, batches: list[np.ndarray], labels: list[list[int]]
    ) -> None:
        self._port = port
        self._work = list(zip(batches, labels, strict=True))
        self.seconds: list[float] = []
        self.wrong = 0

    def run(self, clients: int, seconds: float) -> None:
        """Lets all clients send for a while."""
        end = time.monotonic() + seconds
        threads = [
            threading.Thread(target=self._client, args=(number, end), daemon=True)
            for number in range(clients)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _client(self, number: int, end: float) -> None:
        service = _service(self._port)
        while time.monotonic() < end:
            images, expected = self._work[number % len(self._work)]
            number += 1
            start = time.perf_counter()
            try:
                found = _labels(service, images)
            except grpc.InferenceServerException:
                found = []
            self.seconds.append(time.perf_counter() - start)
            if found != expected:
                self.wrong += 1


def _service(port: str) -> grpc.InferenceServerClient:
    return grpc.InferenceServerClient(f"127.0.0.1:{port}")


def _labels(service: grpc.InferenceServerClient, images: np.ndarray) -> list[int]:
    tensor = grpc.InferInput("images", images.shape, "UINT8")
    tensor.set_data_from_numpy(images)
    found: list[int] = service.infer("detector", [tensor]).as_numpy("label").tolist()
    return found


if __name__ == "__main__":
    main()
