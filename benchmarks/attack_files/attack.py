"""What an attack file is, and the harmless code that stands in for an attacker's.

Whatever of a file runs makes a file ``trace`` in the folder that it runs in.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CODE = "open('trace', 'w').close()"
# Writes a file, or a folder, below the folder that is given, and returns its path.
Write = Callable[[Path], Path]


@dataclass(frozen=True)
class Attack:
    """A model file that does harm when it is loaded.

    Attributes:
        known_as: CVE numbers or a name.
        what: What the file does, in a few words.
        write: Writes it into a folder.
        read: Whether this project may read it: an honest network beside something that is
            never looked at, or a backdoor, which is what the repair is for.
    """

    known_as: str
    what: str
    write: Write
    read: bool = False


class Trace:
    """Runs code when it is unpickled."""

    def __init__(self, function: Callable[..., Any] = exec, *more: Any) -> None:
        """Calls ``function`` with the code, and what is given more."""
        self._call = function, (CODE, *more)

    def __reduce__(self) -> tuple[Any, ...]:
        """What pickle asks for."""
        return self._call


def pickled(protocol: int = 4) -> bytes:
    """A pickle that runs code."""
    return pickle.dumps(Trace(), protocol)


def named(name: str, content: Callable[[], bytes]) -> Write:
    """A file of that name and content."""

    def write(folder: Path) -> Path:
        (folder / name).write_bytes(content())
        return folder / name

    return write
