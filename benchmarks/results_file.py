"""Sections of ``benchmarks/results.md``: a command, the machine, a table."""

from __future__ import annotations

import os
import platform
import shlex
import sys
from importlib.metadata import version
from pathlib import Path

from repair.measuring.tables import Cell
from repair.process.whole_file import write_whole


def write_results(
    path: Path, title: str, rows: list[dict[str, Cell]], module: str
) -> None:
    """Puts a section with a table into a Markdown file, in place of an older one.

    Args:
        path: The file; made where there is none.
        title: Of the section.
        rows: The table, all with the same keys.
        module: Of ``benchmarks``, whose command line stands in the section.
    """
    keys = list(rows[0])
    lines = [[str(row[key]) for key in keys] for row in rows]
    body = [f"| {' | '.join(line)} |" for line in [keys, ["---"] * len(keys), *lines]]
    section = "\n".join(
        [f"## {title}", "", f"    {_command(module)}", "", machine(), "", *body, ""]
    )
    text = path.read_text(encoding="utf-8") if path.is_file() else "# Results\n"
    older = [part for part in text.split("\n## ") if not part.startswith(f"{title}\n")]
    whole = "\n## ".join(older).rstrip() + "\n\n" + section
    write_whole(path, whole.encode())


def machine() -> str:
    """Cores and versions, in a sentence."""
    names = ("tensorflow", "keras", "numpy")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {versions}."


def _command(module: str) -> str:
    words = [Path(word).name if "/" in word else word for word in sys.argv[1:]]
    return shlex.join(["python", "-m", f"benchmarks.{module}", *words])
