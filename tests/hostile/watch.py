"""Sees what a process does: by Python's audit events, and by inotify what C code opens."""

from __future__ import annotations

import ctypes
import itertools
import os
import struct
import sys
from pathlib import Path
from types import FrameType

_IN_ANYTHING = 0xFFF & ~0x10  # all but the closing of what was only read
_NONBLOCK = 0o4000
NEVER = (
    *("os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn"),
    *("pickle.find_class", "subprocess.Popen", "pty.spawn", "webbrowser.open"),
    *("socket.__new__", "socket.connect", "socket.bind", "urllib.Request"),
)
PLACES = ("open", "os.listdir", "os.scandir", "os.mkdir", "os.remove", "os.rename")
PLACES += (
    "os.rmdir",
    "os.symlink",
    "os.link",
    "os.truncate",
    "os.chmod",
    "shutil.rmtree",
)
# Who may run code: the import system, and the standard library's own makers of classes;
# what `ast` compiles is a tree, not code.
_ROOT = str(Path(__file__).resolve().parent.parent.parent) + os.sep
_IMPORTERS = ("<frozen importlib", "<frozen runpy", "<frozen zipimport")
_MAKERS = (
    "ast.py",
    "collections/__init__.py",
    "dataclasses.py",
    "enum.py",
    "runpy.py",
    "typing.py",
)


class Watch:
    """Collects what must not happen.

    Attributes:
        active: Whether events count at this moment.
        found: What has happened, one text each.
    """

    def __init__(self) -> None:
        """Adds the audit hook, which stays as long as the process."""
        self.active = False
        self.allowed: tuple[str, ...] = ()
        self.found: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.active:
            return
        if event in NEVER:
            self.found.append(f"{event} {arguments!r:.200}")
        elif event in PLACES and isinstance(arguments[0], (str, bytes, os.PathLike)):
            place = os.path.abspath(os.fsdecode(arguments[0]))  # noqa: PTH100
            if not place.startswith(self.allowed):
                self.found.append(f"{event} {place}")
        elif event in ("exec", "compile", "marshal.loads") and not _is_import():
            self.found.append(f"{event} {arguments!r:.200} by {_caller()}")


def _frames() -> list[str]:
    frame: FrameType | None = sys._getframe(1)
    names = []
    while frame is not None:
        names.append(frame.f_code.co_filename)
        frame = frame.f_back
    return [name for name in names if name != __file__]


def _is_import() -> bool:
    """Whether code is run to import a module, or to make a class of a library's own."""
    frames = _frames()
    if frames[0].endswith(_MAKERS):
        return True
    libraries = itertools.takewhile(lambda name: not name.startswith(_ROOT), frames)
    return any(name.startswith(_IMPORTERS) for name in libraries)


def _caller() -> str:
    return " < ".join(Path(name).name for name in _frames()[:4])


class Folder:
    """A folder that nobody may touch, not even a library written in C."""

    def __init__(self, folder: Path) -> None:
        """Starts to watch; the folders below it are not watched, their opening is."""
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = self._libc.inotify_init1(_NONBLOCK)
        mask = ctypes.c_uint32(_IN_ANYTHING)
        assert (
            self._libc.inotify_add_watch(self._descriptor, os.fsencode(folder), mask)
            > 0
        )

    def touched(self) -> list[str]:
        """What was touched since the last call."""
        names = []
        try:
            events = os.read(self._descriptor, 1 << 16)
        except BlockingIOError:
            return []
        while events:
            _, mask, _, length = struct.unpack_from("iIII", events)
            name = events[16 : 16 + length].rstrip(b"\0").decode("utf-8", "replace")
            names.append(f"inotify {mask:#x} {name}")
            events = events[16 + length :]
        return names
