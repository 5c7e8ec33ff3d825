"""Labels by the commands that score files: of one machine, and of Ray."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.identity.bench_images import Images, Source
from benchmarks.speed.whole_process import ROOT

_FORMS = ("PNG", "HDF5")
_LOADERS = {"C library": "", "Python": "python"}


def by_command(artifact: Path, images: Images) -> Iterator[tuple[str, np.ndarray]]:
    """Labels ``(n,)`` by ``python -m artifacts``, what the eval scripts call."""
    for name, loader in _LOADERS.items():
        for form in _FORMS:
            with tempfile.TemporaryDirectory() as folder:
                output = Path(folder) / "labels.jsonl"
                inputs = [str(path) for path in images.inputs(form)]
                command = [sys.executable, "-m", "artifacts", str(artifact), *inputs]
                _run([*command, "--json", "--output", str(output)], loader)
                labels = _labels([output], images.sources[form])
            yield f"python -m artifacts, {form}, {name}", labels


def by_ray(
    artifact: Path, images: Images, forms: Sequence[str] = _FORMS
) -> Iterator[tuple[str, np.ndarray | str]]:
    """The same by Ray on this machine, with the Python that ``RAY_PYTHON`` names."""
    python = os.environ.get("RAY_PYTHON", sys.executable)
    for form in forms:
        name = f"Ray, {form}"
        with tempfile.TemporaryDirectory() as folder:
            prefix = Path(folder) / "labels"
            inputs = [str(path) for path in images.inputs(form)]
            command = [python, "-m", "artifacts.ray", str(artifact), *inputs]
            try:
                _run([*command, "--json", "--output", str(prefix)])
            except RuntimeError as reason:
                if "not installed" not in str(reason):
                    raise
                yield name, "Ray is not installed; name a Python in RAY_PYTHON"
                return
            shards = sorted(Path(folder).glob("labels-0*"))
            yield name, _labels(shards, images.sources[form])


def _run(command: list[str], loader: str = "") -> None:
    environment = {**os.environ, "BADNET_REPAIR_LOADER": loader}
    done = subprocess.run(  # noqa: S603
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr)


def _labels(files: list[Path], sources: list[Source]) -> np.ndarray:
    """Labels in the order of ``sources``; each must have one line."""
    found: dict[Source, int] = {}
    lines = [line for file in files for line in file.read_text("utf-8").splitlines()]
    for line in lines:
        answer = json.loads(line)
        found[answer["path"], answer.get("index")] = answer["label"]
    if len(lines) != len(sources) or found.keys() != set(sources):
        raise RuntimeError(f"{len(lines)} lines for {len(sources)} images")
    return np.array([found[source] for source in sources])
