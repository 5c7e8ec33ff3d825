"""A real model server on loopback: MLServer with a detector's ONNX file."""

from __future__ import annotations

import contextlib
import ctypes
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TEMPLATE = Path(__file__).resolve().parents[2] / "docs" / "mlserver"
NAME = "detector"
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Server:
    """Where it listens on loopback."""

    rest: int
    grpc: int


def mlserver() -> str | None:
    """The program at ``MLSERVER`` or on the path, else None."""
    return shutil.which(os.environ.get("MLSERVER", "mlserver"))


@contextlib.contextmanager
def serving(
    program: str, onnx: Path, shape: tuple[int, int, int], folder: Path
) -> Iterator[Server]:
    """Serves a detector until the block ends.

    Args:
        program: MLServer.
        onnx: What ``python -m build export --to onnx`` wrote.
        shape: Rows, columns and channels of its images.
        folder: An empty folder for the model and the log.

    Raises:
        RuntimeError: If the server does not become ready.
    """
    _model_folder(folder, onnx, shape)
    rest, grpc, metrics = _free_ports(3)
    ports = {"HTTP": rest, "GRPC": grpc, "METRICS": metrics}
    given = {f"MLSERVER_{key}_PORT": str(port) for key, port in ports.items()}
    command = [program, "start", str(folder)]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            env={**os.environ, **given},
            stdout=log,
            stderr=log,
            preexec_fn=_end_with_parent,
        )
        try:
            _wait(process, rest, seconds=60)
            yield Server(rest, grpc)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _end_with_parent() -> None:
    """A server does not outlive who started it, even if that is killed."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _model_folder(folder: Path, onnx: Path, shape: tuple[int, int, int]) -> None:
    for path in TEMPLATE.iterdir():
        if path.is_file():
            shutil.copy(path, folder / path.name)
    shutil.copy(onnx, folder / "detector.onnx")
    settings = folder / "model-settings.json"
    content = json.loads(settings.read_text())
    content["inputs"][0]["shape"] = [-1, *shape]
    settings.write_text(json.dumps(content))


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in found:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in found]


def _wait(process: subprocess.Popen[bytes], port: int, seconds: float) -> None:
    end = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < end:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with contextlib.suppress(OSError), contextlib.closing(connection):
            connection.request("GET", f"/v2/models/{NAME}/ready")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.1)
    raise RuntimeError("the server did not become ready; see server.log in its folder")
