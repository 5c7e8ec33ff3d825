"""Load on a model server: requests a second and latency percentiles, labels checked.

python -m benchmarks.server ARTIFACT                       starts MLServer itself
python -m benchmarks.server ARTIFACT --url http://HOST:PORT --protocol tensorflow

A server that is started here is asked by REST and by gRPC, a running one by REST.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from artifacts.quiet import import_tensorflow_quietly
from benchmarks.results_file import write_results
from benchmarks.server.clients import load
from benchmarks.server.grpc_calls import NoClientError, grpc_load
from benchmarks.server.local_server import NAME, mlserver, serving
from benchmarks.server.protocols import PROTOCOLS
from benchmarks.server.rest_calls import connected
from repair.errors import SettingError
from repair.measuring.tables import Cell, table
from repair.process.run import run

_BATCHES = 64  # different requests


def main(options: argparse.Namespace) -> None:
    """Asks as the command line says, and prints a table of what was measured so far."""
    import_tensorflow_quietly()
    from build.formats.probes import probes
    from repair.measuring.saved_detector import SavedDetector

    detector = SavedDetector(options.artifact)
    images = probes(detector.image_shape, _BATCHES * options.batch, seed=0)
    work = images, detector.answers(images)["detector"]
    measured = _running if options.url is not None else _started
    rows: list[dict[str, Cell]] = []
    try:
        rows.extend(measured(options, *work))
    finally:
        if rows:
            print(table(rows))
    if options.results is not None:
        write_results(options.results, options.title, rows, "server")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.server")
    add = parser.add_argument
    add("artifact", type=Path)
    add("--url", help="of a running server (default: start MLServer)")
    add("--protocol", choices=PROTOCOLS, default="v2")
    add("--model", default=NAME, help="what the server calls it (%(default)s)")
    add("--clients", type=int, nargs="+", default=[1, 4, 16])
    add("--batch", type=int, default=1, help="images a request (%(default)s)")
    add("--seconds", type=float, default=10.0, help="a row (%(default)s)")
    add("--results", type=Path, help="Markdown file; the section --title is put anew")
    add("--title", default="Server", help="of the section in --results")
    return parser


def _running(
    options: argparse.Namespace, images: np.ndarray, labels: np.ndarray
) -> Iterator[dict[str, Cell]]:
    parts = urlsplit(options.url)
    address = parts.hostname or "127.0.0.1", parts.port or 80
    yield from _by_rest(options, address, images, labels)


def _started(
    options: argparse.Namespace, images: np.ndarray, labels: np.ndarray
) -> Iterator[dict[str, Cell]]:
    program = mlserver()
    if program is None:
        raise SettingError("expected MLServer. Name it in MLSERVER, or give --url.")
    from build.formats.conversion import convert

    with tempfile.TemporaryDirectory() as folder:
        onnx = Path(folder) / "exported.onnx"
        convert(options.artifact, "onnx", onnx)
        with serving(program, onnx, images.shape[1:], Path(folder)) as server:
            yield from _by_rest(options, ("127.0.0.1", server.rest), images, labels)
            for clients in options.clients:
                work = images, labels, options.batch
                try:
                    found = grpc_load(
                        program, server.grpc, work, clients, options.seconds
                    )
                except NoClientError as reason:
                    print(f"gRPC is not measured: {reason}")
                    return
                yield _row("gRPC", clients, options.batch, **found)


def _by_rest(
    options: argparse.Namespace,
    address: tuple[str, int],
    images: np.ndarray,
    labels: np.ndarray,
) -> Iterator[dict[str, Cell]]:
    protocol = PROTOCOLS[options.protocol]
    path = protocol.path.format(model=options.model)
    batches = [
        slice(start, start + options.batch)
        for start in range(0, len(images), options.batch)
    ]
    work = [(protocol.body(images[each]), labels[each].tolist()) for each in batches]
    for clients in options.clients:
        found = load(
            lambda: connected(address, path, protocol),
            *(work, clients, options.seconds),
        )
        yield _row("REST", clients, options.batch, **found)


def _row(
    protocol: str, clients: int, batch: int, *, seconds: Any, passed: float, wrong: int
) -> dict[str, Cell]:
    rate = len(seconds) / passed
    names = ("p50 ms", "p95 ms", "p99 ms", "max ms")
    values = np.percentile(np.array(seconds) * 1e3, (50, 95, 99, 100))
    row: dict[str, Cell] = {"protocol": protocol, "clients": clients, "batch": batch}
    row |= {"requests/s": f"{rate:.0f}", "images/s": f"{rate * batch:.0f}"}
    row |= {x: f"{value:.1f}" for x, value in zip(names, values, strict=True)}
    return row | {"failed or wrong": wrong}


if __name__ == "__main__":
    arguments = _parser().parse_args()
    run(lambda: main(arguments))
