"""Clients that ask a model server over HTTP, with their labels checked."""

from __future__ import annotations

import http.client
import threading
import time

import numpy as np

from benchmarks.protocols import Protocol


class Load:
    """Clients that each send one request after the other over one connection.

    Args:
        address: Host and port.
        protocol: How the server is asked.
        model: What the server calls the detector.
        images: ``(n, rows, columns, 3)`` uint8.
        labels: ``(n,)``, what is right.
        batch: Images a request.

    Attributes:
        seconds: How long each request took.
        wrong: How many failed, or had other labels.
    """

    def __init__(
        self,
        address: tuple[str, int],
        protocol: Protocol,
        model: str,
        images: np.ndarray,
        labels: np.ndarray,
        batch: int,
    ) -> None:
        self._address = address
        self._protocol = protocol
        self._path = protocol.path.format(model=model)
        starts = range(0, len(images), batch)
        self._work = [
            (protocol.body(images[i : i + batch]), labels[i : i + batch].tolist())
            for i in starts
        ]
        self.seconds: list[float] = []
        self.wrong = 0

    def run(self, clients: int, seconds: float) -> float:
        """Lets all clients send for a while, after a second of warming up.

        Returns:
            Seconds that passed until the last had its answer.
        """
        self._send(clients, min(1.0, seconds))
        self.seconds, self.wrong = [], 0
        start = time.monotonic()
        self._send(clients, seconds)
        return time.monotonic() - start

    def _send(self, clients: int, seconds: float) -> None:
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
        connection = http.client.HTTPConnection(*self._address, timeout=60)
        while time.monotonic() < end:
            body, expected = self._work[number % len(self._work)]
            number += 1
            start = time.perf_counter()
            try:
                found = ask(connection, self._path, self._protocol, body)
            except (OSError, http.client.HTTPException):
                connection.close()
                found = []
            self.seconds.append(time.perf_counter() - start)
            if found != expected:
                self.wrong += 1
        connection.close()


def ask(
    connection: http.client.HTTPConnection, path: str, protocol: Protocol, body: bytes
) -> list[int]:
    """The labels of one request; none if it failed."""
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    answer = response.read()
    return protocol.labels(answer) if response.status == 200 else []
