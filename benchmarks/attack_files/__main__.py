"""Who notices the attack files: this project, Keras, and scanners that are installed.

python -m benchmarks.attack_files --scanners VENV/bin --page docs/attack-files.md

Scanners live in an environment of their own:
pip install 'picklescan[7z]' 'modelscan[tensorflow]' modelaudit h5py
Each program is run on each file for real; what a file runs makes a file ``trace``.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from pathlib import Path

from artifacts.quiet import import_tensorflow_quietly
from benchmarks.attack_files.programs import SCANNERS, of_keras, of_ours, of_scanner


def main() -> None:
    """Runs every program on every file, and writes the page."""
    options = _parser().parse_args()
    import_tensorflow_quietly()
    from benchmarks.attack_files.files import ATTACKS

    scanners = {
        name: options.scanners / name
        for name in SCANNERS
        if options.scanners and (options.scanners / name).exists()
    }
    rows = []
    for attack in ATTACKS:
        with tempfile.TemporaryDirectory() as home:
            folder = Path(home) / "in"
            folder.mkdir()
            path = attack.write(folder)
            answers = [
                of_ours(path),
                of_keras(path),
                *(of_scanner(place, path) for place in scanners.values()),
            ]
        row = [attack.known_as, attack.what, *answers]
        rows.append(row)
        print(" | ".join(row), flush=True)
    if options.page is not None:
        options.page.write_text(_page(rows, scanners), encoding="utf-8")


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
    return _TEXT.format(
        count=len(rows), versions=", ".join(versions), table="\n".join(lines)
    )


_VERSION = (
    "import sys; from importlib.metadata import version; print(version(sys.argv[1]))"
)
_TEXT = """# Which attacks by a model file does it refuse?

One file for each known way to attack by a model file, {count} of them, each written by a script
in `benchmarks/attack_files/` and harmless: what it runs makes a file. The test
`hostile/test_hostile_corpus` gives each to the commands of this project. The table is what
`python -m benchmarks.attack_files` found by running every program on every file, with
{versions}.

{table}

- *refused*: an error, and none of the file's code has run. Keras refuses some for other
  reasons than the attack: a shape that does not fit, a package that is not there.
- *read*: the network itself is honest, and what would attack (how it was trained or first
  filled) is never looked at; or it is a backdoor of plain layers, which no reader can tell
  from an honest branch: finding those is what the repair is for.
- Scanners: *found*, whatever it was; *not scanned*, by their own account; *failed*, an error
  or an answer that says it is incomplete. Each is made for some of these kinds, not for all,
  and a pipeline that takes *failed* for a warning refuses more.
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.attack_files")
    add = parser.add_argument
    add("--scanners", type=Path, metavar="FOLDER", help="where their programs are")
    add("--page", type=Path, metavar="FILE.md", help="write the table there")
    return parser


if __name__ == "__main__":
    main()
