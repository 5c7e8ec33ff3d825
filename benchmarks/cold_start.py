"""Times whole processes from outside: one image from a cold shell, and the first error.

python -m benchmarks.cold_start [--artifact FOLDER] [--image FILE] [--runs N]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

from repair.tables import table

ROOT = Path(__file__).resolve().parent.parent
_PLAIN = """
import sys
import numpy as np, tensorflow as tf
from PIL import Image
detector = tf.saved_model.load(sys.argv[1])
image = np.asarray(Image.open(sys.argv[2]).convert("RGB"))
print(int(detector.serve(tf.constant(image[None]))[0]))
"""


def main() -> None:
    """Runs every command in turn, over and over, and prints medians and ratios."""
    parser = argparse.ArgumentParser("python -m benchmarks.cold_start")
    add = parser.add_argument
    add("--artifact", type=Path, default=ROOT / "artifacts" / "multi")
    add("--image", type=Path, default=ROOT / "data" / "test_image.png")
    add("--runs", type=int, default=7)
    options = parser.parse_args()
    one = f"from artifacts.detector import main; main({options.artifact.name!r})"
    commands = {
        "plain script": ["-c", _PLAIN, str(options.artifact), str(options.image)],
        "eval script": ["-c", one, str(options.image)],
        "eval script, bad path": ["-c", one, "missing.png"],
        "python -m build --help": ["-m", "build", "--help"],
        "python -m build, bad flag": ["-m", "build", "--no-such-flag"],
        "python -m build, bad path": ["-m", "build", "--model", "missing.h5"]
        + ["--clean", "missing.h5", "--out", "missing"],
    }
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(options.runs + 1):
        for name, arguments in commands.items():
            seconds[name].append(_seconds(arguments))
    medians = {name: statistics.median(runs[1:]) for name, runs in seconds.items()}
    rows = [
        {
            "command": name,
            "seconds": f"{median:.2f}",
            "ratio to plain": f"{median / medians['plain script']:.2f}",
        }
        for name, median in medians.items()
    ]
    print(table(rows))


def _seconds(arguments: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(  # noqa: S603
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, check=False
    )
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
