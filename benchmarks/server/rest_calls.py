"""Asks a model server over HTTP."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.server.clients import Send
from benchmarks.server.protocols import Protocol


@contextmanager
def connected(
    address: tuple[str, int], path: str, protocol: Protocol
) -> Iterator[Send]:
    """A connection of a client's own, which is opened again after a failure."""
    connection = http.client.HTTPConnection(*address, timeout=60)

    def send(body: bytes) -> list[int]:
        try:
            return ask(connection, path, protocol, body)
        except (OSError, http.client.HTTPException):
            connection.close()
            return []

    try:
        yield send
    finally:
        connection.close()


def ask(
    connection: http.client.HTTPConnection, path: str, protocol: Protocol, body: bytes
) -> list[int]:
    """The labels of one request; none if it failed."""
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    answer = response.read()
    return protocol.labels(answer) if response.status == 200 else []
