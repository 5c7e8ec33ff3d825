"""Several artifacts, one after the other; an interrupted run is taken up where it stopped.

What is finished is noted beside the artifacts. A note counts only for the same inputs,
settings, versions and code, and while the artifact is as it was built; so that what comes
out is the same, byte by byte. The notes go when all is done.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from artifacts.card import sha256
from build.request import Request
from repair.process.notice import say
from repair.process.whole_file import write_whole

NOTES = ".unfinished.json"
_CODE = Path(__file__).resolve().parent.parent
_PACKAGES = ("h5py", "keras", "numpy", "tensorflow")


def build_each(requests: Sequence[Request], build: Callable[[Request], None]) -> None:
    """Builds what an interrupted run has not.

    Args:
        requests: What to build, all into one folder.
        build: Builds one of them.
    """
    notes = requests[0].out.parent / NOTES
    done = _read(notes)
    for request in requests:
        if done.get(request.name) == _state(request):
            say(f"{request.name}: finished before, by {notes}")
            continue
        try:
            build(request)
        except BaseException:
            if done:
                say(
                    f"{notes} notes what is finished: the same command goes on from there"
                )
            raise
        done[request.name] = _state(request)
        write_whole(notes, json.dumps(done).encode())
    notes.unlink(missing_ok=True)


def _state(request: Request) -> str:
    """A digest of everything an artifact is made of, and of the artifact."""
    rest = replace(request, model=Path(), clean=Path(), test=None, poisoned=[])
    packages = ("artifacts", "build", "repair")
    code = [path for each in packages for path in (_CODE / each).rglob("*.py")]
    parts = [repr(rest), *(f"{name} {version(name)}" for name in _PACKAGES)]
    named = request.options.classes, request.network_options.architecture
    parts += _hashes([request.model, request.clean, *filter(None, named)])
    parts += _hashes(sorted(code))
    parts += _hashes(sorted(request.out.rglob("*")))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _hashes(paths: Iterable[Path]) -> list[str]:
    return [f"{path.name} {sha256(path)}" for path in paths if path.is_file()]


def _read(notes: Path) -> dict[str, str]:
    """The notes; none if there are none, or they are no notes of ours."""
    try:
        found = json.loads(notes.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
