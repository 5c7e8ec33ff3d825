"""Are the labels the same on every path, for all images of a bench?

python -m benchmarks.identity --bench BENCH [--artifacts FOLDER] [--results results.md]

Builds an artifact of each network, and also asks what it was made of: the fused model
before it is exported, and the two networks themselves, compared in NumPy. With --artifacts
takes those of a folder. Environment: MLSERVER names MLServer, RAY_PYTHON a Python with
the extra ``ray``. The exit code is 1 if any label differs.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from artifacts.quiet import import_tensorflow_quietly
from benchmarks.results_file import write_results
from build.catalogue import NETWORKS, model_file, validation_file
from repair.measuring.tables import Cell, table
from repair.process.run import run
from repair.settings import METHODS, Settings

if TYPE_CHECKING:
    from benchmarks.identity.bench_images import Images
    from benchmarks.identity.label_paths import Answers

_SHOWN = 5


def main(options: argparse.Namespace) -> None:
    """Compares, prints a table, and writes it where asked to."""
    import_tensorflow_quietly()
    from benchmarks.identity.bench_images import read_images

    rows: dict[str, dict[str, Cell]] = {}
    with tempfile.TemporaryDirectory() as folder:
        images = read_images(options.bench / "data", Path(folder))
        for name in options.only:
            compare(name, _answers(name, options, images), rows)
            if options.results is not None:  # an interruption keeps what is complete
                every = list(rows.values())
                write_results(options.results, options.title, every, "identity")
    print("\n" + table(list(rows.values())))
    if any(
        row.get(name, "0") not in ("0", "-")
        for row in rows.values()
        for name in options.only
    ):
        sys.exit(1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.identity")
    add = parser.add_argument
    add("--bench", type=Path, required=True, help="models/ and data/")
    add("--artifacts", type=Path, help="a folder NAME of each network, built before")
    add("--only", nargs="+", metavar="NAME", choices=NETWORKS, default=list(NETWORKS))
    add("--method", choices=METHODS, default=METHODS[0])
    add("--results", type=Path, help="Markdown file; the section --title is put anew")
    add("--title", default="Labels on every path", help="of the section in --results")
    return parser


def compare(name: str, answers: Answers, rows: dict[str, dict[str, Cell]]) -> None:
    """Adds a network's column: how many labels differ from those of the first path.

    Args:
        name: The network's.
        answers: Paths with their labels ``(n,)``, or why there are none.
        rows: By path; added to.
    """
    expected: np.ndarray | None = None
    for path, found in answers:
        row = rows.setdefault(path, {"path": path, "images": "-"})
        if isinstance(found, str):
            print(f"{name}, {path}: not measured. {found}", flush=True)
            row[name] = "-"
            continue
        expected = found if expected is None else expected
        places = np.flatnonzero(found != expected)
        row |= {"images": f"{len(found):,}", name: str(len(places))}
        print(f"{name}, {path}: {len(places)} of {len(found):,} differ", flush=True)
        for place in places[:_SHOWN]:
            print(f"  image {place}: {found[place]}, not {expected[place]}")


def _answers(name: str, options: argparse.Namespace, images: Images) -> Answers:
    from benchmarks.identity.label_paths import label_paths

    if options.artifacts is not None:
        yield from label_paths(options.artifacts / name, images)
        return
    with tempfile.TemporaryDirectory() as folder:
        artifact = Path(folder) / name
        before = list(_built(name, options, artifact, images))
        yield from label_paths(artifact, images)
        yield from before


def _built(
    name: str, options: argparse.Namespace, artifact: Path, images: Images
) -> Answers:
    """Builds an artifact; labels of what it was made of."""
    from benchmarks.identity.label_paths import labelled
    from build.fusing.fusion import fuse
    from build.pipeline import build_artifact
    from build.request import Request
    from repair.network.inference import outputs
    from repair.rule import fused_labels

    request = Request(
        model=model_file(name, options.bench / "models"),
        clean=validation_file(options.bench / "data"),
        out=artifact,
        name=name,
        method=options.method,
        settings=Settings(),
    )
    with contextlib.redirect_stdout(io.StringIO()):
        case, repair = build_artifact(request)
    fused = fuse(case.original, repair)
    yield (
        "Keras model before export",
        labelled(lambda batch: fused(batch, training=False)["label"], images.pixels),
    )
    before = outputs(case.original, images.pixels)
    networks = (repair.repaired, *repair.witnesses.values())
    answers = [outputs(network, images.pixels) for network in networks]
    yield "the networks, in NumPy", fused_labels(before, answers, repair.rule)


if __name__ == "__main__":
    arguments = _parser().parse_args()
    run(lambda: main(arguments))
