"""The rows of all measurements, one JSON file that others can plot.

It holds ``{"machine": ..., "rows": [...]}``; a row is flat: who was measured how, and
figures, rates in [0, 1]. It is written after every measurement, so that an interrupted run
can be taken up where it stopped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.results_file import machine
from repair.process.whole_file import write_whole


class Records:
    """Rows in a file, or in memory alone."""

    def __init__(self, path: Path | None) -> None:
        """Reads what the file holds; a file that is not there will be made."""
        self._path = path
        self.rows: list[dict[str, Any]] = []
        if path is not None and path.is_file():
            self.rows = json.loads(path.read_text(encoding="utf-8"))["rows"]

    def matching(self, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The rows that have all of these values."""
        return [
            row
            for row in self.rows
            if all(row.get(key) == value for key, value in wanted.items())
        ]

    def add(self, rows: Iterable[dict[str, Any]]) -> None:
        """Adds rows, and writes the file."""
        self.rows += rows
        if self._path is not None:
            content = {"machine": machine(), "rows": self.rows}
            text = json.dumps(content, indent=1) + "\n"
            write_whole(self._path, text.encode())
