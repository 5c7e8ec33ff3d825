"""Images a second by Ray with 1, 2 and 4 processes, beside the command of one machine.

python -m benchmarks.speed.ray_rates ARTIFACT [--images N] [--processes 1 2 4]

Needs the extra ``ray``. Each row is a cluster of one machine with so many CPUs, which is
started before and labels one file of 1,024 images first, so what counts is the command
alone. The exit code is 1 if what the files hold, put together, is not what
``python -m artifacts`` writes.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import h5py

from artifacts.quiet import import_tensorflow_quietly
from benchmarks.results_file import write_results
from benchmarks.speed.whole_process import ROOT
from repair.measuring.tables import Cell, table

_WARM, _ADDRESS = 1_024, "127.0.0.1:6398"


def main() -> None:
    """Measures, prints a table, and writes it where asked to."""
    parser = argparse.ArgumentParser("python -m benchmarks.speed.ray_rates")
    add = parser.add_argument
    add("artifact", type=Path)
    add("--images", type=int, default=50_000)
    add("--processes", type=int, nargs="+", default=[1, 2, 4])
    add("--rounds", type=int, default=3, help="medians are shown")
    add("--results", type=Path, help="Markdown file; the section --title is put anew")
    add("--title", default="Ray", help="of the section")
    options = parser.parse_args()
    import_tensorflow_quietly()
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # a socket's path
        rows = list(_rows(options, Path(folder)))
    print(table(rows))
    if options.results is not None:
        write_results(options.results, options.title, rows, "speed.ray_rates")
    if any(row["bytes equal"] == "no" for row in rows):
        sys.exit(1)


def _rows(options: argparse.Namespace, folder: Path) -> Iterator[dict[str, Cell]]:
    from build.formats.probes import probes
    from repair.measuring.saved_detector import SavedDetector

    shape = SavedDetector(options.artifact).image_shape
    images = probes(shape, options.images, seed=0).transpose(0, 3, 1, 2)
    many, few = folder / "many.h5", folder / "few.h5"
    for path, some in ((many, images), (few, images[:_WARM])):
        with h5py.File(path, "w") as file:
            file.create_dataset("data", data=some, chunks=(256, *some.shape[1:]))
    local = ["-m", "artifacts", options.artifact, many, "--output", folder / "local"]
    seconds = [_run(local, dict(os.environ)) for _ in range(options.rounds)]
    expected = (folder / "local").read_bytes()
    yield _row("python -m artifacts", options.images, seconds, equal="-")
    for count in options.processes:
        with _cluster(count, folder / f"ray{count}") as environment:
            command = ["-m", "artifacts.ray", options.artifact, "--address", _ADDRESS]
            seconds = []
            _run([*command, few, "--output", folder / f"{count}-few"], environment)
            for turn in range(options.rounds):
                prefix = folder / f"{count}-{turn}"
                seconds.append(_run([*command, many, "--output", prefix], environment))
            written = b"".join(
                part.read_bytes() for part in sorted(folder.glob(f"{count}-0-0*"))
            )
        equal = "yes" if written == expected else "no"
        yield _row(f"Ray, {count} processes", options.images, seconds, equal)


def _row(way: str, images: int, seconds: list[float], equal: str) -> dict[str, Cell]:
    median = statistics.median(seconds)
    return {
        "way": way,
        "images": f"{images:,}",
        "seconds": f"{median:.1f}",
        "images/s": f"{images / median:.0f}",
        "bytes equal": equal,
    }


@contextlib.contextmanager
def _cluster(processes: int, folder: Path) -> Iterator[dict[str, str]]:
    """A cluster of one machine, for as long as it is needed; its environment."""
    environment = os.environ | {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_USAGE_STATS_ENABLED": "0",
    }
    head = ["--head", f"--port={_ADDRESS.split(':')[1]}", f"--num-cpus={processes}"]
    start = ["start", *head, "--include-dashboard=false", f"--temp-dir={folder}"]
    _ray(*start, environment=environment)
    try:
        yield environment
    finally:
        _ray("stop", "--force", environment=environment)


def _ray(*arguments: str, environment: dict[str, str]) -> None:
    """Its processes would keep a pipe open that somebody reads."""
    subprocess.run(  # noqa: S603
        [sys.executable, "-m", "ray.scripts.scripts", *arguments],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )


def _run(arguments: list[object], environment: dict[str, str]) -> float:
    start = time.perf_counter()
    done = subprocess.run(  # noqa: S603
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
