"""Runs ``grpc_client`` with the Python that stands beside MLServer."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

_ROOT = Path(__file__).resolve().parents[2]


class NoClientError(Exception):
    """The server's environment has no ``tritonclient.grpc``."""


def grpc_labels(program: str, port: int, images: np.ndarray, batch: int) -> list[int]:
    """Labels ``(n,)`` of images ``(n, rows, columns, 3)`` uint8.

    Raises:
        NoClientError: If they can not be asked for.
    """
    found: list[int] = _answer(program, port, images, batch)
    return found


def grpc_load(
    program: str,
    port: int,
    work: tuple[np.ndarray, np.ndarray, int],
    clients: int,
    seconds: float,
) -> dict[str, Any]:
    """Seconds of each request, seconds passed, and how many were failed or wrong.

    Args:
        program: MLServer.
        port: Where it listens for gRPC.
        work: Images, their labels, and how many go in a request.
        clients: How many send at once.
        seconds: For how long.

    Raises:
        NoClientError: If there is nothing to send them with.
    """
    images, labels, batch = work
    found: dict[str, Any] = _answer(
        program, port, images, batch, labels, clients, seconds
    )
    return found


def _answer(program: str, port: int, *arguments: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        words = ["-m", "benchmarks.server.grpc_client", str(port)]
        for number, argument in enumerate(arguments):
            if isinstance(argument, np.ndarray):
                path = Path(folder) / f"{number}.npy"
                np.save(path, argument)
                argument = path
            words.append(str(argument))
        done = subprocess.run(  # noqa: S603
            [Path(program).absolute().with_name("python"), *words],
            cwd=_ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    if "No module named" in done.stderr:
        raise NoClientError("expected tritonclient[grpc] in the server's environment.")
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)
