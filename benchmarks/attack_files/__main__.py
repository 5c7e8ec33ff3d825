"""Who notices the attack files: this project, Keras, and scanners that are installed.

python -m benchmarks.attack_files --scanners VENV/bin --page docs/attack-files.md

Scanners live in an environment of their own: pip install picklescan modelscan modelaudit
h5py. Each program is run on each file for real; what a file runs makes a file ``trace``.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from artifacts.quiet import import_tensorflow_quietly

_ROOT = Path(__file__).resolve().parent.parent.parent
_SECONDS = 300
_OURS = """
import sys; sys.path.insert(0, sys.argv[2])
from artifacts.errors import InputError
from artifacts.quiet import import_tensorflow_quietly
import_tensorflow_quietly()
from pathlib import Path
from repair.reading.network_file import read_network
try: read_network(Path(sys.argv[1]))
except InputError: sys.exit(2)
"""
# Loads, and asks for one answer: some attacks wait for that.
_KERAS = """
import sys
import numpy as np, keras
model = keras.models.load_model(sys.argv[1], safe_mode=True)
model(np.zeros((1, 12, 10, 3), "float32"))
"""
# Name -> arguments; each answers 0 for nothing found. modelscan: 3 for a file it does not
# know, and modelaudit 1 for findings of any weight.
_SCANNERS: dict[str, tuple[str, ...]] = {
    "picklescan": ("--path",),
    "modelscan": ("--path",),
    "modelaudit": ("scan",),
}


def main() -> None:
    """Runs every program on every file, and writes the page."""
    options = _parser().parse_args()
    import_tensorflow_quietly()
    from benchmarks.attack_files.files import ATTACKS

    scanners = {
        name: options.scanners / name
        for name in _SCANNERS
        if options.scanners and (options.scanners / name).exists()
    }
    rows = []
    for attack in ATTACKS:
        with tempfile.TemporaryDirectory() as home:
            folder = Path(home) / "in"
            folder.mkdir()
            path = attack.write(folder)
            ours = _run([sys.executable, "-c", _OURS, path, _ROOT], folder)
            theirs = _run([sys.executable, "-c", _KERAS, path], folder)
            found = [
                _verdict(name, _run([place, *_SCANNERS[name], path], folder))
                for name, place in scanners.items()
            ]
        row = [attack.known_as, attack.what, _of_ours(ours), _of_keras(theirs), *found]
        rows.append(row)
        print(" | ".join(row), flush=True)
    if options.page is not None:
        options.page.write_text(_page(rows, scanners), encoding="utf-8")


def _run(command: Sequence[object], folder: Path) -> tuple[int, bool]:
    """Exit code, -1 for none in time, and whether the file's own code ran."""
    try:
        done = subprocess.run(  # noqa: S603
            [str(part) for part in command],
            cwd=folder, capture_output=True, timeout=_SECONDS, check=False,
        )  # fmt: skip
        code = done.returncode
    except subprocess.TimeoutExpired:
        code = -1
    trace = folder / "trace"
    ran = trace.exists()
    trace.unlink(missing_ok=True)
    return code, ran


def _of_ours(answer: tuple[int, bool]) -> str:
    code, ran = answer
    if ran:
        return "**its code ran**"
    return {2: "refused", 0: "read, that part not looked at"}.get(
        code, f"failed ({code})"
    )


def _of_keras(answer: tuple[int, bool]) -> str:
    code, ran = answer
    if ran:
        return "**its code ran**"
    return "loaded" if code == 0 else "killed" if code < 0 else "refused"


def _verdict(name: str, answer: tuple[int, bool]) -> str:
    code, ran = answer
    if ran:
        return "**its code ran**"
    if code == 0 or (name, code) == ("modelscan", 3):
        return "nothing found" if code == 0 else "not scanned"
    return "found" if code == 1 else f"failed ({code})"


def _page(rows: list[list[str]], scanners: dict[str, Path]) -> str:
    from importlib.metadata import version

    versions = [f"Keras {version('keras')}", f"TensorFlow {version('tensorflow')}"]
    for name, place in scanners.items():
        shown = subprocess.run(  # noqa: S603
            [place.parent / "python", "-c", _VERSION, name],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        versions.append(f"{name} {shown.stdout.strip()}")
    heads = [
        "known as",
        "the file holds",
        "this project",
        "Keras, safe_mode",
        *scanners,
    ]
    lines = [
        "| " + " | ".join(row) + " |" for row in (heads, ["---"] * len(heads), *rows)
    ]
    return _TEXT.format(versions=", ".join(versions), table="\n".join(lines))


_VERSION = (
    "import sys; from importlib.metadata import version; print(version(sys.argv[1]))"
)
_TEXT = """# Attack files

One file for every known way to attack by a model file, each written by
`benchmarks/attack_files/files.py` and harmless: what it runs makes a file. The test
`hostile/test_hostile_corpus` gives each to the commands of this project. The table is what
`python -m benchmarks.attack_files` found by running every program on every file, with
{versions}.

{table}

- *refused*: an error, and none of the file's code has run. Keras refuses some for other
  reasons than the attack: a SavedModel that is not there, a shape that does not fit.
- *found* and *nothing found* are exit codes of the scanners, whatever the finding; a scanner
  is made for some of these kinds, not for all. *not scanned*: it does not know the format.
- *read, that part not looked at*: the network itself is honest; how it was trained is
  never read.
- Backdoors in the graph itself are no attack on the reader: a network of listed layers that
  answers wrongly is what the repair is for (`SECURITY.md`).
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.attack_files")
    add = parser.add_argument
    add("--scanners", type=Path, metavar="FOLDER", help="where their programs are")
    add("--page", type=Path, metavar="FILE.md", help="write the table there")
    return parser


if __name__ == "__main__":
    main()
