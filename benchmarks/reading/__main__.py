"""Reads every network of ``keras.applications``, and any files, and compares with Keras.

python -m benchmarks.reading [NAME...] [--size small default] [--form whole nested] [--kept F]
                             [--by PYTHON]
python -m benchmarks.reading --files FILE...
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from artifacts.quiet import import_tensorflow_quietly
from benchmarks.results_file import write_results
from repair.measuring.tables import Cell, table

COLUMNS = ("form", "file", "MB", "seconds", "max difference", "answers differ by")


def main() -> None:
    """Compares, prints a table, and writes it where asked to."""
    options = _parser().parse_args()
    import_tensorflow_quietly()
    from benchmarks.reading.files import compared_files
    from benchmarks.reading.zoo import compared, condensed, names

    if options.here is not None:
        for row in compared(options.here, options.size[0], options.form, options.by):
            print(json.dumps(row), flush=True)
        return
    if options.files:
        rows = compared_files(options.files)
    else:
        every = _all_rows(options.names or names(options.by), options)
        rows = condensed(every)
    print("\n" + table(rows))
    if options.results is not None:
        write_results(options.results, options.title, rows, "reading")


def _all_rows(chosen: list[str], options: argparse.Namespace) -> list[dict[str, Cell]]:
    """The rows of all networks; those that were kept are not measured again."""
    kept = [] if options.kept is None else _kept(options.kept)
    rows = []
    for size in options.size:
        for name in chosen:
            found = [r for r in kept if (r["network"], r["size"]) == (name, size)]
            rows += found or _in_fresh_process(name, size, options)
    return rows


def _kept(path: Path) -> list[dict[str, Cell]]:
    return [json.loads(line) for line in path.open()] if path.is_file() else []


def _in_fresh_process(
    name: str, size: str, options: argparse.Namespace
) -> list[dict[str, Cell]]:
    """The rows of one network; a process each, since the largest take gigabytes."""
    command = [sys.executable, "-m", "benchmarks.reading", "--here", name]
    command += ["--size", size, "--form", *options.form, "--by", options.by]
    done = subprocess.run(  # noqa: S603
        command, stdout=subprocess.PIPE, text=True, check=False
    )
    rows = [json.loads(line) for line in done.stdout.splitlines() if line[:1] == "{"]
    if done.returncode:
        why = f"the process ended with {done.returncode}"
        rows.append({"network": name, "size": size} | dict.fromkeys(COLUMNS, ""))
        rows[-1]["max difference"] = why
    for row in rows:
        sys.stderr.write(f"{row}\n")
    if options.kept is not None and not done.returncode:
        with options.kept.open("a") as file:
            file.writelines(f"{json.dumps(row)}\n" for row in rows)
    return rows


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.reading")
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME", help="of keras.applications (all)")
    add("--size", nargs="+", choices=("small", "default"), default=["small", "default"])
    add("--form", nargs="+", choices=("whole", "nested"), default=["whole", "nested"])
    add("--files", nargs="+", type=Path, metavar="FILE", help="network files instead")
    kept = "JSON lines: rows that are there are not measured again"
    add("--kept", type=Path, help=kept)
    by = "whose tensorflow writes the files, such as 2.15's (this one)"
    add("--by", default=sys.executable, metavar="PYTHON", help=by)
    add("--here", metavar="NAME", help=argparse.SUPPRESS)
    add("--results", type=Path, help="Markdown file that gets the table")
    add("--title", default="Reading the networks of keras.applications")
    return parser


if __name__ == "__main__":
    main()
