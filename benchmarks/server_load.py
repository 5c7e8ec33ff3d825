"""Load on a model server: requests a second and latency percentiles, labels checked.

python -m benchmarks.server_load ARTIFACT                       starts MLServer itself
python -m benchmarks.server_load ARTIFACT --url http://HOST:PORT --protocol tensorflow
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from benchmarks.local_server import NAME, mlserver, serving
from benchmarks.protocols import PROTOCOLS, Protocol
from repair.quiet import import_tensorflow_quietly
from repair.tables import Cell, table


def main() -> None:
    """Asks as the command line says and prints a table."""
    options = _parser().parse_args()
    import_tensorflow_quietly()
    from build.probes import probes
    from repair.saved_model import SavedDetector

    detector = SavedDetector(options.artifact)
    images = probes(detector.image_shape, 64 * options.batch, seed=0)
    labels = detector.answers(images)["detector"]
    protocol = PROTOCOLS[options.protocol]
    batches = np.split(images, 64)
    bodies = [protocol.body(batch) for batch in batches]
    expected = [batch.tolist() for batch in np.split(labels, 64)]
    rows = []
    with _address(options, detector.image_shape) as address:
        for clients in options.clients:
            load = Load(address, protocol, options.model, bodies, expected)
            rows.append(load.row(clients, options.seconds, options.batch))
    print(table(rows))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.server_load")
    add = parser.add_argument
    add("artifact", type=Path)
    add("--url", help="of a running server (default: start MLServer)")
    add("--protocol", choices=PROTOCOLS, default="v2")
    add("--model", default=NAME, help="what the server calls it (%(default)s)")
    add("--clients", type=int, nargs="+", default=[1, 4, 16])
    add("--batch", type=int, default=1, help="images a request (%(default)s)")
    add("--seconds", type=float, default=10.0, help="a row (%(default)s)")
    return parser


@contextlib.contextmanager
def _address(
    options: argparse.Namespace, shape: tuple[int, int, int]
) -> Iterator[tuple[str, int]]:
    if options.url is not None:
        parts = urlsplit(options.url)
        yield parts.hostname or "127.0.0.1", parts.port or 80
        return
    program = mlserver()
    if program is None:
        raise SystemExit("error: no mlserver; name it in MLSERVER, or give --url.")
    from build.conversion import convert

    with tempfile.TemporaryDirectory() as folder:
        onnx = Path(folder) / "exported.onnx"
        convert(options.artifact, "onnx", onnx)
        with serving(program, onnx, shape, Path(folder)) as server:
            yield "127.0.0.1", server.rest


class Load:
    """Clients that each send one request after the other over one connection."""

    def __init__(
        self,
        address: tuple[str, int],
        protocol: Protocol,
        model: str,
        bodies: list[bytes],
        expected: list[list[int]],
    ) -> None:
        self._address = address
        self._protocol = protocol
        self._path = protocol.path.format(model=model)
        self._work = list(zip(bodies, expected, strict=True))
        self._seconds: list[float] = []
        self._wrong = 0

    def row(self, clients: int, seconds: float, batch: int) -> dict[str, Cell]:
        """One row of the table, after a second of warming up."""
        self._run(clients, min(1.0, seconds))
        self._seconds, self._wrong = [], 0
        start = time.monotonic()
        self._run(clients, seconds)
        rate = len(self._seconds) / (time.monotonic() - start)
        names = ("p50 ms", "p95 ms", "p99 ms", "max ms")
        values = np.percentile(np.array(self._seconds) * 1e3, (50, 95, 99, 100))
        row: dict[str, Cell] = {"clients": clients, "batch": batch}
        row |= {"requests/s": f"{rate:.0f}", "images/s": f"{rate * batch:.0f}"}
        row |= {x: f"{value:.1f}" for x, value in zip(names, values, strict=True)}
        return row | {"failed or wrong": self._wrong}

    def _run(self, clients: int, seconds: float) -> None:
        end = time.monotonic() + seconds
        threads = [
            threading.Thread(target=self._client, args=(number, end))
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
            kind = {"Content-Type": "application/json"}
            connection.request("POST", self._path, body, kind)
            response = connection.getresponse()
            answer = response.read()
            self._seconds.append(time.perf_counter() - start)
            fine = response.status == 200
            if not fine or self._protocol.labels(answer) != expected:
                self._wrong += 1
        connection.close()


if __name__ == "__main__":
    main()
