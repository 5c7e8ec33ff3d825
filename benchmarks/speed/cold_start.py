"""One image from a cold shell, and the first error, against the plain script."""

from __future__ import annotations

from pathlib import Path

from benchmarks.speed.whole_process import ROOT, Command, medians
from repair.measuring.tables import Cell

IMAGE = ROOT / "data" / "test_image.png"
_PLAIN = """
import sys
import numpy as np, tensorflow as tf
from PIL import Image
detector = tf.saved_model.load(sys.argv[1])
image = np.asarray(Image.open(sys.argv[2]).convert("RGB"))
print(int(detector.serve(tf.constant(image[None]))[0]))
"""


def cold_start(artifact: Path, runs: int) -> list[dict[str, Cell]]:
    """Rows of the table of ``benchmarks.speed``.

    Args:
        artifact: Any artifact of 55 x 47 pixels.
        runs: Rounds that count.
    """
    build = ["-m", "build"]
    unread = ["--clean", "missing.h5", "--out", "missing"]
    commands: dict[str, Command] = {
        "plain script": (["-c", _PLAIN, artifact, IMAGE], 0),
        "one image": (["-m", "artifacts", artifact, IMAGE], 0),
        "one image, bad path": (["-m", "artifacts", artifact, "missing.png"], 2),
        "python -m build --help": ([*build, "--help"], 0),
        "python -m build, bad flag": ([*build, "--no-such-flag"], 2),
        "python -m build, bad path": ([*build, "--model", "missing.h5", *unread], 2),
    }
    found = medians(commands, runs, "cold starts")
    plain = found.pop("plain script")
    rows: list[dict[str, Cell]] = []
    for name, seconds in found.items():
        whole = name == "one image"
        rows.append(
            {
                "figure": f"{name}, cold" if whole else name,
                "ours": f"{seconds:.2f} s",
                "against": f"plain script: {plain:.2f} s" if whole else "-",
                "ratio": f"{seconds / plain:.2f}" if whole else "-",
                "goal": "<= 0.20" if whole else "<= 0.3 s",
            }
        )
    return rows
