"""``python -m benchmarks.fuzz TARGET --seconds N``: needs ``pip install -e '.[fuzz]'``.

Ends with 0 if nothing was found; else the bytes that break something are kept, and where
is said. A target with a FILE reads that one file, to look at a finding again; with
``--keep FOLDER ...`` the shortest inputs in there, for each answer, are put to those in
``tests/hostile/kept``.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from artifacts.quiet import import_tensorflow_quietly

_NETWORKS = ("model", "archive", "description", "architecture", "configs")
_DATA = ("data", "npz", "table", "folder", "classes", "stored", "image", "flags")
NAMES = (*_NETWORKS, *_DATA, "card")


def main() -> None:
    """Fuzzes one target, for a while or on one file."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.fuzz", description="Random files for a reader."
    )
    parser.add_argument("target", choices=NAMES)
    parser.add_argument("file", type=Path, nargs="?", help="run this finding alone")
    parser.add_argument("--seconds", type=int, default=60, help="(%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="(%(default)s)")
    parser.add_argument("--keep", type=Path, nargs="+", metavar="FOLDER",
        help="keep the shortest of these inputs for CI")  # fmt: skip
    arguments = parser.parse_args()
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    import_tensorflow_quietly()
    if arguments.keep:
        from benchmarks.fuzz.keep import keep
        from benchmarks.fuzz.targets import TARGETS

        count = keep(arguments.target, TARGETS[arguments.target], arguments.keep)
        print(f"{arguments.target}: {count} inputs are kept")
        return
    import atheris

    with atheris.instrument_imports(include=["artifacts", "repair"]):
        from benchmarks.fuzz.seeds import write_seeds
        from benchmarks.fuzz.targets import TARGETS
    target = TARGETS[arguments.target]
    if arguments.file is not None:
        target(arguments.file.read_bytes())
        return
    folder = Path(tempfile.mkdtemp(prefix=f"fuzz-{arguments.target}-"))
    print(f"inputs that reach new code: {folder}", file=sys.stderr)
    write_seeds(arguments.target, folder)
    options = {
        "max_total_time": arguments.seconds,
        "seed": arguments.seed,
        "timeout": 10,
        "rss_limit_mb": 4000,
        "max_len": 1 << 17,
        "print_final_stats": 1,
        "artifact_prefix": f"{folder}-found-",
    }
    flags = [f"-{name}={value}" for name, value in options.items()]
    atheris.Setup([sys.argv[0], *flags, str(folder)], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
