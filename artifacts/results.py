"""Lines of results, and stdout as the place for them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

from artifacts.errors import printable
from artifacts.reading.sources import Source

Form = Callable[[Source], tuple[str, str]]


def tab_separated(source: Source) -> tuple[str, str]:
    r"""What stands before and after the label: ``LABEL<TAB>PATH``, ``PATH#INDEX``."""
    index = "" if source.index is None else f"#{source.index}"
    return "", f"\t{printable(source.path)}{index}\n"


def json_line(source: Source) -> tuple[str, str]:
    """The same for ``{"path": ..., "label": ..., "index": ...}``."""
    index = "" if source.index is None else f', "index": {source.index}'
    return f'{{"path": {json.dumps(source.path)}, "label": ', f"{index}}}\n"


def is_line_of(
    line: bytes, ends: tuple[str, str], names: frozenset[bytes] = frozenset()
) -> bool:
    """Whether ``line`` is the one of the source whose ``ends`` these are.

    Args:
        line: A whole line.
        ends: What stands before and after the label.
        names: What may stand in its place.
    """
    before, after = (end.encode() for end in ends)
    label = line[len(before) : len(line) - len(after)]
    return line == before + label + after and (
        label in names if names else label.isdigit()
    )


class Stdout:
    """Results as they come."""

    trusted = 0

    def write(self, lines: str) -> None:
        """Writes whole lines.

        Raises:
            BrokenPipeError: If nobody reads on.
        """
        sys.stdout.buffer.write(lines.encode())
        sys.stdout.buffer.flush()

    def finish(self) -> None:
        """All is written."""

    def close(self) -> None:
        """Nothing is left to do."""
