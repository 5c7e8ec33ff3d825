"""``python -m artifacts FOLDER INPUT...``: labels images with the artifact in a folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from artifacts.detector import run, with_inputs

if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="python -m artifacts", description="Labels images with any detector."
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="an artifact")
    arguments = with_inputs(parser)
    run(arguments.folder, arguments)
